"""`POST /v1/audio/speech`, `/transcriptions` and `/translations`: sound from words, and words from sound."""

from __future__ import annotations

from gateway.surfaces.form import Fields
from gateway.surfaces.media import Media
from gateway.surfaces.media_answer import MediaAnswer
from gateway.surfaces.surface import AnswerText

SPEECH = Fields(
    frozenset({"model", "voice", "response_format", "speed", "stream_format", "stream", "language", "task_type"}),
    {},
    texts=frozenset({"input", "instructions"}),
    media_texts={"ref_audio": "audio"},
)
"""`ref_audio` and `task_type` are vLLM's."""
SOUND = Fields(
    frozenset({"model", "language", "to_language", "response_format", "temperature", "stream", "include[]", "seed"})
    | {"timestamp_granularities[]", "known_speaker_names[]", "chunking_strategy", "top_p", "top_k", "min_p"}
    | {"repetition_penalty", "frequency_penalty", "presence_penalty", "max_completion_tokens"},
    {"file": "audio"},
    objects=frozenset({"chunking_strategy"}),
    repeated=frozenset({"include[]", "timestamp_granularities[]", "known_speaker_names[]"})
    | {"known_speaker_references[]"},
    media_texts={"known_speaker_references[]": "audio"},
)


class Speech(Media):
    """The words that are spoken are the caller's, and judged; in the sound that comes back there are no others."""

    name = "speech"
    path = "/v1/audio/speech"
    upstream_path = "/audio/speech"
    route = name
    judged_field = "input"
    required = ("input",)
    fields = SPEECH


class Transcriptions(Media):
    """A refusal in place of a transcript would be taken for what somebody said: a block is an error here too."""

    name = "transcriptions"
    path = "/v1/audio/transcriptions"
    upstream_path = "/audio/transcriptions"
    route = name
    bodies = frozenset({"form"})
    required = ("file",)
    fields = SOUND

    def answer(self) -> AnswerText | None:
        return MediaAnswer(plain=True)


class Translations(Transcriptions):
    """The same into English."""

    name = "translations"
    path = "/v1/audio/translations"
    upstream_path = "/audio/translations"
    route = name
