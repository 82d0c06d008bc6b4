"""The loop: a run that is interrupted ends as one that is not, a step of several batches, a loss that is no number."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from tests.training.stages import tiny
from training import loop
from training.checkpoint import Unfit, path_in, put, shape_of
from training.joint import Joint
from training.loop import NotFinite, train
from training.sequences import Example
from training.stage import Stage

EXAMPLES = [Example((0, 50 + i, 60 + i % 7), ((2, 41 + i % 2, 0), (1, 60, 1))) for i in range(40)]


def joint(rank: int = 4, layers: int = 2) -> Joint:
    torch.manual_seed(0)
    model = tiny.model("llama")
    model.model.layers = model.model.layers[:layers]
    return Joint(model, [40, 41], rank=rank, kinds=2)


def stage(out: Path, **options: Any) -> Stage:
    given: dict[str, Any] = {"epochs": 2.0, "rate": 1e-2, "tokens": 12, "accumulate": 1, "seed": 3, "minutes": None}
    given |= {"hold": False, "others": 16, "save_every": 10}
    return Stage(out=out, weights={"label": 1.0, "response": 0.5}, **given | options)


def state(out: Path) -> dict[str, Any]:
    found: dict[str, Any] = torch.load(path_in(out), weights_only=True)
    return found


class Cut(Exception):
    """The power fails."""


@pytest.fixture
def cut(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Ends the next training when that many steps are done; a checkpoint of step 10 is there then."""

    def at(steps: int) -> None:
        step = loop.Trainer.step

        def failing(self: loop.Trainer, number: int, *rest: Any) -> Any:
            if number == steps:
                raise Cut
            return step(self, number, *rest)

        monkeypatch.setattr(loop.Trainer, "step", failing)

    return at


@pytest.mark.parametrize("rank", [4, 0])
@pytest.mark.parametrize("accumulate", [1, 3])
def test_ten_steps_and_ten_more_are_twenty(
    tmp_path: Path, cut: Any, monkeypatch: pytest.MonkeyPatch, rank: int, accumulate: int
) -> None:
    options = {"epochs": 2.0 * accumulate, "accumulate": accumulate}
    train(joint(rank), EXAMPLES, stage(tmp_path / "straight", **options))
    cut(13)
    with pytest.raises(Cut):
        train(joint(rank), EXAMPLES, stage(tmp_path / "cut", **options))
    monkeypatch.undo()
    assert state(tmp_path / "cut")["step"] == 10
    train(joint(rank), EXAMPLES, stage(tmp_path / "cut", **options))
    straight, resumed = state(tmp_path / "straight"), state(tmp_path / "cut")
    assert straight["step"] == resumed["step"] == 20
    assert all(torch.equal(value, resumed["trained"][name]) for name, value in straight["trained"].items())
    moments = straight["optimizer"]["state"]
    assert all(torch.equal(v, resumed["optimizer"]["state"][i][n]) for i, s in moments.items() for n, v in s.items())


def test_another_seed_is_another_order(tmp_path: Path) -> None:
    for seed in (1, 2):
        train(joint(), EXAMPLES, stage(tmp_path / str(seed), seed=seed, others=0))
    first, second = (state(tmp_path / seed)["trained"]["rows"] for seed in ("1", "2"))
    assert not torch.equal(first, second)


def test_two_batches_to_a_step_are_one_of_twice_the_size(tmp_path: Path) -> None:
    """All sequences are alike in length and kinds, so that the mean of two batches is that of their union."""
    alike, plain = [EXAMPLES[0]] * 32, {"others": 0, "epochs": 1.0}
    train(joint(), alike, stage(tmp_path / "two", tokens=12, accumulate=2, **plain))
    train(joint(), alike, stage(tmp_path / "one", tokens=24, **plain))
    two, one = state(tmp_path / "two"), state(tmp_path / "one")
    assert two["step"] == one["step"] == 4
    for name, value in one["trained"].items():
        torch.testing.assert_close(two["trained"][name], value, rtol=0, atol=2e-3)


def test_the_loss_falls(tmp_path: Path) -> None:
    train(joint(), EXAMPLES, stage(tmp_path, epochs=12.0))
    first, *_, last = (tmp_path / "losses.jsonl").read_text().splitlines()
    assert '"step": 20' in first
    assert '"step": 120' in last
    assert float(last.split('"label": ')[1].split(",")[0]) < float(first.split('"label": ')[1].split(",")[0])


def test_a_loss_that_is_no_number_ends_the_run_and_keeps_the_checkpoint(tmp_path: Path) -> None:
    train(joint(), EXAMPLES, stage(tmp_path, epochs=1.0))
    kept = path_in(tmp_path).read_bytes()
    broken = joint()
    broken.model.get_input_embeddings().weight.data[60] = float("nan")
    with pytest.raises(NotFinite, match=r"step 11 is not finite \(label nan .*lower `--rate`"):
        train(broken, EXAMPLES, stage(tmp_path, epochs=2.0))
    assert path_in(tmp_path).read_bytes() == kept


def test_minutes_end_a_run(tmp_path: Path) -> None:
    train(joint(), EXAMPLES, stage(tmp_path, epochs=1e9, minutes=0.02))
    assert state(tmp_path)["step"] > 0


def test_the_rate_rises_falls_and_can_be_held(tmp_path: Path) -> None:
    one, held = stage(tmp_path, rate=1.0), stage(tmp_path, rate=1.0, hold=True)
    assert [one.rate_at(0, 0.0), one.rate_at(19, 0.0), one.rate_at(39, 0.0)] == pytest.approx([1 / 40, 0.5, 1.0])
    assert [one.rate_at(100, 0.5), one.rate_at(100, 1.0), one.rate_at(100, 7.0)] == pytest.approx([0.51, 0.02, 0.02])
    assert held.rate_at(100, 0.9) == 1.0


@pytest.mark.parametrize("other", [{"rank": 8}, {"layers": 1}, {"rank": 0}])
def test_a_checkpoint_of_another_shape_is_refused(tmp_path: Path, other: dict[str, int]) -> None:
    train(joint(), EXAMPLES[:4], stage(tmp_path, epochs=1.0))
    with pytest.raises(Unfit, match="another base, `--layers` or `--rank`"):
        put(joint(**other), state(tmp_path)["trained"])


@pytest.mark.parametrize(("rank", "layers"), [(4, 2), (0, 1)])
def test_a_checkpoint_tells_its_layers_and_its_rank(tmp_path: Path, rank: int, layers: int) -> None:
    train(joint(rank, layers), EXAMPLES[:4], stage(tmp_path, epochs=1.0))
    assert shape_of(state(tmp_path)["trained"]) == (layers, rank)
