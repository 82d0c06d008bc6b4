"""`POST /v1/images/generations`, `/edits` and `/variations`: pictures that are made from a prompt, or from pictures."""

from __future__ import annotations

from dataclasses import replace

import orjson

from gateway.errors import RequestError
from gateway.surfaces.form import Fields
from gateway.surfaces.media import Media
from gateway.surfaces.media_answer import MediaAnswer
from gateway.surfaces.openai_error import error_body
from gateway.surfaces.surface import AnswerText

SETTINGS = frozenset(
    {"model", "n", "size", "quality", "style", "response_format", "user", "stream", "partial_images"}
) | {"background", "moderation", "output_format", "output_compression", "input_fidelity", "seed"}
PICTURES = Fields(SETTINGS, {}, media_texts=dict.fromkeys(("image", "images", "image_url", "mask", "url"), "image"))
FORM = replace(
    PICTURES,
    files=dict.fromkeys(("image", "image[]", "mask"), "image"),
    media_texts=dict.fromkeys(("images", "image_url", "url"), "image"),
    repeated=frozenset({"image", "image[]"}),
)


class Images(Media):
    """OpenAI tells a prompt that its own moderation refuses by an error, and clients know it by its code."""

    def answer(self) -> AnswerText | None:
        return MediaAnswer()

    def error(self, error: RequestError) -> bytes:
        if error.code != "content_filter":
            return error_body(error)
        told = {"message": error.message, "type": "image_generation_user_error", "param": None}
        return orjson.dumps({"error": {**told, "code": "moderation_blocked"}})


class ImageGenerations(Images):
    """From a prompt alone."""

    name = "image_generations"
    path = "/v1/images/generations"
    upstream_path = "/images/generations"
    route = name
    required = ("prompt",)
    fields = PICTURES


class ImageEdits(Images):
    """From pictures and a prompt: a form, or JSON with the pictures' addresses."""

    name = "image_edits"
    path = "/v1/images/edits"
    upstream_path = "/images/edits"
    route = name
    bodies = frozenset({"json", "form"})
    required = ("prompt",)
    fields = FORM


class ImageVariations(Images):
    """From a picture alone. A prompt, which some servers take, is judged."""

    name = "image_variations"
    path = "/v1/images/variations"
    upstream_path = "/images/variations"
    route = name
    bodies = frozenset({"form"})
    judged_field = "image"
    fields = FORM
