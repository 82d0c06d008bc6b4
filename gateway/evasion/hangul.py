"""Hangul letters (jamo) into syllables and back, and the two-set keyboard that they are typed on."""

from __future__ import annotations

import re

INITIALS = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
VOWELS = "ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ"
FINALS = ("", *"ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ")
JOINED = {
    "ㅗㅏ": "ㅘ",
    "ㅗㅐ": "ㅙ",
    "ㅗㅣ": "ㅚ",
    "ㅜㅓ": "ㅝ",
    "ㅜㅔ": "ㅞ",
    "ㅜㅣ": "ㅟ",
    "ㅡㅣ": "ㅢ",
    "ㄱㅅ": "ㄳ",
    "ㄴㅈ": "ㄵ",
    "ㄴㅎ": "ㄶ",
    "ㄹㄱ": "ㄺ",
    "ㄹㅁ": "ㄻ",
    "ㄹㅂ": "ㄼ",
    "ㄹㅅ": "ㄽ",
    "ㄹㅌ": "ㄾ",
    "ㄹㅍ": "ㄿ",
    "ㄹㅎ": "ㅀ",
    "ㅂㅅ": "ㅄ",
}
PARTS = {whole: parts for parts, whole in JOINED.items()}
KEY_ORDER = "rRseEfaqQtTdwWczxvgkoiOjpuPhynbml"
ON_KEYS = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎㅏㅐㅑㅒㅓㅔㅕㅖㅗㅛㅜㅠㅡㅣ"
KEYS = dict(zip(KEY_ORDER, ON_KEYS, strict=True))
LETTERS = {letter: key for key, letter in KEYS.items()}
FIRST = ord("가")
SYLLABLE = re.compile(
    rf"(?P<initial>[{INITIALS}])(?P<vowel>ㅗ[ㅏㅐㅣ]|ㅜ[ㅓㅔㅣ]|ㅡㅣ|[{VOWELS}])"
    rf"(?P<final>(?:ㄱㅅ|ㄴ[ㅈㅎ]|ㄹ[ㄱㅁㅂㅅㅌㅍㅎ]|ㅂㅅ|[{''.join(FINALS)}])(?![{VOWELS}]))?"
)


def composed(jamo: str) -> str:
    """Runs of consonant, vowel and perhaps consonants as syllables; what is left over stays as it is."""
    return SYLLABLE.sub(lambda found: syllable(found["initial"], found["vowel"], found["final"] or ""), jamo)


def syllable(initial: str, vowel: str, final: str) -> str:
    middle, last = VOWELS.index(JOINED.get(vowel, vowel)), FINALS.index(JOINED.get(final, final))
    return chr(FIRST + (INITIALS.index(initial) * len(VOWELS) + middle) * len(FINALS) + last)


def decomposed(text: str) -> str:
    """Syllables as the letters that are typed for them."""
    return "".join(map(letters_of, text))


def letters_of(sign: str) -> str:
    if not "가" <= sign <= "힣":
        return PARTS.get(sign, sign)
    rest, last = divmod(ord(sign) - FIRST, len(FINALS))
    first, middle = divmod(rest, len(VOWELS))
    return "".join(PARTS.get(one, one) for one in (INITIALS[first], VOWELS[middle], FINALS[last]))


def typed(keys: str) -> str:
    """What Latin keys give on the Korean keyboard. A key that has no second letter gives its first with shift too."""
    return composed("".join(KEYS.get(key) or KEYS.get(key.lower(), key) for key in keys))


def keys_of(text: str) -> str:
    """The Latin keys of a Korean text."""
    return "".join(LETTERS.get(letter, letter) for letter in decomposed(text))
