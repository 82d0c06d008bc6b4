"""`stages/` needs torch: `make test-training` runs it, elsewhere it is not even imported."""

from __future__ import annotations

from importlib.util import find_spec

collect_ignore = [] if find_spec("torch") else ["stages"]
