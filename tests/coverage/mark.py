"""The text that is looked for at the guardian and at the upstream."""

SEEN = "A-MARKED-TEXT"
