"""Stage one: the loss is on the assistant's words alone, and stage two starts from the folder that it writes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from tests.training.stages import tiny
from training import safety, sft
from training.checkpoint import path_in
from training.predict import predict

TALK = [
    {"role": "user", "content": "안녕?"},
    {"role": "assistant", "content": "네, 안녕하세요."},
    {"role": "user", "content": "Bread?"},
    {"role": "assistant", "content": "Flour, water."},
]
ROWS = [{"instruction": f"Say {i}.", "response": f"Here: {i}."} for i in range(20)] + [{"messages": TALK}] * 4
TEMPLATE = (
    "{% for m in messages %}[{{ m['role'] }}]{{ m['content'] }}{{ eos_token }}{% endfor %}"
    "{% if add_generation_prompt %}[assistant]{% endif %}"
)


def words(template: str | None = None) -> Any:
    found = tiny.tokenizer("llama")
    found.chat_template = template
    return found


def learnt(row: dict[str, Any], tokenizer: Any) -> tuple[str, str]:
    """All of the sequence, and what of it is learnt."""
    found = sft.example(row, tokenizer, 400)
    assert found is not None
    whole = [*found.ids, found.targets[-1][1]]
    assert all(whole[at + 1] == token for at, token, _ in found.targets)
    return tokenizer.decode(whole), tokenizer.decode([token for _, token, _ in found.targets])


def test_only_what_the_assistant_says_is_learnt() -> None:
    whole, said = learnt(ROWS[0], words())
    assert (whole, said) == ("<bos>Say 0.\n\nHere: 0.<eos>", "Here: 0.<eos>")


def test_a_conversation_is_written_as_the_base_has_it() -> None:
    whole, said = learnt({"messages": TALK}, words(TEMPLATE))
    assert whole == "".join(f"[{m['role']}]{m['content']}<eos>" for m in TALK)
    assert said == "네, 안녕하세요.<eos>Flour, water.<eos>"


def test_what_is_too_long_is_cut_and_left_out_where_nothing_is_to_learn() -> None:
    row = {"instruction": "a" * 30, "response": "b" * 30}
    found = sft.example(row, words(), 40)
    assert found is not None
    assert len(found.ids) == 39
    assert sft.example(row, words(), 20) is None


@pytest.fixture
def instructions(tmp_path: Path) -> Path:
    return tiny.jsonl(tmp_path / "instructions.jsonl", ROWS)


@pytest.mark.parametrize("rank", ["4", "0"])
def test_stage_two_starts_from_the_folder_of_stage_one(
    base: str, data: Path, instructions: Path, tmp_path: Path, rank: str
) -> None:
    given = ["--tokens", "200", "--rank", rank]
    one, two = tmp_path / "sft", tmp_path / "safety"
    sft.main(["--base", base, "--data", str(instructions), "--out", str(one), "--epochs", "2", *given])
    before, after = (AutoModelForCausalLM.from_pretrained(f, dtype="float32") for f in (base, one / "model"))
    ids = torch.tensor([AutoTokenizer.from_pretrained(one / "model").encode("Say 3.")])
    assert (before(ids).logits - after(ids).logits).abs().max() > 1e-3
    safety.main(["--base", str(one / "model"), "--data", str(data), "--out", str(two), *given])
    assert path_in(two).exists()
    told = predict(path_in(two).parent, str(one / "model"), data / "validation.jsonl", tmp_path / "scores.jsonl")
    assert set(told) == {"f1", "recall", "fpr", "best_f1", "auprc"}


def test_the_folder_is_the_base_and_its_deltas(base: str, instructions: Path, tmp_path: Path) -> None:
    given = ["--base", base, "--data", str(instructions), "--out", str(tmp_path / "sft"), "--rate", "0.01"]
    sft.main([*given, "--rank", "4", "--epochs", "1"])
    trained = torch.load(path_in(tmp_path / "sft"), weights_only=True)["trained"]
    name = "layers.1.mlp.up_proj"
    deltas = {part: v for n, v in trained.items() for part in ("lora_A", "lora_B") if f"{name}.{part}" in n}
    weight = AutoModelForCausalLM.from_pretrained(base, dtype="float32").get_submodule(f"model.{name}").weight
    merged = AutoModelForCausalLM.from_pretrained(tmp_path / "sft" / "model", dtype="float32")
    expected = weight + 2 * deltas["lora_B"] @ deltas["lora_A"]
    found = merged.get_submodule(f"model.{name}").weight
    assert not torch.equal(found, weight)
    torch.testing.assert_close(found, expected, rtol=0.01, atol=1e-3)


def test_a_file_without_a_response_that_fits_is_refused(base: str, tmp_path: Path) -> None:
    path = tiny.jsonl(tmp_path / "rows.jsonl", [{"instruction": "a" * 50, "response": "b"}])
    with pytest.raises(SystemExit, match="no row with a response within 20 tokens"):
        sft.main(["--base", base, "--data", str(path), "--out", str(tmp_path), "--longest", "20"])
