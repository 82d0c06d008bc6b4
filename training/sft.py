"""Stage one: general instructions, so that a base follows them before it learns to judge.

    accelerate launch -m training.sft --base BASE --data INSTRUCTIONS.jsonl --out DIR
    python -m training.safety --base DIR/model ...

Rows may be in any language: `{"instruction": ..., "response": ...}`, or a conversation `{"messages": [{"role": ...,
"content": ...}]}`. The loss is on what the assistant says alone. A conversation is written as the base's chat template
has it; a base without one gets the plain turns with an empty line between. `DIR/model` is a Hugging Face folder with
the deltas merged.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from accelerate import PartialState

from training.base import open_base
from training.checkpoint import path_in, put
from training.joint import Joint
from training.loop import train
from training.safety import read
from training.sequences import Example
from training.stage import Stage

KINDS = ("response",)
Turn = tuple[str, bool]
"""A piece of text, and whether it is to be learnt."""


def main(arguments: Sequence[str] | None = None) -> None:
    options = parse(arguments)
    torch.manual_seed(options.seed)
    joint, tokenizer = opened(options)
    examples = [one for row in read(options.data) if (one := example(row, tokenizer, options.longest)) is not None]
    if not examples:
        raise SystemExit(f"`{options.data}` has no row with a response within {options.longest} tokens")
    train(joint, examples, Stage.of(options, dict.fromkeys(KINDS, 1.0)))
    if PartialState().is_main_process:
        write(options)
    PartialState().wait_for_everyone()


def opened(options: argparse.Namespace) -> tuple[Joint, Any]:
    dtype = torch.bfloat16 if options.rank else torch.float32
    model, tokenizer = open_base(options.base, layers=options.layers, dtype=dtype)
    return Joint(model, [], rank=options.rank, kinds=len(KINDS)), tokenizer


def example(row: Mapping[str, Any], tokenizer: Any, longest: int) -> Example | None:
    """None where no word of the assistant is within the first `longest` tokens."""
    ids: list[int] = []
    learnt: list[bool] = []
    for text, said in turns(messages(row), tokenizer):
        piece = tokenizer.encode(text, add_special_tokens=False)
        ids += piece
        learnt += [said] * len(piece)
    ids, learnt = ids[:longest], learnt[:longest]
    targets = tuple((i - 1, ids[i], 0) for i in range(1, len(ids)) if learnt[i])
    return Example(tuple(ids[:-1]), targets) if targets else None


def messages(row: Mapping[str, Any]) -> list[dict[str, str]]:
    if "messages" in row:
        return list(row["messages"])
    said = {"user": row["instruction"], "assistant": row["response"]}
    return [{"role": role, "content": text} for role, text in said.items()]


def turns(conversation: Sequence[dict[str, str]], tokenizer: Any) -> Iterator[Turn]:
    """The conversation in pieces: each thing that the assistant says, and what stands before it."""
    done = ""
    for number, message in enumerate(conversation):
        if message["role"] == "assistant":
            before = written(conversation[:number], tokenizer, begun=True)
            after = written(conversation[: number + 1], tokenizer, begun=False)
            yield before.removeprefix(done), False
            yield after.removeprefix(before), True
            done = after


def written(conversation: Sequence[dict[str, str]], tokenizer: Any, *, begun: bool) -> str:
    """`begun`: up to where the assistant is to speak."""
    if tokenizer.chat_template:
        text: str = tokenizer.apply_chat_template(list(conversation), tokenize=False, add_generation_prompt=begun)
        return text
    begin = tokenizer.bos_token or ""
    ends = {"assistant": tokenizer.eos_token}
    said = [message["content"] + ends.get(message["role"], "\n\n") for message in conversation]
    return begin + "".join(said)


def write(options: argparse.Namespace) -> None:
    """The whole model from the base and the checkpoint, as `safety` and any other tool can load it."""
    joint, tokenizer = opened(options)
    put(joint, torch.load(path_in(options.out), weights_only=True, map_location="cpu")["trained"])
    model = joint.model.merge_and_unload() if options.rank else joint.model
    model.save_pretrained(options.out / "model")
    tokenizer.save_pretrained(options.out / "model")


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--base", required=True, help="a Hugging Face name or folder, or a GGUF file")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--layers", type=int, help="of the base; the ones above are left out")
    parser.add_argument("--rank", type=int, default=32, help="of the low-rank deltas; 0 trains all weights")
    parser.add_argument("--longest", type=int, default=1024, help="tokens of a conversation; the rest is left out")
    Stage.add_to(parser, epochs=1.0, rate=2e-4)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
