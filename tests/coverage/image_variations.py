"""A query for variations of a picture for each cell of its coverage."""

from tests.coverage.image_edits import OPEN, body_of

__all__ = ["OPEN", "body_of"]
