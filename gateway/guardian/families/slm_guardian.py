"""The paper's guardian (arXiv 2405.19795): the first token is the label; on a harmful query a category and the safe
response follow.

    <|safe|>                                    forward
    <|harm|><|self_harm|>I'm sorry that ...     the rest of the same generation is the answer

The score is P(`<|harm|>`) against P(`<|safe|>`) at the first token. Ending the prompt with `<|harm|>` forces a safe
response (the paper's Figure 3).
"""

from __future__ import annotations

import re

from gateway.guardian.family import Ask, Completion, Reading, Unparseable, share
from gateway.guardian.passages import judged_text, neutralised
from gateway.types import Card, Passage

HARM, SAFE = "<|harm|>", "<|safe|>"
PREDICT, EXPLAIN = "<|pred|>", "<|expl|>"
CATEGORIES = (
    "violence",
    "weapons",
    "crime",
    "cybercrime",
    "hate",
    "sexual_content",
    "child_exploitation",
    "self_harm",
    "pii",
    "misinformation",
    "jailbreak",
)
TOKENS = (PREDICT, EXPLAIN, HARM, SAFE, *(f"<|{name}|>" for name in CATEGORIES))
"""All that a base's vocabulary needs for this protocol."""
CARD = Card(
    name="slm_guardian",
    models=("slm-guardian-*",),
    labels=("safe", "unsafe"),
    categories={f"<|{name}|>": name for name in CATEGORIES},
    scores=True,
    writes_response=True,
)
MARKERS = (
    "<|",
    "<bos>",
    "<eos>",
    "<pad>",
    "<unk>",
    "<mask>",
    "<unused",
    "<start_of_turn>",
    "<end_of_turn>",
    "<s>",
    "</s>",
    "[INST]",
)
"""What begins a control token of the bases that this protocol is trained on: Gemma's, Llama's, Mistral's, ours."""
LONGEST_CATEGORY = max(map(len, CARD.categories))
CATEGORY = re.compile(r"<\|(\w+)\|>")


def prompt(text: str, *, task: str = PREDICT) -> str:
    """The model's input: the query, with no token of the protocol in it, and the token of the task."""
    return neutralised(text, MARKERS) + task


def category_token(name: str) -> str:
    return f"<|{name}|>"


def render(passage: Passage, *, forced: bool = False) -> tuple[Ask, ...]:
    text = prompt(judged_text(passage))
    ask = Ask(
        "/completions",
        {
            "prompt": text + HARM if forced else text,
            "temperature": 0,
            "logprobs": 5,
            "skip_special_tokens": False,
        },
        begun=HARM if forced else "",
    )
    return (ask,)


def parse(completion: Completion) -> Reading | Unparseable | None:
    text = completion.text
    if text.startswith(SAFE):
        return Reading("safe", score=score(completion))
    if text.startswith(HARM):
        return harm(completion)
    if completion.finished or len(text) >= len(HARM):
        return Unparseable(f"the first token is none of `{HARM}`, `{SAFE}`")
    return None


def harm(completion: Completion) -> Reading | None:
    """The category follows the label at once; a text that starts otherwise is the answer already."""
    rest = completion.text[len(HARM) :]
    found = CATEGORY.match(rest)
    if found is None:
        undecided = not completion.finished and "<|".startswith(rest[:2]) and len(rest) < LONGEST_CATEGORY
        return None if undecided else Reading("unsafe", score=score(completion), answer_at=len(HARM))
    name = CARD.categories.get(found[0])
    return Reading("unsafe", (name,) if name else (), score(completion), len(HARM) + found.end())


def score(completion: Completion) -> float | None:
    return share(completion.tokens[0].top, of=HARM, among=(HARM, SAFE)) if completion.tokens else None
