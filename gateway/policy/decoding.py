"""The text of a policy's files: UTF-8 without a byte-order mark, not too large."""

from __future__ import annotations

from gateway.policy.diagnostics import Findings, Span

BYTE_ORDER_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")


def decoded(path: str, raw: bytes, findings: Findings, *, largest: int) -> str | None:
    """The file's text, or None with the error among the findings."""
    if len(raw) > largest:
        findings.error("P001", Span(path), f"the file has {len(raw)} bytes: the most is {largest}", "split it")
        return None
    text = raw.decode(errors="replace")
    findings.lines[path] = tuple(text.splitlines())
    if raw.startswith(BYTE_ORDER_MARKS):
        findings.error("P001", Span(path), "the file begins with a byte-order mark", "save it as UTF-8 without one")
        return None
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        span = at(path, raw[: error.start].decode(errors="replace"))
        findings.error("P001", span, "the file is not UTF-8", "save it as UTF-8")
        return None


def at(path: str, before: str) -> Span:
    """The place after this much of the file."""
    lines = (before + ".").splitlines()
    return Span(path, len(lines), len(lines[-1]))
