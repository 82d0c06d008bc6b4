"""Morse code: of English."""

from __future__ import annotations

import re

from gateway.evasion.technique import Read, Stage

NAME = "morse"
STAGE: Stage = "codes"
CODES = ".- -... -.-. -.. . ..-. --. .... .. .--- -.- .-.. -- -. --- .--. --.- .-. ... - ..- ...- .-- -..- -.-- --.."
DIGITS = "----- .---- ..--- ...-- ....- ..... -.... --... ---.. ----."
SIGNS = {"..--..": "?", ".-.-.-": ".", "--..--": ",", "-.-.--": "!", ".----.": "'", "-....-": "-"}
LETTERS = {
    **{code: chr(ord("a") + i) for i, code in enumerate(CODES.split(" "))},
    **{code: str(i) for i, code in enumerate(DIGITS.split(" "))},
    **SIGNS,
}
HINT = r"(?:[.\-·•–—−_]{1,6}[ /|\n]{1,4}){5}[.\-·•–—−_]"
CODE = re.compile(r"(?<![\w.\-])[.\-·•–—−_]{1,6}(?:[ /|\n]{1,4}[.\-·•–—−_]{1,6}(?![.\-·•–—−_])){4,}+")
PLAIN = str.maketrans("·•–—−_", "..----")
BREAK = re.compile(r" *[/|\n] *| {3,}")


def undo(text: str, read: Read) -> str:
    return CODE.sub(lambda found: read(spelt(found[0].translate(PLAIN))) or found[0], text)


def spelt(code: str) -> str:
    return " ".join("".join(LETTERS.get(letter, "#") for letter in word.split()) for word in BREAK.split(code))
