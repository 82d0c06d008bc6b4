"""One file per technique of disguise: its name, its stage, what its texts hold, and how it is undone."""
