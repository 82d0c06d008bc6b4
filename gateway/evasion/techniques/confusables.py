"""Letters of other alphabets that look like Latin ones, inside Latin words or as words of a Latin text.

Whole words of Russian or Greek are left alone.
"""

from __future__ import annotations

import re

from gateway.evasion.english import COMMON, UNPRONOUNCEABLE, is_word
from gateway.evasion.technique import Read, Stage

NAME = "confusables"
STAGE: Stage = "signs"
ALIKE = {
    "аеорсухіјѕһԁԛԝѵӏгвкмнтпьєёїѡ": "aeopcyxijshdqwvlrbkmhtnbeeiw",
    "АВЕКМНОРСТУХІЈЅԚԜѴЬЁЇ": "ABEKMHOPCTYXIJSQWVbEI",
    "αβγεηικνορστυχωςϲϳόάέί": "abyenikvopotuxwscjoaei",
    "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧϹ": "ABEZHIKMNOPTYXC",
    "օոսհցզյլռՏՕՍԼ": "onuhgqjlnSOUL",
    "ᎠᎡᎢᎥᎪᎫᎬᎳᎷᎻᏀᏃᏚᏟᏢᏦᏞᏴᏙᎩᏒ": "DRTiAJEWMHGZSCPKLBVYR",
    "ⅼⅰⅽⅾⅿⅴⅹꓐꓳꓠꓣꓚꓖꓰꓮ": "licdmvxBONRCGEA",
}
SMALL = {
    "ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘǫʀꜱᴛᴜᴠᴡʏᴢ": "abcdefghijklmnopqrstuvwyz",
    "ɑɡıɩʋƅɒƄ": "agiivbab",
}
LATIN = {
    ord(sign): letter
    for signs, letters in {**ALIKE, **SMALL}.items()
    for sign, letter in zip(signs, letters, strict=True)
}
HINT = rf"[{''.join(map(chr, LATIN))}]"
LETTER = r"[^\W\d_]"
WORD = re.compile(rf"(?<!{LETTER})[A-Za-z]*+[{''.join(map(chr, LATIN))}]{LETTER}*+")
OTHER = re.compile(rf"(?![\x00-\x7f]){LETTER}")
ASCII = re.compile(r"[A-Za-z]")
SHORT, MAINLY = 3, 4


def undo(text: str, read: Read) -> str:
    """The words that are told by themselves; where there are some in a Latin text, all that can be Latin."""
    del read
    other = len(OTHER.findall(text.translate(LATIN)))
    mainly_latin = len(ASCII.findall(text)) >= MAINLY * other
    made = WORD.sub(lambda found: folded(found[0], mainly_latin), text)
    return WORD.sub(lambda found: latin_of(found[0]), made) if mainly_latin and made != text else made


def folded(word: str, mainly_latin: bool) -> str:
    latin = latin_of(word)
    if latin == word or len(word) == 1:
        return word
    mixed = len(word) >= SHORT and ASCII.search(word)
    told = mainly_latin and (latin.lower() in COMMON or is_word(latin, UNPRONOUNCEABLE))
    return latin if mixed or told else word


def latin_of(word: str) -> str:
    """The word in Latin letters, if all of it can be."""
    latin = word.translate(LATIN)
    return latin if latin.isascii() else word
