"""Scores: that log-probabilities come, enough of them, as the model means them, and that labels are seen."""

from __future__ import annotations

from math import exp

from gateway.doctor.asking import asked, completed, first_ask, ids_of, text_of, tokens_of, tops_wanted
from gateway.doctor.finding import Finding, ok, problem, unchecked, warning
from gateway.doctor.subject import Subject

ODD = " zebra quartz"
"""Words whose tokens do not follow `The`."""
ALL = 0.999


async def logprobs(subject: Subject) -> Finding:
    family = subject.family
    wanted = None if family is None else tops_wanted(first_ask(family, subject.wanted.harmless))
    if family is None or wanted is None:
        return unchecked("the family reads none")
    answer = await asked(subject, family, subject.wanted.harmless)
    if answer.status != 200:
        return problem(
            f"the family's question, with the {wanted} most likely tokens, is refused: {answer.complaint}",
            f"vLLM needs `--max-logprobs {wanted}` at least; its default is 20",
        )
    found = tokens_of(answer)
    if not found or not found[0].top:
        return problem("no log-probabilities come: there are no scores", "the server must support `logprobs`")
    if max(len(token.top) for token in found) < wanted:
        return warning(
            f"{len(found[0].top)} most likely tokens come, the family asks for {wanted}",
            "a label among those left out would count as impossible",
        )
    return ok(f"the {wanted} most likely tokens come with each token")


async def mode(subject: Subject) -> Finding:
    """Only two odd tokens are allowed. As the model means them their probabilities are tiny, after processing they are
    one together.
    """
    ids = await ids_of(subject, ODD) if subject.kind == "vLLM" else None
    if ids is None:
        return unchecked("only vLLM has a mode")
    pair = sorted(set(ids))[:2]
    answer = await completed(
        subject, "The", max_tokens=1, logprobs=2, allowed_token_ids=pair, return_tokens_as_token_ids=True
    )
    top = tokens_of(answer.answered())[0].top
    allowed = [value for name, value in top.items() if name in {f"token_id:{number}" for number in pair}]
    if not allowed:
        return unchecked("`allowed_token_ids` is not honoured")
    if sum(exp(min(value, 700.0)) for value in top.values()) > 1 + 1e-3:
        return problem("`--logprobs-mode` gives logits: scores are wrong", "leave it at `raw_logprobs`, the default")
    if sum(map(exp, allowed)) > ALL:
        return warning(
            "`--logprobs-mode processed_logprobs`: values are taken after penalties and masks",
            "leave it at `raw_logprobs`, the default, or calibrate again: scores do not compare",
        )
    return ok("raw: scores are the model's own probabilities")


async def visible(subject: Subject) -> Finding:
    """A label that is a special token is left out of the text by default."""
    family = subject.family
    if family is None or first_ask(family, subject.wanted.harmless).body.get("skip_special_tokens", True):
        return unchecked("the family's labels are ordinary text")
    answer = await asked(subject, family, subject.wanted.harmless, max_tokens=1)
    if not tokens_of(answer.answered()):
        return unchecked("the server does not tell the tokens")
    token = tokens_of(answer)[0].text
    if token.strip() and not text_of(answer).strip():
        return problem(
            f"the first token `{token}` is not in the text", "the server must honour `skip_special_tokens: false`"
        )
    return ok(f"the first token is in the text: `{text_of(answer).strip()}`")
