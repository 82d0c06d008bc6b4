"""The public sets that training may use: where their owners publish them, and how their records become rows of ours."""
