"""Signs without a shape inside words: zero-width spaces and joiners, soft hyphens, direction marks, fillers.

Between Korean letters, Latin ones and those that look like them they say nothing. In Persian, Hindi and emoji they do.
"""

from __future__ import annotations

import re

from gateway.evasion.technique import Read, Stage

NAME = "zero_width"
STAGE: Stage = "signs"
UNSEEN = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164\ufeff"
    "\uffa0\ufff9-\ufffb"
)
OURS = r"A-Za-z\u0370-\u058f\u13a0-\u13ff가-힣ㄱ-ㆎ"
HINT = rf"[{UNSEEN}]"
INSIDE = re.compile(rf"(?<![{UNSEEN}])(?:(?<=[{OURS}])[{UNSEEN}]++(?=\w)|(?<=\w)[{UNSEEN}]++(?=[{OURS}]))")
BESIDE = re.compile(rf"(?<![{UNSEEN}])(?:(?<=[{OURS}])[{UNSEEN}]++|[{UNSEEN}]++(?=[{OURS}]))")


def undo(text: str, read: Read) -> str:
    """Without those beside such letters, where there are some inside words."""
    del read
    return BESIDE.sub("", text) if INSIDE.search(text) else text
