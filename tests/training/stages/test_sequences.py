"""What a row becomes: the prompt that the gateway sends, and targets where the model will be asked for them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.guardian.families import slm_guardian
from gateway.guardian.families.slm_guardian import CATEGORIES, HARM, SAFE, TOKENS
from gateway.types import Passage
from tests.training.stages import tiny
from training.base import with_protocol
from training.sequences import CATEGORY, LABEL, RATIONALE, RESPONSE, Encoder, Example, batches, collated

TEXT = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=40)


def encoder(kind: str = "llama", longest: int = 400) -> Encoder:
    tokenizer, ids = with_protocol(tiny.tokenizer(kind), TOKENS)
    return Encoder(tokenizer, ids, longest=longest)


ENCODERS = {kind: encoder(kind) for kind in ("llama", "gemma3")}


def asked(text: str, *, forced: bool = False) -> str:
    """The prompt that the gateway sends."""
    (ask,) = slm_guardian.render(Passage("prompt", text), forced=forced)
    return str(ask.body["prompt"])


def parted(found: Example, encoder: Encoder) -> tuple[list[int], list[int], list[int]]:
    """The tokens before the first target, and the targets' tokens and kinds."""
    start = found.targets[0][0] + 1
    whole = [*found.ids[:start], *(token for _, token, _ in found.targets)]
    assert [*whole[:-1]] == [*found.ids], "each target is predicted from the position before it"
    assert [at for at, _, _ in found.targets] == [*range(start - 1, len(found.ids))]
    return whole[:start], whole[start:], [kind for _, _, kind in found.targets]


@pytest.mark.parametrize("kind", ENCODERS)
@given(text=TEXT, label=st.sampled_from(["safe", "harmful"]), category=st.sampled_from(CATEGORIES), told=TEXT)
def test_the_prompt_is_what_the_gateway_sends(kind: str, text: str, label: str, category: str, told: str) -> None:
    """As the server will encode it, begin of text included, whatever the text has in it."""
    one = ENCODERS[kind]
    row = {"text": text, "label": label, "category": category, "response": told, "why": told, "forced": told}
    first, rationale, forced = one.sequences(row)
    served = one.tokenizer.encode(asked(text))
    assert parted(first, one)[0] == served
    assert parted(rationale, one)[0] == [*served[:-1], one.ids["<|expl|>"]]
    assert parted(forced, one)[0] == one.tokenizer.encode(asked(text, forced=True))


@given(told=TEXT)
def test_what_is_learnt_of_a_harmful_row(told: str) -> None:
    one = ENCODERS["llama"]
    words = one.tokenizer.encode(told, add_special_tokens=False)
    row = {"text": "x", "label": "harmful", "category": "crime", "response": told, "why": told, "forced": told}
    label, rationale, forced = (parted(found, one)[1:] for found in one.sequences(row))
    assert label[0] == [one.ids[HARM], one.ids["<|crime|>"], *words, one.end]
    assert label[1] == [LABEL, CATEGORY, *[RESPONSE] * (len(words) + 1)]
    assert rationale == ([*words, one.end], [RATIONALE] * (len(words) + 1))
    assert forced == ([*words, one.end], [RESPONSE] * (len(words) + 1))


def test_what_is_learnt_of_a_safe_row() -> None:
    one = ENCODERS["llama"]
    (found,) = one.sequences({"text": "x", "label": "safe"})
    assert parted(found, one)[1:] == ([one.ids[SAFE], one.end], [LABEL, LABEL])


def test_rationales_can_be_left_out() -> None:
    row = {"text": "x", "label": "safe", "why": "It is short."}
    assert len(list(ENCODERS["llama"].sequences(row))) == 2
    assert len(list(ENCODERS["llama"].sequences(row, rationale=False))) == 1


@pytest.mark.parametrize("kind", ENCODERS)
@given(text=st.text("abc ", min_size=60, max_size=200), longest=st.integers(2, 50))
def test_a_long_query_keeps_its_head_and_its_tail(kind: str, text: str, longest: int) -> None:
    one, whole = encoder_of(kind, longest), ENCODERS[kind]
    (found,) = one.sequences({"text": text, "label": "safe"})
    before, begin = parted(found, one)[0], len(one.begin)
    full = whole.tokenizer.encode(asked(text))
    assert len(before) == longest + begin
    assert before[: begin + longest // 2] == full[: begin + longest // 2]
    assert before[begin + longest // 2 :] == full[len(full) - (longest - longest // 2) :]
    assert before[-1] == one.ids["<|pred|>"]


def encoder_of(kind: str, longest: int) -> Encoder:
    return Encoder(ENCODERS[kind].tokenizer, ENCODERS[kind].ids, longest=longest)


@given(lengths=st.lists(st.integers(1, 60), min_size=1, max_size=80), seed=st.integers(0, 9))
def test_an_epoch_has_every_sequence_once_in_batches_of_the_size_asked(lengths: list[int], seed: int) -> None:
    examples = [Example((i, *[0] * (n - 1)), ((0, i, LABEL),)) for i, n in enumerate(lengths)]
    made = list(batches(examples, 120, seed=seed))
    assert sorted(one.ids[0] for batch in made for one in batch) == [*range(len(lengths))]
    assert all(len(batch) == 1 or len(batch) * max(len(e.ids) for e in batch) <= 120 for batch in made)
    assert made == list(batches(examples, 120, seed=seed))


def test_a_batch_is_padded_and_its_targets_are_numbered() -> None:
    batch = collated([Example((5, 6), ((1, 7, LABEL),)), Example((5, 6, 8), ((1, 8, LABEL), (2, 9, CATEGORY)))])
    assert batch.ids.tolist() == [[5, 6, 0], [5, 6, 8]]
    assert batch.where.tolist() == [[0, 1], [1, 1], [1, 2]]
    assert (batch.token.tolist(), batch.kind.tolist()) == ([7, 8, 9], [LABEL, LABEL, CATEGORY])
