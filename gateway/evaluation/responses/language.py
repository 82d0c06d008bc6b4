"""Whether a response is in the query's language: by its letters and, of languages in Latin script, by py3langid."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from unicodedata import name

from gateway.evaluation.datasets import UNKNOWN
from gateway.evaluation.responses.said import Said
from gateway.policy.languages import UNDETERMINED, open_identifier

LATIN = ("LATIN",)
SCRIPTS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "ko": ("HANGUL",),
        "ja": ("HIRAGANA", "KATAKANA", "CJK"),
        "zh": ("CJK",),
        **dict.fromkeys(("ar", "fa", "ur"), ("ARABIC",)),
        **dict.fromkeys(("bg", "ru", "sr", "uk"), ("CYRILLIC",)),
        "bn": ("BENGALI",),
        "el": ("GREEK",),
        "he": ("HEBREW",),
        "hi": ("DEVANAGARI",),
        "ta": ("TAMIL",),
        "th": ("THAI",),
    }
)
"""The beginning of the Unicode names of a language's letters; of all others Latin."""
MOST = 0.5
"""The share of the letters that must be of the script: a Korean sentence may name an English word."""
Identify = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Languages:
    """`identify` is None without the extra `language`: then a Latin script is all that English asks for."""

    identify: Identify | None

    @property
    def told(self) -> str:
        return "letters" if self.identify is None else "letters and py3langid"

    def answers(self, said: Said) -> bool | None:
        """None where there is nothing to compare: no text, or a query in no known language."""
        wanted = self.of_query(said)
        if wanted in (UNKNOWN, UNDETERMINED) or not said.text:
            return None
        scripts = SCRIPTS.get(wanted, LATIN)
        if share_in(said.text, scripts) < MOST:
            return False
        return scripts != LATIN or self.identify is None or self.identify(said.text) in (wanted, UNDETERMINED)

    def of_query(self, said: Said) -> str:
        """As the row says; else as it is identified."""
        if said.row.lang != UNKNOWN or self.identify is None:
            return said.row.lang
        return self.identify(said.row.text)


def share_in(text: str, scripts: tuple[str, ...]) -> float:
    letters = [one for one in text if one.isalpha()]
    return sum(name(one, "").startswith(scripts) for one in letters) / len(letters) if letters else 0.0


def languages() -> Languages:
    """By py3langid too, where it is installed."""
    try:
        return Languages(open_identifier())
    except ImportError:
        return Languages(None)
