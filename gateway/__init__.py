"""Guardian Gateway: an OpenAI-compatible reverse proxy that asks a guardian model about every query."""

__version__ = "0.1.0"
