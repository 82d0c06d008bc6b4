"""The data mixture: public rows whose licence allows it, and our own, as examples of the joint task.

    python -m training.prepare TRAIN.jsonl.gz --held-out EVAL.jsonl --out DIR
    python -m training.prepare MINE.jsonl --without-ours --out DIR

Writes `train.jsonl` and `validation.jsonl`. Validation is a part of every source, by the hash of the text, rows that
belong together staying together; thresholds are fixed on it. Of rows with the same words the first is taken, so that
a file with responses comes before the one that it was collected for.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import random
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from training.categories import category
from training.responses import Responses
from training.shingles import HeldOut, plain

LICENCES = ("MIT", "Apache-2.0", "CC-BY-3", "CC-BY-4", "CC-BY-SA", "ODC-BY")
"""What may go into weights that ship."""
LICENCES_WITHIN = {
    ("guardreasoner_train5k", "WildGuardTrainR"): "ODC-BY",
    ("guardreasoner_train5k", "AegisTrainR"): "CC-BY-4.0",
}
"""Parts of a mixed set whose own licence is known."""
SHARES = {
    "aart": 0.4,
    "harmfulqa": 0.6,
    "hatecheck": 0.6,
    "med_safety_train": 0.6,
    "gpteacher_roleplay": 0.6,
    "beep_train": 0.8,
    "kmhas_valid": 0.8,
    "kodoli": 0.5,
    "curse_detection": 0.4,
    "kosbi_valid": 0.4,
    "ko_redteam_indirect_pi": 0.5,
    "songys_chatbot": 0.4,
    "k3i4k": 0.4,
    "parakqc": 0.4,
}
"""Of a source that is large, noisy or easy."""
LEAKING = ("navirocker_redteam_en", "k_overrefusal_harmful_pool")
"""Sources whose rows are the originals, or other translations, of rows that we evaluate on: no likeness of texts tells.
"""
MILD = re.compile(
    r"pollution|climate|circus|horse rac|landfill|smoking|gambling|contamination|alcohol|legal|financial advice|"
    r"health consult",
    re.IGNORECASE,
)
"""Categories of AART and SafeBench whose rows are mostly lawful questions."""
REPEATS = {"ko_request_harmful": 2, "written": 2}
BANK_SHARE = 0.12
"""Of harmful rows without a response of their own that get one out of the bank."""
FORCED_SHARE = 0.12
"""Of harmless rows, everyday ones too: an operator's rule may force a response on any query."""
EVERYDAY = ("en_benign", "ko_benign")
LONGEST = 1200
Row = dict[str, Any]


def main() -> None:
    options = parse()
    rows = [row for path in options.train for row in licensed(path)]
    rows += [] if options.without_ours else own_rows(Path(__file__).parent / "data")
    rows = list({plain(row["text"]) or row["text"]: row for row in reversed(rows)}.values())[::-1]
    rows = without_leaks(rows, options.held_out) if options.held_out else rows
    responses = Responses.read(Path(__file__).parent / "data" / "responses.yaml")
    options.out.mkdir(parents=True, exist_ok=True)
    parts: dict[str, list[Row]] = {"train": [], "validation": []}
    for row in rows:
        part = "validation" if share(row.get("pair") or row["text"], "split") < options.validation else "train"
        times = 1 if part == "validation" else REPEATS.get(row["kind"], 1)
        parts[part] += [example(row, responses)] * times
    for part, examples in parts.items():
        random.Random(0).shuffle(examples)
        with (options.out / f"{part}.jsonl").open("w") as file:
            file.writelines(json.dumps(e, ensure_ascii=False) + "\n" for e in examples)
        print(part, len(examples), dict(sorted(Counter((e["lang"], e["label"]) for e in examples).items())))


def licensed(path: Path) -> Iterator[Row]:
    with (gzip.open if path.suffix == ".gz" else open)(path, "rt") as file:
        for line in file:
            row = {"category": "", "kind": "", **json.loads(line)}
            licence = LICENCES_WITHIN.get((row["source"], row["category"]), row["license"])
            mild = row["source"] in ("aart", "safebench_figstep") and MILD.search(row["category"])
            if (
                licence.startswith(LICENCES)
                and row["source"] not in LEAKING
                and not mild
                and len(row["text"]) <= LONGEST
                and share(row["text"], "sample") < SHARES.get(row["source"], 1.0)
            ):
                yield row


def own_rows(folder: Path) -> Iterator[Row]:
    """What the project wrote itself: single rows in `written/`, rows from frames beside it."""
    for path in sorted([*folder.glob("*.jsonl"), *folder.glob("written/*.jsonl")]):
        kind = "written" if path.parent.name == "written" else "own"
        for line in path.read_text().splitlines():
            row = {"category": "", **json.loads(line), "source": path.stem, "kind": kind}
            pair = f"{path.stem.rsplit('-', 1)[0]}:{row['pair']}" if row.get("pair") else None
            if kind == "written" or share(row["text"], "sample") < 0.5:
                yield {**row, "pair": pair}


def example(row: Row, responses: Responses) -> Row:
    """`text`, `label`, `lang`, `source`; a harmful row's `category` and, for some, `response`; where known `why`; for
    some safe rows the response that is `forced` on them.
    """
    made = {key: row[key] for key in ("text", "label", "lang", "source", "why") if row.get(key)}
    lang = "ko" if row["lang"] == "ko" else "en"
    if row["label"] == "safe":
        forced = row["kind"] in ("written", *EVERYDAY) and share(row["text"], "forced") < FORCED_SHARE
        return {**made, "forced": responses.forced(row["text"], lang)} if forced else made
    own = row["kind"] in ("own", "written") and row["category"]
    found = own or category(row["source"], row["category"], row["text"])
    if row.get("response"):
        return {**made, "category": found, "response": row["response"]}
    told = share(row["text"], "bank") < BANK_SHARE
    return {**made, "category": found, **({"response": responses.to(row["text"], found, lang)} if told else {})}


def share(text: str, salt: str) -> float:
    """A stable number in 0..1 for a text."""
    return int.from_bytes(hashlib.sha256(f"{salt}:{text}".encode()).digest()[:4]) / 2**32


def without_leaks(rows: Iterable[Row], held_out: Path) -> list[Row]:
    """Without what is near to an evaluation row, or holds one; for a translation (`text_en`) its source counts too."""
    told = [json.loads(line) for line in held_out.read_text().splitlines()]
    evaluated = HeldOut(text for row in told for text in texts(row))
    return [row for row in rows if not any(evaluated.leaks(text) for text in texts(row))]


def texts(row: Row) -> list[str]:
    return [row[key] for key in ("text", "text_en") if row.get(key)]


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("train", type=Path, nargs="*", help="rows as JSON lines, gzipped or not")
    parser.add_argument("--held-out", type=Path, help="what is near to one of these rows, or holds one, is left out")
    parser.add_argument("--without-ours", action="store_true", help="leave out the rows of `training/data/`")
    parser.add_argument("--validation", type=float, default=0.06, help="the share of the rows that is not trained on")
    parser.add_argument("--out", type=Path, required=True)
    return parser.parse_args()


if __name__ == "__main__":
    main()
