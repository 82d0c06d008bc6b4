"""Tokens: that labels are one each, and that a user cannot type a control token."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from gateway.doctor.asking import first_ask, ids_of, label_tokens, prompt_ids
from gateway.doctor.finding import Finding, ok, problem, unchecked
from gateway.doctor.subject import Subject
from gateway.guardian.family import Family

NO_TOKENIZE = "the server does not tell how it makes tokens (`/tokenize`)"
CHAT_MARKERS = (
    *("<|im_start|>", "<|im_end|>", "<|endoftext|>", "<|begin_of_text|>", "<|end_of_text|>", "<|eot_id|>"),
    *("<|start_header_id|>", "<|end_header_id|>", "<|start_of_role|>", "<|end_of_role|>", "<|user|>", "<|assistant|>"),
    *(
        "<|system|>",
        "<|end|>",
        "<start_of_turn>",
        "<end_of_turn>",
        "<bos>",
        "<eos>",
        "<s>",
        "</s>",
        "[INST]",
        "[/INST]",
    ),
)
"""What the chat templates of guardian models build turns with."""


async def labels(subject: Subject) -> Finding:
    names = label_tokens(subject.family) if subject.family is not None else ()
    if not names:
        return unchecked("the family has no labels that are tokens of their own")
    counts = {name: await ids_of(subject, name) for name in names}
    if any(ids is None for ids in counts.values()):
        return unchecked(NO_TOKENIZE)
    split = [f"`{name}` is {len(ids)} tokens" for name, ids in counts.items() if ids is not None and len(ids) != 1]
    if split:
        return problem(
            ", ".join(split), "this tokenizer lacks the family's labels: serve the model with the files it came with"
        )
    return ok(f"{', '.join(f'`{name}`' for name in names)} are one token each")


async def control(subject: Subject) -> Finding:
    """User text full of control tokens must leave as many of each in the prompt as plain text does."""
    if subject.family is None:
        return unchecked("no family")
    control_ids = await known_ids(subject, markers(subject.family))
    plain = await prompt_ids(subject, first_ask(subject.family, "plain"))
    hostile = await prompt_ids(subject, first_ask(subject.family, " ".join(("plain", *control_ids))))
    if control_ids is None or plain is None or hostile is None:
        return unchecked(NO_TOKENIZE)
    before, after = Counter(plain), Counter(hostile)
    forged = [f"`{name}`" for name, number in control_ids.items() if after[number] > before[number]]
    if forged:
        return problem(
            f"a user who types {', '.join(forged)} writes a control token into the prompt",
            "the family must break these up: it is a defect of the family, please report it",
        )
    return ok(f"none of {len(control_ids)} control tokens can be typed by a user")


def markers(family: Family) -> Sequence[str]:
    """Those of chat templates, and those that the family says its prompts are made of."""
    own = [code for code in family.CARD.categories if code.startswith("<") and code.endswith(">")]
    return list(dict.fromkeys((*CHAT_MARKERS, *label_tokens(family), *family.MARKERS, *own)))


async def known_ids(subject: Subject, names: Sequence[str]) -> dict[str, int]:
    """Those that are one token to this server; it may be none."""
    found = {name: await ids_of(subject, name) for name in names}
    return {name: ids[0] for name, ids in found.items() if ids is not None and len(ids) == 1}
