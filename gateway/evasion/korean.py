"""How Korean a text is: by its syllables, and by how its words end."""

from __future__ import annotations

import re

COMMON = frozenset(
    "는요을법하방해이주려를게세에고가어설수로줘자알지나있데사명리인다드까예서없만면기계뭐실은아않관금도소그제떻한쓰시대써전스"
    "구궁장피내단운별의런글치래히몰성화상정신급걸추보친문좀련일쉬거적물천학으영들무파비릴람개음살연약조트통프죽여뜨회야라작터"
    "동때퍼마와합위공력안번폭중남부키었원니독호처박킹카현황발식악좋짧책싱입울률오싶될팁섯룬큐용출당쉽표준말짜습경담함생죠차롱"
    "테러뉴댓쟁분미협집돈험유건께할역외너템속볼선종버따욕숨칙락루타심격롬등록료같침양접애찍밀국획길불혐특크짓규누워되광결희교"
    "쇄핵메토바병총복납필앱농왕년딥페굶빼민항암끊올헛후백잊푸군씀젝질우혼재웃괴롭흔폰염극디뚫모찾직산승축행블진탄힘각증톡과팀"
)
"""The commonest syllables: 98 in 100 of what people write, 3 in 100 of those that there are."""
ENDS = frozenset("는은이가을를에의로도다요까지고나줘해서면법게들한할와과")
SYLLABLE = re.compile(r"[가-힣]")
WORD = re.compile(r"[가-힣]+")
ENOUGH = 0.6


def syllables(text: str) -> int:
    return len(SYLLABLE.findall(text))


def common(text: str) -> float:
    """The share of its syllables that are common."""
    found = SYLLABLE.findall(text)
    return sum(one in COMMON for one in found) / (len(found) or 1)


def is_korean(text: str) -> bool:
    return common(text) >= ENOUGH


def turned(text: str) -> bool:
    """Whether more of its words begin as words end than end so."""
    words = [word for word in WORD.findall(text) if len(word) > 1]
    return sum((word[0] in ENDS) - (word[-1] in ENDS) for word in words) > 0
