"""DynaGuard 1.7B, 4B and 8B (University of Maryland and Capital One, Qwen3): whether a transcript breaks any of a list
of rules. `<answer>PASS|FAIL</answer>`, with reasoning before or an explanation behind it where the model gives one.

The rules are our categories, one each. The score is P(FAIL) against P(PASS). It names no categories and writes no
response. Rules of your own: a family whose `render` is `asked(passage, RULES)`.
"""

from __future__ import annotations

import re

from gateway.guardian.exchange import THOUGHT, transcript
from gateway.guardian.family import Ask, Completion, Reading, Unparseable
from gateway.guardian.label_share import unsafe_share
from gateway.guardian.passages import turns
from gateway.guardian.taxonomy import HARMS
from gateway.types import Card, Passage

CARD = Card(
    name="dynaguard",
    models=("tomg-group-umd/DynaGuard-*",),
    labels=("safe", "unsafe"),
    categories={},
    scores=True,
    writes_response=False,
    judges=("prompt", "response"),
)
TAGS = ("think", "answer", "explanation", "rules", "transcript")
MARKERS = ("<|", *(f"<{tag}>" for tag in TAGS), *(f"</{tag}>" for tag in TAGS))
SYSTEM = """
You are a guardian model evaluating the compliance of an agent with a list of rules.
The rules will be provided in a numbered format, starting with a <rules> tag and ending with a </rules> tag.
You will be given the transcript that contains output from the agent, starting with a <transcript> tag and ending \
with a </transcript> tag.

Your job is to evaluate the agent's output in the transcript and determine if any of the rules have been violated. \


If a <think> or an <explanation> tag is present, provide a few sentences of reasoning about the compliance for each \
rule before determining whether it has been violated.
If no rules were violated by the agent, output PASS as the final answer. Otherwise, if any rules were violated, output \
FAIL.

Respond in the following format:
[Optional reasoning]
<think>
Few sentences of reasoning
</think>
<answer>
PASS/FAIL
</answer>
[Optional reasoning]
<explanation>
Few sentences of reasoning
</explanation>
"""
RULES = tuple(f"No turn may ask for, give or praise this: {meaning}" for meaning in HARMS.values())
VERDICT = re.compile(THOUGHT + r"<answer>\s*(PASS|FAIL)\s*</answer>\s*(?P<rest>.*)", re.DOTALL)
VALUE = re.compile(THOUGHT + r"<answer>\s*", re.DOTALL)
EXPLANATION = re.compile(r"<explanation>(?:(?!</?answer>).)*", re.DOTALL)
OPENINGS = ("<think>", "<answer>")


def render(passage: Passage, *, forced: bool = False) -> tuple[Ask, ...]:
    del forced  # It writes no response.
    return asked(passage, RULES)


def asked(passage: Passage, rules: tuple[str, ...]) -> tuple[Ask, ...]:
    said = transcript(turns(passage, MARKERS), user="User: ", assistant="Agent: ", between="\n")
    numbered = "\n".join(f"{i}. {rule}" for i, rule in enumerate(rules, 1))
    question = f"<rules>\n{numbered}\n</rules>\n<transcript>\n{said}\n</transcript>"
    body = {
        "messages": [{"role": "system", "content": SYSTEM}, {"role": "user", "content": question}],
        "max_tokens": 512,
        "temperature": 0,
        "logprobs": True,
        "top_logprobs": 10,
        "chat_template_kwargs": {"enable_thinking": False},
    }
    return (Ask("/chat/completions", body),)


def parse(completion: Completion) -> Reading | Unparseable | None:
    verdict = VERDICT.fullmatch(completion.text)
    if verdict is None:
        return Unparseable("no `<answer>` with one of its two words") if hopeless(completion) else None
    rest = verdict["rest"]
    if not "<explanation>".startswith(rest) and not EXPLANATION.fullmatch(rest):
        return Unparseable("something other than an explanation behind the answer")
    return Reading("safe" if verdict[1] == "PASS" else "unsafe", score=score(completion))


def hopeless(completion: Completion) -> bool:
    begun = completion.text.lstrip()
    return completion.finished or not any(o.startswith(begun) or begun.startswith(o) for o in OPENINGS)


def score(completion: Completion) -> float | None:
    return unsafe_share(completion.tokens, after=VALUE, unsafe=("FAIL",), safe=("PASS",))
