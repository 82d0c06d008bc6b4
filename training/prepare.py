"""Stage one: rows whose licence allows it, and our own, as examples: text, label, category, response.

    python -m training.prepare TRAIN.jsonl.gz --held-out EVAL.jsonl --out DIR

Writes `train.jsonl` and `validation.jsonl`. Validation is a twentieth of every source, by the hash of its text;
thresholds are fixed on it.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import random
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from training.categories import category
from training.responses import Responses

LICENCES = ("MIT", "Apache-2.0", "CC-BY-3", "CC-BY-4", "CC-BY-SA", "ODC-BY")
"""What may go into weights that ship."""
SHARES = {"ko_comment": 0.2, "ko_benign": 0.3, "ko_statement": 0.2, "en_statement": 0.4, "ko_document": 0.4}
REPEATS = {"ko_request_harmful": 3, "own": 2}
LONGEST = 1200
Row = dict[str, Any]


def main() -> None:
    options = parse()
    rows = list(licensed(options.train)) + list(own_rows(Path(__file__).parent / "data"))
    rows = without_leaks(rows, options.held_out)
    responses = Responses.read(Path(__file__).parent / "data" / "responses.yaml")
    options.out.mkdir(parents=True, exist_ok=True)
    parts: dict[str, list[Row]] = {"train": [], "validation": []}
    for row in rows:
        part = "validation" if share(row["text"], "split") < 0.05 else "train"
        times = 1 if part == "validation" else repeats(row)
        parts[part] += [example(row, responses)] * times
    for part, examples in parts.items():
        random.Random(0).shuffle(examples)
        with (options.out / f"{part}.jsonl").open("w") as file:
            file.writelines(json.dumps(e, ensure_ascii=False) + "\n" for e in examples)
        print(part, len(examples), dict(Counter((e["lang"], e["label"]) for e in examples)))


def repeats(row: Row) -> int:
    """Scarce rows are seen more often, words of despair most of all."""
    return 6 if row["category"] == "self_harm" else REPEATS.get(row["kind"], 1)


def licensed(path: Path) -> Iterator[Row]:
    with gzip.open(path, "rt") as file:
        for line in file:
            row = json.loads(line)
            keep = share(row["text"], "sample") < SHARES.get(row["kind"], 1.0)
            if row["license"].startswith(LICENCES) and keep and len(row["text"]) <= LONGEST:
                yield row


def own_rows(folder: Path) -> Iterator[Row]:
    """What the project wrote itself."""
    for path in sorted(folder.glob("*.jsonl")):
        for line in path.read_text().splitlines():
            yield {"source": path.stem, "kind": "own", "category": "", **json.loads(line)}


def example(row: Row, responses: Responses) -> Row:
    harmful = row["label"] == "harmful"
    named = row["kind"] == "own" and harmful and row["category"]
    found = named or category(row["source"], row["category"], row["text"])
    made = {key: row[key] for key in ("text", "label", "lang", "source")}
    if not harmful:
        return made
    return {**made, "category": found, "response": responses.to(row["text"], found, row["lang"])}


def share(text: str, salt: str) -> float:
    """A stable number in 0..1 for a text."""
    return int.from_bytes(hashlib.sha256(f"{salt}:{text}".encode()).digest()[:4]) / 2**32


def without_leaks(rows: Iterable[Row], held_out: Path) -> list[Row]:
    """Our own rows near to an evaluation row are dropped; the given ones were checked by who collected them."""
    grams = [shingles(json.loads(line)["text"]) for line in held_out.read_text().splitlines()]
    index: dict[str, list[int]] = {}
    for i, found in enumerate(grams):
        for gram in found:
            index.setdefault(gram, []).append(i)

    def leaks(text: str) -> bool:
        mine = shingles(text)
        shared = Counter(i for gram in mine for i in index.get(gram, ()))
        return any(n / len(mine | grams[i]) > 0.7 for i, n in shared.most_common(5))

    return [row for row in rows if row["kind"] != "own" or not leaks(row["text"])]


def shingles(text: str) -> frozenset[str]:
    plain = re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", text).lower())
    return frozenset(plain[i : i + 5] for i in range(max(1, len(plain) - 4)))


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("train", type=Path)
    parser.add_argument("--held-out", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    return parser.parse_args()


if __name__ == "__main__":
    main()
