"""A labelled row as the sequences that the model learns it by, and sequences as batches.

    {query}<|pred|><|safe|>                         a harmless query
    {query}<|pred|><|harm|><|crime|>I won't ...     a harmful one: label, category, safe response
    {query}<|pred|><|harm|>Let me ...               the response that an operator forces: the label is given, not learnt
    {query}<|expl|>This asks how to ...             the rationale

The part before the answer is written by `gateway/guardian/families/slm_guardian.py`, the file that serves: training and
serving cannot differ.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from gateway.guardian.families.slm_guardian import EXPLAIN, HARM, SAFE, category_token, prompt
from training.joint import Batch

KINDS = ("label", "category", "response", "rationale")
LABEL, CATEGORY, RESPONSE, RATIONALE = range(len(KINDS))
Target = tuple[int, int, int]
"""The position that predicts, the token, the kind."""


@dataclass(frozen=True, slots=True)
class Example:
    """Token ids without the last, which nothing follows, and what is to be predicted where."""

    ids: tuple[int, ...]
    targets: tuple[Target, ...]


class Encoder:
    """Rows -> sequences, for one tokenizer."""

    def __init__(self, tokenizer: Any, ids: Mapping[str, int], *, longest: int) -> None:
        self.tokenizer, self.ids, self.longest = tokenizer, ids, longest
        self.begin = [] if tokenizer.bos_token_id is None or not adds_begin(tokenizer) else [tokenizer.bos_token_id]
        self.end = tokenizer.eos_token_id

    def sequences(self, row: Mapping[str, Any], *, rationale: bool = True) -> Iterator[Example]:
        """What a row teaches: its label; where it has them a rationale and the response that is forced on it."""
        answer = [(self.ids[HARM if row["label"] == "harmful" else SAFE], LABEL)]
        if row["label"] == "safe":
            yield self.sequence(prompt(row["text"]), [*answer, (self.end, LABEL)])
        else:
            answer.append((self.ids[category_token(row["category"])], CATEGORY))
            yield self.sequence(prompt(row["text"]), [*answer, *self.words(row.get("response"), RESPONSE)])
        if rationale and row.get("why"):
            yield self.sequence(prompt(row["text"], task=EXPLAIN), self.words(row["why"], RATIONALE))
        if row.get("forced"):
            yield self.sequence(prompt(row["text"]) + HARM, self.words(row["forced"], RESPONSE))

    def words(self, text: str | None, kind: int) -> list[tuple[int, int]]:
        if not text:
            return []
        ids = self.tokenizer.encode(text, add_special_tokens=False)
        return [(i, kind) for i in [*ids, self.end]]

    def sequence(self, before: str, answer: Sequence[tuple[int, int]]) -> Example:
        ids = self.prompt_ids(before)
        targets = tuple((len(ids) - 1 + n, token, kind) for n, (token, kind) in enumerate(answer))
        return Example((*ids, *(token for token, _ in answer[:-1])), targets)

    def prompt_ids(self, before: str) -> list[int]:
        """A prompt that is too long loses its middle."""
        ids = self.tokenizer.encode(before, add_special_tokens=False)
        if len(ids) > self.longest:
            ids = [*ids[: self.longest // 2], *ids[-(self.longest - self.longest // 2) :]]
        return [*self.begin, *ids]


def adds_begin(tokenizer: Any) -> bool:
    return tokenizer.encode("a")[0] == tokenizer.bos_token_id


def batches(sequences: Sequence[Example], tokens: int, *, seed: int) -> Iterator[list[Example]]:
    """One epoch: shuffled, sorted by length in chunks, cut into batches of about `tokens` tokens, shuffled again."""
    draw = random.Random(seed)
    order = draw.sample(range(len(sequences)), len(sequences))
    made: list[list[Example]] = []
    for start in range(0, len(order), 2048):
        batch: list[Example] = []
        for one in sorted((sequences[i] for i in order[start : start + 2048]), key=lambda s: len(s.ids)):
            if batch and (len(batch) + 1) * len(one.ids) > tokens:
                made.append(batch)
                batch = []
            batch.append(one)
        made.append(batch)
    draw.shuffle(made)
    yield from made


def collated(batch: Sequence[Example]) -> Batch:
    longest = max(len(one.ids) for one in batch)
    ids = torch.tensor([[*one.ids, *[0] * (longest - len(one.ids))] for one in batch])
    targets = torch.tensor([(row, *target) for row, one in enumerate(batch) for target in one.targets])
    return Batch(ids, targets[:, :2], targets[:, 2], targets[:, 3])


def candidates(sequences: Sequence[Example]) -> torch.Tensor:
    """Every token that is a target somewhere, sorted."""
    return torch.tensor(sorted({token for one in sequences for _, token, _ in one.targets}))
