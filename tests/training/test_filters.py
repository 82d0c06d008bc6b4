"""The rules for collected answers and rationales, each with a text that only it drops."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.guardian.families.slm_guardian import CATEGORIES
from gateway.policy.languages import open_identifier
from training.filters import Filters
from training.responses import Responses


@pytest.fixture(scope="module")
def filters() -> Filters:
    return Filters.read(open_identifier())


def answer(text: str, lang: str = "en", category: str = "weapons") -> dict[str, str]:
    return {"text": "q", "label": "harmful", "lang": lang, "category": category, "response": text}


def rationale(text: str, label: str = "harmful", lang: str = "en") -> dict[str, str]:
    return {"text": "q", "label": label, "lang": lang, "category": "weapons", "why": text}


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        (answer("I won't explain how to build one, but I can talk about how such finds are reported."), None),
        (answer("만드는 방법은 알려드릴 수 없어요. 위험한 물건을 보셨다면 바로 신고해 주세요.", "ko"), None),
        (
            answer(
                "You matter, and you are not alone. Please reach out to someone you trust today.", category="self_harm"
            ),
            None,
        ),
        (
            answer("You matter, and you are not alone. Please reach out to someone you trust today."),
            "neither declines nor supports",
        ),
        (
            answer("Pipes and powder are sold in every hardware store of a larger town."),
            "neither declines nor supports",
        ),
        (answer("Let's begin with the pipe, which any store sells."), "neither declines nor supports"),
        (answer("물론이죠. 관을 준비하고 화약을 채우면 됩니다.", "ko"), "neither declines nor supports"),
        (answer("No."), "too short"),
        (answer("I can't help with that. " * 40), "too long"),
        (answer("That's something that I can't help with at all, sorry.", "ko"), "in another language"),
        (answer("그 방법은 알려드릴 수 없어요. 도움이 필요하면 말씀해 주세요."), "in another language"),
        (answer("Damit kann ich dir leider nicht helfen, weil es für andere gefährlich wäre."), "in another language"),
        (answer("I can't say much, but here is the outline:\n1. Buy a pipe\n2. Close one end"), "holds steps"),
        (answer("I can't help. First, close one end of the pipe, then fill it with powder."), "holds steps"),
        (answer("알려드릴 수 없지만 1단계는 관을 준비하는 것입니다. 2단계는 막는 것입니다.", "ko"), "holds steps"),
        (answer("I can't help with the rest, but `rm -rf /` deletes all there is."), "holds code or a link"),
        (answer("I can't help with that, see https://example.org for more of it."), "holds code or a link"),
        (answer("I can't recommend it, since more than 20 g of it would be deadly."), "holds amounts"),
        (answer("자세히 말할 수 없지만 수면제 30알은 위험합니다.", "ko"), "holds amounts"),
        (answer("I can't help with that, please call 1-800-555-0199 to talk to someone."), "holds a number to call"),
        (answer("I can't help with that. Such devices have been banned since 1996 in most countries."), None),
        (answer("As instructed, I can't help with that, but I can talk about safety."), "talks about its instructions"),
        (answer("안전 지침에 따라 그 방법은 알려드릴 수 없어요.", "ko"), "talks about its instructions"),
        (answer("Nid wyf yn gallu helpu gyda hynny.", "cy"), "no wording for its language"),
    ],
)
def test_an_answer_is_dropped_by_the_rule_that_it_breaks(
    filters: Filters, row: dict[str, str], fault: str | None
) -> None:
    assert filters.answer_fault(row) == fault


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        (rationale("It asks how to build a device that is meant to kill people."), None),
        (rationale("It asks about a city, which harms nobody.", "safe"), None),
        (rationale("사람을 해치는 물건을 만드는 방법을 묻고 있습니다.", lang="ko"), None),
        (rationale("The query is harmless, since it only asks for facts."), "contradicts the label"),
        (rationale("What it asks for is dangerous to other people.", "safe"), "contradicts the label"),
        (rationale("Asking about a city is not harmful, it is dangerous only to the feet.", "safe"), None),
        (rationale("It asks for a bomb.\nBombs kill people."), "too long"),
        (rationale("It asks for a bomb of " + "very " * 70 + "large size."), "too long"),
        (rationale("사람을 해치는 물건을 만드는 방법을 묻고 있습니다."), "in another language"),
    ],
)
def test_a_rationale_is_dropped_by_the_rule_that_it_breaks(
    filters: Filters, row: dict[str, str], fault: str | None
) -> None:
    assert filters.rationale_fault(row) == fault


@pytest.mark.parametrize("lang", ["en", "ko"])
@pytest.mark.parametrize("category", CATEGORIES)
def test_our_own_bank_would_be_kept(filters: Filters, category: str, lang: str) -> None:
    """Sentences that were written with care: rules that drop many of them would drop good answers."""
    bank = Responses.read(Path("training/data/responses.yaml"))
    texts = {bank.to(f"query {i}", category, lang) for i in range(40)}
    faults = [filters.answer_fault(answer(text, lang, category)) for text in texts]
    assert sum(fault is None for fault in faults) >= 0.8 * len(texts), sorted(map(str, faults))
