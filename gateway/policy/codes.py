"""What each code of a finding stands for. Below P100: errors of a file, each a row of docs/reference/policies.md. From
P101 on: lints, each a page of docs/reference/lint.
"""

from __future__ import annotations

from collections.abc import Mapping

CODES: Mapping[str, str] = {
    "P001": "not a readable YAML file",
    "P002": "an anchor, alias, tag or directive",
    "P003": "a key that is there twice",
    "P004": "an unknown field",
    "P005": "a missing field",
    "P006": "an unknown or incomplete action",
    "P007": "a value of the wrong kind, or an empty list",
    "P008": "a name that is taken, or a second `default`",
    "P009": "a name that is not lower-case words and hyphens",
    "P010": "an unknown guardian, upstream, response, verdict, category, error, language, mode or other name",
    "P011": "a bound that is not a number, or a canary that is not a share",
    "P012": "a bad regular expression",
    "P013": "a missing or unknown `version`",
    "P014": "a folder or file that cannot be read, or a folder without policies",
    "P016": "a day, a time of day or a time zone that cannot be read",
    "P017": "responses that extend each other in a circle",
    "P018": "a list file that is not there, or has no entries",
    "P019": "a language without the package that tells languages",
    "P020": "an answer that a rule would send elsewhere",
    "P021": "a file that is `speculative` by a verdict, or about answers",
    "P022": "a file that lets unscanned things pass by a verdict, or is about answers",
    "P101": "a rule forwards without asking a guardian",
    "P102": "a category that the guardian's family never reports",
    "P103": "a rule that can never fire",
    "P104": "`respond: guardian` with a family that writes no response",
    "P105": "a `score` with a family that gives none",
    "P106": "a rule that forwards when the guardian fails",
    "P107": "the default and the rules leave unsafe queries to chance",
    "P109": "a rule that no test fires",
    "P110": "a rule that has been on trial for more than 30 days",
    "P111": "a canary of 0 or 100 percent",
    "P112": "a response that nothing uses",
    "P113": "a rule that makes streamed answers be held whole",
    "P114": "text of an answer that is released before it was judged",
    "P115": "`speculative` where no guardian is asked",
}


def page(code: str) -> str:
    """Where the docs say more."""
    return f"docs/reference/lint/{code}.md" if code > "P100" else "docs/reference/policies.md#errors"
