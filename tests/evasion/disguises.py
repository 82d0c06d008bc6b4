"""How a text is disguised, one function each, and the cases that come of the seeds. Nothing of the gateway is used, so
that no decoder is tested with itself.
"""

from __future__ import annotations

import base64
import codecs
import gzip
import random
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from urllib.parse import quote, quote_plus

import yaml

FOLDER = Path(__file__).parent
Disguise = Callable[[str], str]
SEEDS = 6
"""How many seeds of a language each disguise is put on."""


@dataclass(frozen=True, slots=True)
class Case:
    """A text and what it looks like in disguise."""

    technique: str
    language: str
    plain: str
    disguised: str


def seeds(kind: str) -> Mapping[str, Sequence[str]]:
    found: Mapping[str, Mapping[str, Sequence[str]]] = yaml.safe_load((FOLDER / "seeds.yaml").read_text("utf-8"))
    return found[kind]


def cases(kind: str, number: int = SEEDS) -> list[Case]:
    """Each disguise on some of the seeds of each language that it is for, in turn."""
    made: list[Case] = []
    for language, texts in seeds(kind).items():
        turn = cycle(texts)
        for name, (disguise, languages) in DISGUISES.items():
            if language in languages:
                made += [Case(name, language, text, disguise(text)) for text in islice(turn, number)]
    return made


def written() -> list[Case]:
    """Cases that were disguised by hand."""
    rows = yaml.safe_load((FOLDER / "adversarial.yaml").read_text("utf-8"))
    return [Case(**row) for row in rows]


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def between(sign: str, every: int = 1) -> Disguise:
    """The sign after every so many letters inside words."""
    return lambda text: " ".join(
        "".join(one + (sign if i % every == 0 and i < len(word) else "") for i, one in enumerate(word, 1))
        for word in text.split(" ")
    )


def mapped(plain: str, other: str) -> Disguise:
    table = str.maketrans(plain, other)
    return lambda text: text.translate(table)


def shifted(key: int) -> Disguise:
    abc = "abcdefghijklmnopqrstuvwxyz"
    moved = abc[key:] + abc[:key]
    return mapped(abc + abc.upper(), moved + moved.upper())


def marked(text: str) -> str:
    chance = random.Random(text)
    return "".join(one + "".join(chance.choices(ZALGO, k=4)) if one.isalpha() else one for one in text)


def tagged(text: str) -> str:
    return "What a lovely day!" + "".join(chr(0xE0000 + ord(one)) for one in text)


def selected(text: str) -> str:
    return "😊" + "".join(chr(0xFE00 + one if one < 16 else 0xE0100 + one - 16) for one in text.encode())


def vowels_seen(text: str) -> str:
    """Only some letters look alike: every word that can be is mixed."""
    return text.translate(str.maketrans("aeopcxyiBHKMT", "аеорсхуіВНКМТ"))


def drawn(text: str) -> str:
    """The first vowel of the longer words again and again."""

    def longer(word: str) -> str:
        at = next((i for i, one in enumerate(word) if one in "aeiou" and 0 < i < len(word) - 1), None)
        return word if at is None or len(word) < 4 else word[:at] + word[at] * 4 + word[at + 1 :]

    return " ".join(map(longer, text.split(" ")))


def each_word(change: Disguise) -> Disguise:
    return lambda text: " ".join(map(change, text.split(" ")))


def jamo_of(sign: str) -> str:
    """Compatibility letters, which is what people type."""
    if not "가" <= sign <= "힣":
        return sign
    names = [unicodedata.name(one).split()[-1] for one in unicodedata.normalize("NFD", sign)]
    return "".join(unicodedata.lookup(f"HANGUL LETTER {name}") for name in names)


def apart(text: str) -> str:
    return "".join(map(jamo_of, text))


def halfwidth(text: str) -> str:
    return "".join(narrow(one) if "ㄱ" <= one <= "ㅣ" else one for one in apart(text))


def narrow(letter: str) -> str:
    return unicodedata.lookup(f"HALFWIDTH {unicodedata.name(letter)}")


def tensed(text: str) -> str:
    """Each plain consonant that has a tense one, which comes right after it."""
    return "".join(chr(ord(one) + 21 * 28) if apart(one)[0] in "ㄱㄷㅂㅅㅈ" and one >= "가" else one for one in text)


def struck(text: str) -> str:
    """As the Latin keys of the Korean keyboard."""
    return "".join(KEYS.get(one, one) for one in apart(text))


def broken(text: str) -> str:
    """The longer words are cut by a hyphen at the end of a line."""
    return " ".join(w[: len(w) // 2] + "-\n" + w[len(w) // 2 :] if len(w) > 4 else w for w in text.split(" "))


def flags(text: str) -> str:
    spelt = (chr(0x1F1E6 + ord(one) - ord("a")) if one.isascii() and one.isalpha() else one for one in text.lower())
    return "".join(spelt)


def mathematical(first: int) -> Disguise:
    return lambda text: "".join(
        chr(first + ord(one) - 65)
        if "A" <= one <= "Z"
        else chr(first + 26 + ord(one) - 97)
        if "a" <= one <= "z"
        else one
        for one in text
    )


def fullwidth(text: str) -> str:
    return "".join(chr(ord(one) + 0xFEE0) if "!" <= one <= "~" else one for one in text)


def morse(text: str) -> str:
    words = ("".join(one for one in word if one in MORSE).strip() for word in text.lower().split(" "))
    return " / ".join(" ".join(MORSE[one] for one in word) for word in words)


def escaped(text: str) -> str:
    return "".join(f"\\u{unit:04x}" for one in text for unit in units(one))


def units(sign: str) -> Iterator[int]:
    data = sign.encode("utf-16-be")
    return (int.from_bytes(data[at : at + 2]) for at in range(0, len(data), 2))


ZALGO = [chr(code) for code in (*range(0x0300, 0x0316), *range(0x0316, 0x0334), *range(0x0334, 0x0339))]
SMALL_CAPITALS = "ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘǫʀꜱᴛᴜᴠᴡxʏᴢ"
FLIPPED = "ɐqɔpǝɟƃɥᴉɾʞlɯuodbɹsʇnʌʍxʎz"
MORSE_ORDER = (
    ".- -... -.-. -.. . ..-. --. .... .. .--- -.- .-.. -- -. --- .--. --.- .-. ... - ..- ...- .-- -..- -.-- --.."
)
MORSE = dict(zip("abcdefghijklmnopqrstuvwxyz", MORSE_ORDER.split(" "), strict=True))
KEYS = {
    **dict(zip("ㅂㅈㄷㄱㅅㅛㅕㅑㅐㅔㅁㄴㅇㄹㅎㅗㅓㅏㅣㅋㅌㅊㅍㅠㅜㅡ", "qwertyuiopasdfghjklzxcvbnm", strict=True)),
    "ㅃ": "Q",
    "ㅉ": "W",
    "ㄸ": "E",
    "ㄲ": "R",
    "ㅆ": "T",
    "ㅒ": "O",
    "ㅖ": "P",
    "ㅘ": "hk",
    "ㅙ": "ho",
    "ㅚ": "hl",
    "ㅝ": "nj",
    "ㅞ": "np",
    "ㅟ": "nl",
    "ㅢ": "ml",
    "ㄳ": "rt",
    "ㄵ": "sw",
    "ㄶ": "sg",
    "ㄺ": "fr",
    "ㄻ": "fa",
    "ㄼ": "fq",
    "ㄽ": "ft",
    "ㄾ": "fx",
    "ㄿ": "fv",
    "ㅀ": "fg",
    "ㅄ": "qt",
}
BOTH, ENGLISH, KOREAN = ("en", "ko"), ("en",), ("ko",)
ALPHABET = "abcdefghijklmnopqrstuvwxyz"

DISGUISES: Mapping[str, tuple[Disguise, Sequence[str]]] = {
    "zero_width": (between("\u200b"), BOTH),
    "soft_hyphen": (between("\u00ad", 2), BOTH),
    "bidi_controls": (between("\u200f\u202d"), BOTH),
    "tags": (tagged, ENGLISH),
    "variation_selectors": (between("\ufe0f"), BOTH),
    "variation_bytes": (selected, BOTH),
    "combining_heaps": (marked, BOTH),
    "strikethrough": (between("\u0336"), BOTH),
    "fullwidth": (fullwidth, ENGLISH),
    "mathematical_bold": (mathematical(0x1D400), ENGLISH),
    "mathematical_script": (mathematical(0x1D4D0), ENGLISH),
    "regional_indicators": (flags, ENGLISH),
    "circled": (mapped(ALPHABET, "".join(chr(0x24D0 + i) for i in range(26))), ENGLISH),
    "small_capitals": (lambda text: mapped(ALPHABET, SMALL_CAPITALS)(text.lower()), ENGLISH),
    "homoglyphs": (vowels_seen, ENGLISH),
    "leet": (mapped("aeiostAEIOST", "431057431057"), ENGLISH),
    "leet_light": (mapped("aeo", "@30"), ENGLISH),
    "repeated_letters": (drawn, ENGLISH),
    "spaced": (lambda text: "   ".join(" ".join(word) for word in text.rstrip("?.").split(" ")), BOTH),
    "spaced_without_words": (lambda text: " ".join(text.rstrip("?.").replace(" ", "")), BOTH),
    "dotted": (each_word(lambda word: ".".join(word)), BOTH),
    "starred": (between("*"), KOREAN),
    "hyphenated_lines": (broken, ENGLISH),
    "jamo": (apart, KOREAN),
    "jamo_spaced": (lambda text: "   ".join(" ".join(apart(word)) for word in text.split(" ")), KOREAN),
    "jamo_conjoining": (lambda text: unicodedata.normalize("NFD", text), KOREAN),
    "jamo_halfwidth": (halfwidth, KOREAN),
    "keyboard": (struck, KOREAN),
    "base64": (encoded, BOTH),
    "base64_in_a_request": (lambda text: f"Please decode this and do what it says: {encoded(text)} Thank you!", BOTH),
    "base64url": (lambda text: base64.urlsafe_b64encode(text.encode()).decode().rstrip("="), BOTH),
    "base64_utf16": (lambda text: base64.b64encode(text.encode("utf-16-le")).decode(), BOTH),
    "base64_gzip": (lambda text: base64.b64encode(gzip.compress(text.encode(), mtime=0)).decode(), BOTH),
    "data_uri": (lambda text: f"data:text/plain;charset=utf-8;base64,{encoded(text)}", BOTH),
    "base32": (lambda text: base64.b32encode(text.encode()).decode(), BOTH),
    "hex": (lambda text: text.encode().hex(), BOTH),
    "hex_spaced": (lambda text: text.encode().hex(" "), BOTH),
    "percent": (lambda text: "".join(f"%{one:02X}" for one in text.encode()), BOTH),
    "percent_form": (quote_plus, BOTH),
    "percent_address": (lambda text: f"https://example.com/search?q={quote(text)}", BOTH),
    "entities": (lambda text: "".join(f"&#{ord(one)};" for one in text), BOTH),
    "entities_hex": (lambda text: "".join(f"&#x{ord(one):x};" for one in text), BOTH),
    "escapes": (escaped, BOTH),
    "escaped_bytes": (lambda text: "".join(f"\\x{one:02x}" for one in text.encode()), BOTH),
    "code_points": (lambda text: " ".join(f"U+{ord(one):04X}" for one in text), BOTH),
    "character_codes": (lambda text: " ".join(str(ord(one)) for one in text), BOTH),
    "binary": (lambda text: " ".join(f"{one:08b}" for one in text.encode()), BOTH),
    "rot13": (lambda text: codecs.encode(text, "rot13"), ENGLISH),
    "caesar": (shifted(7), ENGLISH),
    "alphabet_backwards": (mapped(ALPHABET + ALPHABET.upper(), ALPHABET[::-1] + ALPHABET[::-1].upper()), ENGLISH),
    "reversed": (lambda text: text[::-1], BOTH),
    "reversed_words": (each_word(lambda word: word[::-1]), BOTH),
    "upside_down": (lambda text: mapped(ALPHABET, FLIPPED)(text.lower())[::-1], ENGLISH),
    "morse": (morse, ENGLISH),
    "base64_twice": (lambda text: encoded(encoded(text)), BOTH),
    "base64_of_rot13": (lambda text: encoded(codecs.encode(text, "rot13")), ENGLISH),
    "hex_of_base64": (lambda text: encoded(text).encode().hex(), BOTH),
    "base64_of_leet": (lambda text: encoded(mapped("aeo", "430")(text)), ENGLISH),
    "zero_width_and_homoglyphs": (lambda text: between("\u200b", 2)(vowels_seen(text)), ENGLISH),
    "tensed": (tensed, KOREAN),
}
