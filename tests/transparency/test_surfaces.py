"""The table of compared surfaces is complete."""

from __future__ import annotations

from gateway.surfaces.served import surfaces
from tests.transparency.surfaces import FORMS, SURFACES


def test_every_judged_surface_is_compared() -> None:
    assert {surface.path for surface in SURFACES} | FORMS == {surface.path for surface in surfaces()}


def test_surfaces_that_speak_are_compared_under_output_rules() -> None:
    speaking = {surface.path for surface in surfaces() if surface.speaks}
    assert {surface.path for surface in SURFACES if surface.events is not None} == speaking
