"""YuFeng-XGuard-Reason 0.6B and 8B (Alibaba, Apache-2.0, Qwen3): its first token is the code of a risk, or `sec` for
safe. The explanation that it would go on to write is not asked for.

The score is 1 - P(`sec`). Its chat template holds the task and the codes. It writes no response.
"""

from __future__ import annotations

import math

from gateway.guardian.exchange import exchange
from gateway.guardian.family import Ask, Completion, Reading, Unparseable
from gateway.guardian.passages import chat, turns
from gateway.types import Card, Passage

SAFE = "sec"
CARD = Card(
    name="xguard",
    models=("Alibaba-AAIG/YuFeng-XGuard-Reason-*",),
    labels=("safe", "unsafe"),
    categories={
        "pc": "sexual_content",
        "dc": "weapons",
        "dw": "weapons",
        "pi": "crime",
        "ec": "crime",
        "ac": "hate",
        "def": "defamation",
        "ti": "violence",
        "cy": "hate",
        "ph": "self_harm",
        "mh": "self_harm",
        "se": "unethical",
        "sci": "unethical",
        "pp": "pii",
        "cs": "pii",
        "acc": "cybercrime",
        "mc": "cybercrime",
        "ha": "cybercrime",
        "ps": "cybercrime",
        "ter": "violence",
        "sd": "political",
        "ext": "hate",
        "fin": "specialized_advice",
        "med": "specialized_advice",
        "law": "specialized_advice",
        "cm": "child_exploitation",
        "ma": "child_exploitation",
        "md": "crime",
    },
    scores=True,
    writes_response=False,
    judges=("prompt", "response"),
)
MARKERS = ("<|", "<think>", "</think>", "<explanation>", "</explanation>")


def render(passage: Passage, *, forced: bool = False) -> tuple[Ask, ...]:
    del forced  # It writes no response.
    body = {
        "messages": chat(exchange(turns(passage, MARKERS))),
        "add_generation_prompt": False,  # as its authors render it
        "max_tokens": 1,
        "temperature": 0,
        "logprobs": True,
        "top_logprobs": 20,
    }
    return (Ask("/chat/completions", body),)


def parse(completion: Completion) -> Reading | Unparseable | None:
    """Only a whole code is one, for some begin like others: `se` like `sec`."""
    if not completion.finished:
        return None
    code = completion.text.strip()
    if code == SAFE:
        return Reading("safe", score=score(completion))
    if code not in CARD.categories:
        return Unparseable("not one of the risk codes")
    return Reading("unsafe", (CARD.categories[code],), score(completion))


def score(completion: Completion) -> float | None:
    if not completion.tokens:
        return None
    return 1 - sum(math.exp(logprob) for text, logprob in completion.tokens[0].top.items() if text.strip() == SAFE)
