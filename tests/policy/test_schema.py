"""The schema for editors takes what the loader takes, and refuses what the loader refuses for its form."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from jsonschema import Draft202012Validator

from gateway.guardian.taxonomy import TAXONOMY
from gateway.policy.diagnostics import Findings
from gateway.policy.load import compile_set
from gateway.policy.schema import schema
from gateway.policy.source import Item, read
from tests.policy.sets import CATALOG
from tests.policy.test_docs import BLOCKS
from tests.policy.test_hostile import LISTS, RICH
from tests.policy.valid import files
from tests.processes import ROOT, finished

pytestmark = pytest.mark.usefixtures("no_language_model")
SCHEMA = Draft202012Validator(schema(TAXONOMY))
HEAD = "version: 1\nguardian: slm_guardian\n"


def value(item: Item) -> Any:
    """As JSON has it."""
    if isinstance(item.value, tuple):
        return [value(one) for one in item.value]
    return {key: value(one) for key, one in item.value.items()} if isinstance(item.value, dict) else item.value


def refused(raw: bytes) -> list[str]:
    item = read("10.yaml", raw, Findings())
    assert item is not None
    return [f"{error.json_path}: {error.message}" for error in SCHEMA.iter_errors(value(item))]


def loads(raw: bytes) -> bool:
    return compile_set([("10.yaml", raw)], CATALOG, TAXONOMY, Findings(), LISTS) is not None


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(schema(TAXONOMY))


@pytest.mark.parametrize("text", BLOCKS)
def test_it_takes_every_policy_of_the_docs(text: str) -> None:
    assert refused(text.encode()) == []


@pytest.mark.parametrize("path", sorted((ROOT / "policies").glob("*.yaml")), ids=lambda path: path.name)
def test_it_takes_every_policy_that_ships(path: Path) -> None:
    assert refused(path.read_bytes()) == []
    assert path.read_text().startswith("# yaml-language-server: $schema=schema.json\n")


def test_it_takes_every_part_of_the_language() -> None:
    assert refused(RICH) == []


@given(files())
def test_what_is_valid_loads_and_is_taken(file: dict[str, Any]) -> None:
    raw = json.dumps(file, ensure_ascii=False).encode()
    findings = Findings()
    assert compile_set([("10.yaml", raw)], CATALOG, TAXONOMY, findings, LISTS) is not None, findings.found
    assert refused(raw) == []


@pytest.mark.parametrize(
    "text",
    [
        "guardian: slm_guardian\n",
        "version: 2\nguardian: slm_guardian\n",
        "- version: 1\n",
        HEAD + "rulez: []\n",
        HEAD + "phase: both\n",
        HEAD + "rules: {name: a, action: block}\n",
        HEAD + "rules: [a]\n",
        HEAD + "rules: [{action: block}]\n",
        HEAD + "rules: [{name: a}]\n",
        HEAD + "rules: [{name: Not Kebab, action: block}]\n",
        HEAD + "rules: [{name: default, action: block}]\n",
        HEAD + "rules: [{name: a, action: blok}]\n",
        HEAD + "rules: [{name: a, action: respond}]\n",
        HEAD + "rules: [{name: a, action: {block: {status: 200}}}]\n",
        HEAD + "rules: [{name: a, action: {block: {}}}]\n",
        HEAD + "rules: [{name: a, action: {forward: {upstrem: onprem}}}]\n",
        HEAD + "rules: [{name: a, action: {forward: onprem, block: {status: 400}}}]\n",
        HEAD + "rules: [{name: a, action: block, mode: shado}]\n",
        HEAD + "rules: [{name: a, action: block, mode: {canary: 10}}]\n",
        HEAD + "rules: [{name: a, action: block, mode: {canary: 101%}}]\n",
        HEAD + "rules: [{name: a, action: block, mode: {canary: 1%, by: model}}]\n",
        HEAD + "rules: [{name: a, action: block, since: yesterday}]\n",
        HEAD + "rules: [{name: a, action: block, reason: {why: not}}]\n",
        HEAD + "rules: [{name: a, action: block, annotate: 'yes'}]\n",
        HEAD + "rules: [{name: a, action: block, signal: loud}]\n",
        HEAD + "rules: [{name: a, action: block, on_error: {timeuot: block}}]\n",
        HEAD + "rules: [{name: a, action: block, match: unsafe}]\n",
        HEAD + "rules: [{name: a, action: block, match: []}]\n",
        HEAD + "rules: [{name: a, action: block, match: {verdict: unsfe}}]\n",
        HEAD + "rules: [{name: a, action: block, match: {verdict: []}}]\n",
        HEAD + "rules: [{name: a, action: block, match: {categroy: pii}}]\n",
        HEAD + "rules: [{name: a, action: block, match: {category: self-harm}}]\n",
        HEAD + "rules: [{name: a, action: block, match: {error: slow}}]\n",
        HEAD + "rules: [{name: a, action: block, match: {score: 0.5}}]\n",
        HEAD + "rules: [{name: a, action: block, match: {score: {gte: high}}}]\n",
        HEAD + "rules: [{name: a, action: block, match: {score: {above: 1}}}]\n",
        HEAD + "rules: [{name: a, action: block, match: {stream: yes}}]\n",
        HEAD + "rules: [{name: a, action: block, match: {tenant: []}}]\n",
        HEAD + "rules: [{name: a, action: block, match: {tenant: 7}}]\n",
        HEAD + "rules: [{name: a, action: block, match: {message: {like: a}}}]\n",
        HEAD + "rules: [{name: a, action: block, match: {message: {words: ''}}}]\n",
        HEAD + "rules: [{name: a, action: block, match: {message: {glob: a, regex: b}}}]\n",
        HEAD + "rules: [{name: a, action: block, match: {message: {words: {path: a.txt}}}}]\n",
        HEAD + "rules: [{name: a, action: block, match: {header: {}}}]\n",
        HEAD + "rules: [{name: a, action: block, match: {language: klingon}}]\n",
        HEAD + "rules: [{name: a, action: block, match: {time: []}}]\n",
        HEAD + "rules: [{name: a, action: block, match: {time: {day: mon}}}]\n",
        HEAD + "rules: [{name: a, action: block, match: {time: {from: noon}}}]\n",
        HEAD + "rules: [{name: a, action: block, match: {not: {not: {verdict: unsfe}}}}]\n",
        HEAD + "applies_to: {verdict: unsfe}\n",
        HEAD + "speculative: 'yes'\n",
        HEAD + "rules: [{name: a, action: block, speculative: true}]\n",
        HEAD + "responses: [refusal]\n",
        HEAD + "responses: {guardian: {text: a}}\n",
        HEAD + "responses: {refusal: No.}\n",
        HEAD + "responses: {refusal: {finish_reason: stop}}\n",
        HEAD + "responses: {refusal: {text: '  '}}\n",
        HEAD + "responses: {refusal: {text: No., finish_reason: length}}\n",
        HEAD + "responses: {refusal: {text: No., locales: {xx: No.}}}\n",
        HEAD + "default: {respond: [a]}\n",
        HEAD + "answers: whole\n",
        HEAD + "answers: {stream: hole}\n",
        HEAD + "answers: {leak: -1}\n",
        HEAD + "answers: {leek: 1}\n",
    ],
)
def test_what_the_loader_refuses_for_its_form_is_refused(text: str) -> None:
    assert not loads(text.encode())
    assert refused(text.encode()) != []


async def test_the_command_prints_it_and_writes_it(tmp_path: Path) -> None:
    _, out, _ = await finished("policy", "schema")
    await finished("policy", "schema", "--output", str(tmp_path / "schema.json"))
    assert json.loads(out) == schema(TAXONOMY) == json.loads((tmp_path / "schema.json").read_text())
    assert out == (ROOT / "policies" / "schema.json").read_text()
