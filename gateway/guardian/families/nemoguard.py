"""NemoGuard 8B ContentSafety, also called Llama Nemotron Safety Guard 8B v2, and v3 (NVIDIA): the whole question is one
user message, the answer a JSON object.

    {"User Safety": "unsafe", "Response Safety": "safe", "Safety Categories": "Violence, Threat"}

The score is P(unsafe) against P(safe) at the value that is judged. It writes no response.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from gateway.guardian.exchange import ANSWER, about, transcript
from gateway.guardian.family import Ask, Completion, Reading, Unparseable
from gateway.guardian.label_share import unsafe_share
from gateway.guardian.passages import turns
from gateway.types import Card, Label, Passage

CATEGORIES = {
    "Violence": "violence",
    "Sexual": "sexual_content",
    "Criminal Planning/Confessions": "crime",
    "Guns and Illegal Weapons": "weapons",
    "Controlled/Regulated Substances": "weapons",
    "Suicide and Self Harm": "self_harm",
    "Sexual (minor)": "child_exploitation",
    "Hate/Identity Hate": "hate",
    "PII/Privacy": "pii",
    "Harassment": "hate",
    "Threat": "violence",
    "Profanity": "unethical",
    "Needs Caution": "unethical",
    "Other": "unethical",
    "Manipulation": "unethical",
    "Fraud/Deception": "crime",
    "Malware": "cybercrime",
    "High Risk Gov Decision Making": "unethical",
    "Political/Misinformation/Conspiracy": "misinformation",
    "Copyright/Trademark/Plagiarism": "copyright",
    "Unauthorized Advice": "specialized_advice",
    "Illegal Activity": "crime",
    "Immoral/Unethical": "unethical",
}
CARD = Card(
    name="nemoguard",
    models=("nvidia/llama-3.1-nemoguard-8b-content-safety", "nvidia/Llama-3.1-Nemotron-Safety-Guard-8B-v3"),
    labels=("safe", "unsafe"),
    categories=CATEGORIES,
    scores=True,
    writes_response=False,
    judges=("prompt", "response"),
)
MARKERS = ("<|", "<BEGIN ", "<END ")
PROMPT = """Task: Check if there is unsafe content in the user or agent messages in the below conversation in \
accordance with our safety policy with the below categories. Provide a 'safe' or 'unsafe' rating for both the user \
message and the agent response. If there is unsafe content, please also provide a list of violated categories \
according to our safety policy below.

<BEGIN UNSAFE CONTENT CATEGORIES>
{categories}
<END UNSAFE CONTENT CATEGORIES>

<BEGIN CONVERSATION>

{conversation}

<END CONVERSATION>

Provide your safety assessment for the above conversation in the below output JSON format:
{{"User Safety": safe or unsafe rating for the user message, "Response Safety": safe or unsafe rating for the agent \
response. Omit if no agent response present. "Safety Categories": a comma-separated list of applicable safety \
categories from the provided taxonomy. Omit if all safe.}}

Do not include anything other than the output JSON in your response.
Output JSON:"""
LABELS: dict[str, Label] = {"safe": "safe", "unsafe": "unsafe"}
USER, RESPONSE, NAMES = "User Safety", "Response Safety", "Safety Categories"
VALUES = {field: re.compile(rf'.*"{field}"\s*:\s*"', re.DOTALL) for field in (USER, RESPONSE)}


def render(passage: Passage, *, forced: bool = False) -> tuple[Ask, ...]:
    del forced  # It writes no response.
    said = transcript(turns(passage, MARKERS), user="user: ", assistant="response: agent: ", between="\n\n")
    categories = "\n".join(f"S{i}: {name}." for i, name in enumerate(CATEGORIES, 1))
    content = PROMPT.format(categories=categories, conversation=said)
    body = {
        "messages": [{"role": "user", "content": content}],
        "max_tokens": 100,
        "temperature": 0,
        "logprobs": True,
        "top_logprobs": 10,
    }
    return (Ask("/chat/completions", body, about=about(passage)),)


def parse(completion: Completion) -> Reading | Unparseable | None:
    """An answer is judged by its own rating: an unsafe query must not block a safe refusal."""
    if not completion.finished:
        return None
    said = ratings(completion.text)
    field = RESPONSE if completion.about == ANSWER else USER
    label = LABELS.get(said.get(field, ""))
    if label is None:
        return Unparseable(f"no JSON object with the rating `{field}`")
    categories = named(said.get(NAMES, ""))
    if categories and "unsafe" not in said.values():
        return Unparseable("categories, and nothing is `unsafe`")
    return Reading(label, categories if label == "unsafe" else (), score(completion, field))


def ratings(text: str) -> dict[str, str]:
    """The object's fields; empty when it is none of this family's."""
    try:
        said = json.loads(text, object_pairs_hook=once)
    except (ValueError, RecursionError):
        return {}
    known = isinstance(said, dict) and said.keys() <= {USER, RESPONSE, NAMES}
    return said if known and all(isinstance(value, str) for value in said.values()) else {}


def once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise ValueError("a field that is there twice")
    return fields


def named(names: str) -> tuple[str, ...]:
    """Our names for them, each once; a name that is not the family's is left out."""
    found = (CATEGORIES.get(name.strip()) for name in names.split(","))
    return tuple(dict.fromkeys(name for name in found if name is not None))


def score(completion: Completion, field: str) -> float | None:
    return unsafe_share(completion.tokens, after=VALUES[field], unsafe=("unsafe",), safe=("safe",))
