"""How one tells that a reading says what was disguised: the same letters and digits in the same order."""

from __future__ import annotations

from gateway.evasion import View


def letters(text: str) -> str:
    return "".join(sign for sign in text.casefold() if sign.isalnum())


def says(views: tuple[View, ...], plain: str) -> bool:
    """Any but the raw text."""
    return any(letters(plain) in letters(view.text) for view in views[1:])
