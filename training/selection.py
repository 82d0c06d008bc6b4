"""What of the collected rows is kept: those that the filters let pass, without repeats, balanced."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from training.filters import Filters
from training.shingles import Seen, plain

Row = dict[str, Any]


@dataclass(slots=True)
class Selection:
    """`per`: at most so many rows of one category and language (harmless ones are a category). `same_answer`: how often
    one answer may be given. `dropped` counts by the rule's name.
    """

    filters: Filters
    per: int | None = None
    same_answer: int = 3
    dropped: Counter[str] = field(default_factory=Counter)

    def of(self, rows: Iterable[Row]) -> list[Row]:
        """The same rows whatever their order was."""
        ordered = sorted(rows, key=lambda row: drawn(row["text"]))
        return list(self.balanced(self.not_repeated(self.passing(ordered))))

    def passing(self, rows: Iterable[Row]) -> Iterator[Row]:
        """A row loses a rationale that is at fault, and goes with an answer that is."""
        for row in rows:
            wrong = self.filters.answer_fault(row) if "response" in row else None
            if wrong:
                self.dropped[f"answer {wrong}"] += 1
                continue
            fault = self.filters.rationale_fault(row) if "why" in row else None
            if fault:
                self.dropped[f"rationale {fault}"] += 1
                row = {key: value for key, value in row.items() if key != "why"}
            if "response" in row or "why" in row:
                yield row

    def not_repeated(self, rows: Iterable[Row]) -> Iterator[Row]:
        texts, near, answers = set(), Seen(), Counter[str]()
        for row in rows:
            text, answer = plain(row["text"]) or row["text"], plain(row.get("response", ""))
            if text in texts:
                self.dropped["query twice"] += 1
            elif near.has_near(row["text"]):
                self.dropped["query near to another"] += 1
            elif answer and answers[answer] == self.same_answer:
                self.dropped["answer of many"] += 1
            else:
                texts.add(text)
                near.add(row["text"])
                answers[answer] += 1
                yield row

    def balanced(self, rows: Iterable[Row]) -> Iterator[Row]:
        counts = Counter[tuple[str, str]]()
        for row in rows:
            cell = (row["category"] if row["label"] == "harmful" else "safe", row["lang"])
            if self.per is not None and counts[cell] == self.per:
                self.dropped["over its category's share"] += 1
            else:
                counts[cell] += 1
                yield row


def drawn(text: str) -> bytes:
    return hashlib.sha256(f"collect:{text}".encode()).digest()
