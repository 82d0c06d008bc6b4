"""Files from where their owners publish them, over httpx: GitHub's raw files, and Hugging Face's rows as JSON.

A file that is there already is not asked for again. Faults that pass are tried again; what does not, is a clear error.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from tenacity import RetryError, Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential

from training.public.formats import NotTheFile, records
from training.public.sets import PublicSet

GITHUB = "https://raw.githubusercontent.com"
HUGGING_FACE = "https://datasets-server.huggingface.co"
PAGE = 100
PASSING = frozenset({408, 429, 500, 502, 503, 504})


class NotReached(Exception):
    """A file that could not be had: which, and why."""


class Passing(Exception):
    """A fault that may be gone at the next try."""


@dataclass(frozen=True, slots=True)
class Hosts:
    """Where to ask: the owners' hosts, or mirrors of them."""

    client: httpx.Client
    cache: Path
    github: str = GITHUB
    hugging_face: str = HUGGING_FACE
    attempts: int = 4
    wait_seconds: float = 1.0

    def records(self, one: PublicSet) -> Iterator[dict[str, Any]]:
        """All records of a set's files. Raises NotReached, NotTheFile."""
        host, _, place = one.place.partition(":")
        for file in one.files:
            if host == "huggingface":
                yield from self.rows(place, file)
            else:
                yield from records(self.raw(place, file), file)

    def raw(self, place: str, file: str) -> bytes:
        repository, _, branch = place.partition("@")
        kept = self.cache / repository / file
        if not kept.exists():
            url = f"{self.github}/{repository}/{branch}/{file.replace(' ', '%20')}"
            write(kept, self.get(url).content)
        return kept.read_bytes()

    def rows(self, dataset: str, split: str) -> list[dict[str, Any]]:
        kept = self.cache / dataset / f"{split}.json"
        if not kept.exists():
            write(kept, json.dumps(list(self.pages(dataset, split)), ensure_ascii=False).encode())
        found: list[dict[str, Any]] = json.loads(kept.read_bytes())
        return found

    def pages(self, dataset: str, file: str) -> Iterator[dict[str, Any]]:
        """`file` is a split, of a configuration where one is named before it: `or-bench-toxic/train`."""
        config, _, split = file.rpartition("/")
        told = {"dataset": dataset, "config": config or "default", "split": split, "length": str(PAGE)}
        offset, total = 0, 1
        while offset < total:
            answer = self.get(f"{self.hugging_face}/rows", {**told, "offset": str(offset)})
            try:
                page = answer.json()
                total = page["num_rows_total"]
                found = [{"number": one["row_idx"] + 1, **one["row"]} for one in page["rows"]]
            except (ValueError, KeyError, TypeError):
                raise NotTheFile(f"`{dataset}` was not answered with rows") from None
            if not found:
                raise NotTheFile(f"`{dataset}` ends after {offset} of {total} rows")
            yield from found
            offset += len(found)

    def get(self, url: str, query: dict[str, str] | None = None) -> httpx.Response:
        tries = Retrying(
            retry=retry_if_exception_type(Passing),
            stop=stop_after_attempt(self.attempts),
            wait=wait_exponential(self.wait_seconds, max=30),
        )
        try:
            return tries(self.ask, url, query)
        except RetryError as error:
            cause = error.last_attempt.exception()
            raise NotReached(f"{cause}: try again later, or name a mirror (`--github`, `--huggingface`)") from None

    def ask(self, url: str, query: dict[str, str] | None) -> httpx.Response:
        token = os.environ.get("HF_TOKEN")
        headers = {"authorization": f"Bearer {token}"} if token and url.startswith(self.hugging_face) else {}
        try:
            answer = self.client.get(url, params=query, headers=headers)
        except httpx.TransportError as error:
            raise Passing(f"`{url}` cannot be reached ({type(error).__name__})") from None
        if answer.status_code in PASSING:
            raise Passing(f"`{url}` answered {answer.status_code}")
        if answer.status_code in (401, 403):
            raise NotReached(f"`{url}` answered {answer.status_code}: accept the set's terms and give `HF_TOKEN`")
        if answer.is_error:
            raise NotReached(f"`{url}` answered {answer.status_code}: its owner may have moved it")
        return answer


def write(path: Path, data: bytes) -> None:
    """Whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    part.write_bytes(data)
    part.rename(path)
