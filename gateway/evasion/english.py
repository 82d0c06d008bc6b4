"""How English a text or a word is: by pairs of letters, and by the commonest words."""

from __future__ import annotations

import re
from operator import add

PAIRS = (
    "944444455477545547434565979695459769496343959343668859439572999459299379458399959"
    "539593993495499289583599969157962979399799599848699969258436579899553867335967579"
    "339993499299599289485499979149992965499584689556499999329992999399979399595699969"
    "756455559998452369543959897349892999999999499939299999269991779399994669749697999"
    "339952799398379489955598949325972999499748439957599979249444739599786589933669979"
    "576557779796442549354465999439973997499399349354599969499999999999599999999096999"
    "338652869397856489545677959159593995497689559943598969239792994399789489445698969"
    "645554959599343849333999999629991999399689499999999999339993993399795399449999999"
    "249393999499989729973699679167596999599985549944996999239991799499999499989999985"
)
"""For each of the signs below, what it costs to have each of them after it: minus the binary logarithm of how often."""
SIGNS = " abcdefghijklmnopqrstuvwxyz"
COSTS = {before + after: int(PAIRS[27 * i + j]) for i, before in enumerate(SIGNS) for j, after in enumerate(SIGNS)}
LETTERS = re.compile(r"[a-z]+")
COMMON_WORDS = """
a able about account add address after again against age air all allow almost alone along already also always am among
an and animal another answer any anyone anything are area around art as ask at attack available away baby back bad bag
bank base be because become bed been before begin behind being believe best better between big bill black blood blue
body bomb book both box boy break bring brother build building business but buy by call came can cannot capital car
card care case cat cause cell change check child children city class clean clear close code cold color come common
company computer control cook copy could country course create credit cut dark data date day dead death describe
detail details did die different do doctor does dog done door down draw drink drive drug drugs during each early earth
easily easy eat email end english enough even evening ever every everyone everything example explain eye face fact
fake family far fast father feel few file final find fire first five fly follow food for form found four free friend
friends from full game gave get gift girl give go god going good got great green group grow gun had hair half hand
happen happy hard has have he head health hear heart help her here hide high him his hit hold home hope hot hour house
how human i idea if illegal important in inside instructions into is it its job just keep key kill kind know known
land large last late law learn leave left less let letter life light like line list little live long look lose lot
love low made make making man many may me mean medicine meet message might mind minute money month more morning most
mother move much music must my name near need never new news next night no not nothing now number of off office often
old on once one online only open or order other our out over own page paper parents part party pass password pay
people person phone picture place plan plant play please police poor possible post power price problem program public
put question quick quickly quiet radio rain read real really recipe red remember report rest right river road room
rule run safe said same saw say school science sea second secret see sell send sentence set she shop short should show
side simple since sister site six size sleep small so some someone something song soon speak spell start state stay
steal step steps still stop store story street strong student study such summer sun sure system table take talk tall
teach tell ten text than thank thanks that the their them then there these they thing things think this those three
through time title to today together told tomorrow too took top town translate tree trip true try turn two under
understand until up us use used user using very visit voice walk want war warm was watch water way we weapon wear
weather website week well were what when where which while white who why will win window with without woman women word
words work world would write wrong year years yes yesterday yet you young your
"""
COMMON = frozenset(COMMON_WORDS.split())
UNLIKELY, UNPRONOUNCEABLE = 4.3, 5.0
"""The mean cost of a pair above which letters are hardly a word: 7 in 100 English words and 93 in 100 by rot13 are
above the first, 1 and 75 above the second.
"""
SHORT = 3


def cost(text: str) -> float:
    """The mean cost of its pairs of letters, word by word; of a text without letters it is infinite."""
    words = f" {' '.join(LETTERS.findall(text.lower()))} "
    return (
        sum(map(COSTS.__getitem__, map(add, words, words[1:]))) / (len(words) - 1) if len(words) > 2 else float("inf")
    )


def is_word(text: str, most: float = UNLIKELY) -> bool:
    return text.lower() in COMMON or (len(text) > SHORT and cost(text) <= most)


def known(text: str) -> float:
    """The share of its letters that are in common words."""
    words = LETTERS.findall(text.lower())
    return sum(len(word) for word in words if word in COMMON) / (sum(map(len, words)) or 1)
