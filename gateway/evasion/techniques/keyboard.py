"""Korean that is typed on a Latin keyboard (vhrxks), and English on a Korean one, as forgotten switches make them."""

from __future__ import annotations

import re

from gateway.evasion.english import COMMON
from gateway.evasion.hangul import keys_of, typed
from gateway.evasion.korean import WORD, is_korean
from gateway.evasion.plausible import is_clearer
from gateway.evasion.technique import Read, Stage

NAME = "keyboard"
STAGE: Stage = "codes"
TYPED = "djejgrp|qkdqjq|dkffuwnj|[a-z](?:dmf|fmf|sms|dptj|tpdy|slek)|gksms|gotj|gkfuaus|dltsk|gownj|tlvdj"
ENGLISH = "ㅗㅐㅈ|솓|ㅛㅐㅕ|조ㅁㅅ|ㅡㅁㅏㄷ|ㅡ맏|ㅈㅑㅅㅗ|쟈소|래ㅡ|ㅊ무|무ㅇ"
HINT = rf"(?i:\b[a-z]*(?:{TYPED})\b)|{ENGLISH}"
LATIN = re.compile(rf"(?i)\b[a-z]*(?:{TYPED})\b")
LATIN_IN_KOREAN = re.compile(ENGLISH)
LINE = re.compile(r'[^\n:"“”]+')
KEYS = re.compile(r"[A-Za-z]{2,64}")


def undo(text: str, read: Read) -> str:
    del read
    return LINE.sub(lambda found: meant(found[0]), text)


def meant(line: str) -> str:
    if LATIN.search(line):
        return korean(line)
    keys = keys_of(line) if LATIN_IN_KOREAN.search(line) else line
    return keys if keys != line and is_clearer(keys, line) else line


def korean(line: str) -> str:
    """What the keys give, of words that give syllables alone. English words stay, where some others do not."""
    words = set(KEYS.findall(line))
    made = {word: syllables for word in words if WORD.fullmatch(syllables := typed(word))}
    if len(made) < len(words):
        made = {word: one for word, one in made.items() if len(one) > 1 and word.lower() not in COMMON}
    return KEYS.sub(lambda found: made.get(found[0], found[0]), line) if is_korean("".join(made.values())) else line
