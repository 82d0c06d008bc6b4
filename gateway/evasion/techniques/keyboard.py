"""Korean that is typed on a Latin keyboard (vhrxks), and English on a Korean one, as forgotten switches make them."""

from __future__ import annotations

import re

from gateway.evasion.english import COMMON
from gateway.evasion.hangul import keys_of, typed
from gateway.evasion.korean import WORD, is_korean
from gateway.evasion.plausible import is_english
from gateway.evasion.technique import Read, Stage

NAME = "keyboard"
STAGE: Stage = "codes"
TYPED = "djejgrp|qkdqjq|dkffuwnj|[a-z](?:dmf|fmf|sms|dptj)|tpdy|slek|gksms|gotj|gkfuaus|dltsk|gownj|tlvdj"
ENGLISH = "ㅗㅐㅈ|솓|ㅛㅐㅕ|조ㅁㅅ|ㅡㅁㅏㄷ|ㅡ맏|ㅈㅑㅅㅗ|쟈소|래ㅡ|ㅊ무|무ㅇ"
HINT = rf"(?i:\b[a-z]*(?:{TYPED})\b)|{ENGLISH}"
LATIN = re.compile(rf"(?i)\b[a-z]*(?:{TYPED})\b")
LINE = re.compile(r'[^\n:"“”]+')
KEYS = re.compile(r"[A-Za-z]{2,64}")
LIKELY = 0.45


def undo(text: str, read: Read) -> str:
    del read
    return LINE.sub(lambda found: meant(found[0]), text)


def meant(line: str) -> str:
    if LATIN.search(line):
        return KEYS.sub(lambda found: korean(found[0]), line)
    keys = keys_of(line) if max(line) >= "ㄱ" else line
    return keys if keys != line and is_english(keys, LIKELY) else line


def korean(keys: str) -> str:
    """The keys in syllables, if they give nothing else and are no English word."""
    made = typed(keys)
    return made if keys.lower() not in COMMON and WORD.fullmatch(made) and is_korean(made) else keys
