"""One file per condition: `NAME`, `NEEDS`, `SCHEMA` and `compile(item, scope)`, which gives a test, or None with the
error among the findings.
"""
