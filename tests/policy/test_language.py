"""The language of a query: of the condition, and of the words of a canned response."""

from __future__ import annotations

import pytest

from gateway.policy import PolicySet
from tests.policy.asking import HEAD, fires, one_rule
from tests.policy.sets import policy, query

pytest.importorskip("py3langid", reason="the extra `language` is not installed")
KOREAN = "오늘 서울의 날씨는 어떻습니까? 우산을 가져가야 할까요?"
GERMAN = "Wie wird das Wetter morgen in München, und brauche ich einen Regenschirm?"
ENGLISH = "What is the weather like tomorrow, and should I take an umbrella with me?"
RESPONSES = """
responses:
  refusal: {text: No., finish_reason: content_filter, locales: {ko: "안 됩니다.", de: Nein.}}
  polite: {extends: refusal, text: "Sorry, no.", locales: {de: "Leider nein."}}
  kind: {extends: polite, finish_reason: stop}
"""


@pytest.fixture(scope="module")
def korean() -> PolicySet:
    return one_rule("{language: [ko, de]}")


@pytest.mark.parametrize(
    ("text", "holds"), [(KOREAN, True), (GERMAN, True), (ENGLISH, False), ("", False), ("ok", False)]
)
def test_a_language_is_told_from_the_text(korean: PolicySet, text: str, *, holds: bool) -> None:
    assert fires(korean, text=text) == holds


def test_what_cannot_be_told_is_und() -> None:
    unknown = one_rule("{language: und}")
    assert [fires(unknown, text=text) for text in ("", "12345", KOREAN, ENGLISH)] == [True, True, False, False]


@pytest.mark.parametrize(
    ("name", "text", "said", "finish"),
    [
        ("refusal", KOREAN, "안 됩니다.", "content_filter"),
        ("refusal", GERMAN, "Nein.", "content_filter"),
        ("refusal", ENGLISH, "No.", "content_filter"),
        ("refusal", "", "No.", "content_filter"),
        ("polite", GERMAN, "Leider nein.", "content_filter"),
        ("polite", KOREAN, "안 됩니다.", "content_filter"),
        ("polite", ENGLISH, "Sorry, no.", "content_filter"),
        ("kind", ENGLISH, "Sorry, no.", "stop"),
    ],
)
def test_a_response_speaks_the_querys_language(name: str, text: str, said: str, finish: str) -> None:
    found = policy(HEAD + RESPONSES)
    response = found.responses[name]
    assert (found.words(response, query(text)), response.finish_reason) == (said, finish)
