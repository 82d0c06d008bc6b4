"""What a disguised text says: the raw text, and the other ways to read it that are worth judging."""

from gateway.evasion.view import View
from gateway.evasion.views import complete_views, views

__all__ = ["View", "complete_views", "views"]
