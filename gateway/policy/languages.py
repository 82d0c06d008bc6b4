"""Which language a text is in, by py3langid (extra `language`), among the languages that people write to models in.

A short text is often ambiguous: where no language has most of the probability the answer is `und`.
"""

from __future__ import annotations

from gateway.policy.facts import Identify

UNDETERMINED = "und"
SUPPORTED = (
    *("ar", "bg", "bn", "ca", "cs", "da", "de", "el", "en", "es", "et", "fa", "fi", "fr", "he", "hi", "hr"),
    *("hu", "id", "it", "ja", "ko", "lt", "lv", "ms", "nl", "no", "pl", "pt", "ro", "ru", "sk", "sl", "sr"),
    *("sv", "sw", "ta", "th", "tr", "uk", "ur", "vi", "zh"),
)
LANGUAGES = (*SUPPORTED, UNDETERMINED)
SURE = 0.5
SAMPLE_CHARACTERS = 2000
"""A language is told from the text's beginning; more of it says no more."""


def undetermined(text: str) -> str:
    """For policies that do not ask."""
    del text
    return UNDETERMINED


def open_identifier() -> Identify:
    """Loads the model (some 5 MB, 0.2 s). Raises ImportError without the extra `language`."""
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    model = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    model.set_languages(list(SUPPORTED))

    def identify(text: str) -> str:
        language, probability = model.classify(text[:SAMPLE_CHARACTERS])
        return str(language) if probability >= SURE else UNDETERMINED

    return identify
