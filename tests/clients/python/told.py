"""What every script of this folder does: it reads jobs from its input, one JSON object a line, calls its library as
each says, and prints for each what the library's caller gets.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from typing import Any

Seen = dict[str, Any]
Way = Callable[[str, str, str], Seen]
"""Called with the gateway's address, the model and the prompt."""
KEY = "sk-caller"


def main(ways: Mapping[str, Way]) -> None:
    for line in sys.stdin:
        job = json.loads(line)
        try:
            seen = ways[job["way"]](job["gateway"], job["model"], job["prompt"])
        except Exception as error:
            seen = {"error": failure(error)}
        print(json.dumps({"model": job["model"], **seen}), flush=True)


def said(text: object, finish: object = None, refusal: object = None) -> Seen:
    """What a caller gets where nothing is raised."""
    return {"text": text, "finish": finish, "refusal": refusal}


def failure(error: BaseException) -> Seen:
    """The exception, and what it knows of the gateway's error: by its own attributes, or those of its cause."""
    chain = [error]
    while (cause := chain[-1].__cause__ or chain[-1].__context__) is not None:
        chain.append(cause)
    status = next((s for s in map(status_of, chain) if s is not None), None)
    code = next((c for c in map(code_of, chain) if c is not None), None)
    return {"type": type(error).__name__, "status": status, "code": code, "words": f"{error} {held(error)}"}


def held(error: BaseException) -> str:
    """What the model said, where an exception keeps the whole answer."""
    completion = getattr(error, "completion", None)
    message = completion and completion.choices[0].message
    return (message and (message.refusal or message.content)) or ""


def status_of(error: object) -> int | None:
    status = getattr(error, "status_code", None)
    return status if isinstance(status, int) else None


def code_of(error: object) -> str | None:
    """OpenAI's `code`, or Anthropic's `type`, which are in the body that the exception keeps."""
    code = getattr(error, "code", None)
    if isinstance(code, str):
        return code
    body = getattr(error, "body", None)
    inner = body.get("error", body) if isinstance(body, dict) else None
    found = (inner.get("code") or inner.get("type")) if isinstance(inner, dict) else None
    return found if isinstance(found, str) else None
