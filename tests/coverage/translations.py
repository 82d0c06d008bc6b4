"""Sound to translate for each cell of its coverage."""

from tests.coverage.transcriptions import OPEN, body_of

__all__ = ["OPEN", "body_of"]
