"""Our categories in the names of OpenAI's moderation endpoint, for clients that were written for it.

Where one of ours is wider than one of theirs, it is told by every name it covers at the top of their list. Their finer
ones (`hate/threatening`) are told only where ours means just that: a guardian that does not tell them apart cannot say.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

OPENAI = (
    "harassment",
    "harassment/threatening",
    "hate",
    "hate/threatening",
    "illicit",
    "illicit/violent",
    "self-harm",
    "self-harm/instructions",
    "self-harm/intent",
    "sexual",
    "sexual/minors",
    "violence",
    "violence/graphic",
)
THEIRS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "violence": ("violence",),
        "weapons": ("illicit", "illicit/violent"),
        "crime": ("illicit",),
        "cybercrime": ("illicit",),
        "hate": ("hate", "harassment"),
        "sexual_content": ("sexual",),
        "child_exploitation": ("sexual", "sexual/minors"),
        "self_harm": ("self-harm",),
        "pii": (),
        "misinformation": (),
        "jailbreak": (),
        "political": (),
        "copyright": (),
        "unethical": (),
        "specialized_advice": (),
        "defamation": (),
    }
)
"""What has no name of theirs is told by ours alone."""


def both_names(categories: Iterable[str]) -> tuple[str, ...]:
    """Each by its own name and by theirs."""
    return tuple(dict.fromkeys(name for ours in categories for name in (ours, *THEIRS.get(ours, ()))))
