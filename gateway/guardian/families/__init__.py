"""One file per model family: its card, how it is prompted, how it is read."""
