"""The engine: that it is deterministic, remembers prompts, and stops when it is left."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from time import monotonic
from uuid import uuid4

from gateway.doctor.asking import asked, completed, named, text_of
from gateway.doctor.finding import Finding, ok, problem, unchecked, warning
from gateway.doctor.server import Answer, Server
from gateway.doctor.subject import Subject

STORY = "Once upon a time there was a"
REFRAIN = "one two three, one two three, one two three, one two"
"""What goes on as it began, unless repeating is penalised."""
NEUTRAL: Mapping[str, float] = {
    "repetition_penalty": 1.0,
    "repeat_penalty": 1.0,
    "presence_penalty": 0.0,
    "frequency_penalty": 0.0,
}
"""By vLLM's names and by llama.cpp's; a name that is not known is ignored."""
TOKENS = 48
WORDS = 300
PATIENCE = 3.0
LONGEST = 1024


async def temperature(subject: Subject) -> Finding:
    texts = [await refrain(subject, temperature=0) for _ in range(2)]
    if texts[0] != texts[1]:
        return problem(
            "the same question at temperature 0 is answered in two ways", "look for a sampler that is forced"
        )
    return ok("the same question at temperature 0 is answered the same")


async def penalties(subject: Subject) -> Finding:
    """The same dice at the highest temperature, where the slightest penalty shows, with the server's and with none."""
    dice = {"temperature": 2.0, "seed": 1}
    own, again = [await refrain(subject, **dice) for _ in range(2)]
    if own != again:
        return unchecked("its dice are not the same twice (`seed`)")
    if own != await refrain(subject, **dice, **NEUTRAL):
        return problem(
            "it has penalties of its own: its labels may not be the most likely ones",
            "start vLLM with `--generation-config vllm`: the model's `generation_config.json` sets them",
        )
    return ok("no penalty is at work")


async def refrain(subject: Subject, **sampling: float) -> str:
    return text_of((await completed(subject, REFRAIN, max_tokens=TOKENS, ignore_eos=True, **sampling)).answered())


async def prefix_cache(subject: Subject) -> Finding:
    """The same long question twice: the second time its prompt is there already."""
    if subject.family is None:
        return unchecked("no family")
    text = f"{uuid4().hex} bread " * min(WORDS, (subject.context or 4096) // 40)
    hits = await metric(subject.server, "vllm:prefix_cache_hits_total")
    first, again = [await asked(subject, subject.family, text, max_tokens=1) for _ in range(2)]
    hits_after = await metric(subject.server, "vllm:prefix_cache_hits_total")
    cached = cached_tokens(again.answered())
    if cached is None and hits is not None and hits_after is not None:
        cached = int(hits_after - hits)
    if cached is None:
        return unchecked(
            f"the server does not tell; the same prompt took {told(first.seconds)}, then {told(again.seconds)}"
        )
    if cached == 0:
        return warning("a prompt that comes again is computed again", "start vLLM with `--enable-prefix-caching`")
    return ok(f"{cached} tokens of a prompt that came again were there already")


def cached_tokens(answer: Answer) -> int | None:
    """vLLM tells with `--enable-prompt-tokens-details`, llama.cpp always."""
    usage, timings = answer.json.get("usage") or {}, answer.json.get("timings") or {}
    found = (usage.get("prompt_tokens_details") or {}).get("cached_tokens", timings.get("cache_n"))
    return found if isinstance(found, int) else None


def told(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms"


async def cancelling(subject: Subject) -> Finding:
    """A stream is left after its first piece. A verdict needs a few tokens: the rest must not be generated."""
    before = await working(subject)
    if before is None:
        return unchecked("the server does not tell how many requests it works on (`/metrics`, `/slots`)")
    tokens = min(LONGEST, (subject.context or LONGEST) // 2)
    generated = await metric(subject.server, "vllm:generation_tokens_total")
    body = named(subject, {"prompt": STORY, "max_tokens": tokens, "temperature": 0, "ignore_eos": True})
    async with subject.server.streamed("/v1/completions", body):
        pass
    seconds = await until_idle(subject, before)
    if seconds is None:
        return problem(
            f"{PATIENCE:.0f} s after the client left it still generates",
            "something between keeps the connection open, or others use this server: ask it directly",
        )
    after = await metric(subject.server, "vllm:generation_tokens_total")
    if generated is not None and after is not None and after - generated >= tokens:
        return warning(f"all {tokens} tokens were generated for a client that had left", "look for a proxy between")
    return ok(f"{told(seconds)} after the client left the engine is free")


async def until_idle(subject: Subject, before: float) -> float | None:
    """Seconds until it works on no more than before; None: not within PATIENCE."""
    began = monotonic()
    while monotonic() - began < PATIENCE:
        now = await working(subject)
        if now is not None and now <= before:
            return monotonic() - began
        await asyncio.sleep(0.02)
    return None


async def working(subject: Subject) -> float | None:
    """How many requests it works on."""
    if subject.kind != "llama.cpp":
        return await metric(subject.server, "vllm:num_requests_running")
    answer = await subject.server.send("GET", "/slots", headers=subject.server.headers())
    found = re.findall(rb'"is_processing":\s*(true|false)', answer.body)
    return float(found.count(b"true")) if found else None


async def metric(server: Server, name: str) -> float | None:
    """The sum of a metric's samples; None where there is none."""
    answer = await server.get("/metrics")
    found = re.findall(rf"^{name}(?:{{.*}})? (\S+)$", answer.body.decode(errors="replace"), re.MULTILINE)
    return sum(map(float, found)) if answer.status == 200 and found else None
