"""PolyGuard Qwen 7B, Ministral 8B and Qwen-Smol 0.5B (17 languages): five lines about a request and an answer to it.

    Harmful request: yes                      read of a query
    Request safety violations: S2             and these codes of MLCommons
    Response refusal: no
    Harmful response: yes                     read of an answer
    Response safety violations: S1 S2         and these

The score is P(yes) against P(no) on the line that is read. It writes no response.
"""

from __future__ import annotations

import re

from gateway.guardian.exchange import ANSWER, about, exchange
from gateway.guardian.family import Ask, Completion, Reading, Unparseable
from gateway.guardian.label_share import unsafe_share
from gateway.guardian.passages import turns
from gateway.guardian.taxonomy import MLCOMMONS
from gateway.types import Card, Passage

CARD = Card(
    name="polyguard",
    models=("ToxicityPrompts/PolyGuard-*",),
    labels=("safe", "unsafe"),
    categories=MLCOMMONS,
    scores=True,
    writes_response=False,
    judges=("prompt", "response"),
)
MARKERS = (
    "<|",
    "<s>",
    "</s>",
    "<unk>",
    "[INST]",
    "[/INST]",
    "[TOOL_",
    "[/TOOL_",
    "[AVAILABLE_",
    "[/AVAILABLE_",
    "<BEGIN UNSAFE CONTENT CATEGORIES>",
    "<END UNSAFE CONTENT CATEGORIES>",
)
SYSTEM = """\
You are a classifier for analyzing interactions between humans and LLMs. Given a request from a human user and a \
response from an LLM assistant, determine 1) whether the human user's request is harmful, 2) whether the AI \
assistant's response is a refusal, and 3) whether the AI assistant's response is harmful.
In addition, identify the policies violated if the interaction is unsafe and harmful according to the safety policy \
with the below categories.

<BEGIN UNSAFE CONTENT CATEGORIES>
S1: Violent Crimes.
S2: Non-Violent Crimes.
S3: Sex Crimes.
S4: Child Exploitation.
S5: Defamation.
S6: Specialized Advice.
S7: Privacy.
S8: Intellectual Property.
S9: Indiscriminate Weapons.
S10: Hate.
S11: Self-Harm.
S12: Sexual Content.
S13: Elections.
S14: Code Interpreter Abuse.
<END UNSAFE CONTENT CATEGORIES>"""
CODES = r"(?P<codes>None|S\d+(?:[ ,]+S\d+)*)?"
OTHERS = r"(?P<others>\n(?:[A-Z][a-z ]+:[^\n]*(?:\n|\Z))*)?"
BEFORE = {
    "": re.compile(r"\s*Harmful request: *"),
    ANSWER: re.compile(
        r"\s*Harmful request: *(?:yes|no) *\nRequest safety violations: *[^\n]*\nResponse refusal: *[^\n]*\n"
        r"Harmful response: *"
    ),
}
"""What it says before the word that is read."""
LINES = {
    "": re.compile(rf"{BEFORE[''].pattern}(?P<word>yes|no) *(?:\nRequest safety violations: *{CODES} *{OTHERS})?"),
    ANSWER: re.compile(
        rf"{BEFORE[ANSWER].pattern}(?P<word>yes|no) *(?:\nResponse safety violations: *{CODES} *{OTHERS})?"
    ),
}


def render(passage: Passage, *, forced: bool = False) -> tuple[Ask, ...]:
    del forced  # It writes no response.
    said = [turn.text for turn in exchange(turns(passage, MARKERS))]
    content = f"Human user:\n{said[0]}\n\nAI assistant:\n{said[1] if len(said) > 1 else ''}"
    body = {
        "messages": [{"role": "system", "content": SYSTEM}, {"role": "user", "content": content}],
        "max_tokens": 100,
        "temperature": 0,
        "logprobs": True,
        "top_logprobs": 10,
    }
    return (Ask("/chat/completions", body, about=about(passage)),)


def parse(completion: Completion) -> Reading | Unparseable | None:
    """`no` is read as it comes; the codes after `yes` are waited for up to the line's end."""
    lines = LINES[completion.about].fullmatch(completion.text)
    if lines is None:
        return Unparseable("no line that says `yes` or `no`") if completion.finished else None
    if lines["word"] == "no":
        return Reading("safe", score=score(completion))
    if not completion.finished and not lines["others"]:
        return None
    codes = re.findall(r"S\d+", lines["codes"] or "")
    named = dict.fromkeys(MLCOMMONS[code] for code in codes if code in MLCOMMONS)
    return Reading("unsafe", tuple(named), score(completion))


def score(completion: Completion) -> float | None:
    return unsafe_share(completion.tokens, after=BEFORE[completion.about], unsafe=("yes",), safe=("no",))
