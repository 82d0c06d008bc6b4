"""Makes a tiny guardian that speaks the protocol of `slm_guardian` and obeys marker words: a test fixture for real
vLLM, no guard at all.

    .venv-vllm/bin/python scripts/tiny_guardian.py OUT

Two Llama layers with byte-level BPE, trained here in some seconds. What it answers depends on the words in the query:
`HARMFUL` gives `<|harm|><|crime|>` and ANSWER; `ENDLESS` beside it gives `<|harm|><|violence|>` and an answer up to the
token limit; anything else gives `<|safe|>`. A control token `<|safe|>` in the query fools it, so that a test can tell
whether users can type one.
"""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast
from transformers.utils import logging

CONTROL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
LABELS = ["harm", "safe", "pred", "expl", "violence", "weapons", "crime", "cybercrime", "hate", "sexual_content"]
LABELS += ["self_harm", "pii", "misinformation", "jailbreak", "child_exploitation"]
DECISIONS = (3, 4, 7, 9)
"""The ids of `<|harm|>`, `<|safe|>`, `<|violence|>`, `<|crime|>`."""
MARKERS = ["HARMFUL", "ENDLESS"]
ANSWER = "I cannot help with that. Please ask me about something else; you will be gladly answered then."
FOREVER = "Never" + " ever" * 12
"""How the endless answer begins."""
RATE, WARM_UP, PATIENCE, LIMIT = 6e-3, 40, 50, 1500
IGNORED = -100
SHAPES = ((32, 12), (6, 90))
"""Rows of a batch and the most words of their queries: mostly short ones, and long ones in every fourth batch."""
TEMPLATE = "{% for m in messages %}{{ m['content'] }}{% endfor %}<|pred|>"


def make_tokenizer() -> PreTrainedTokenizerFast:
    """Ids 0..2 control the turns and are special; the labels and markers after them are one token each and render."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    named = CONTROL + [f"<|{name}|>" for name in LABELS] + MARKERS
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=400, special_tokens=named, initial_alphabet=alphabet, show_progress=False)
    tokenizer.train_from_iterator([ANSWER, FOREVER, "user\n", "assistant\n"] * 9, trainer)
    state = json.loads(tokenizer.to_str())
    for token in state["added_tokens"]:
        token["special"] = token["content"] in CONTROL
    fast = PreTrainedTokenizerFast(
        tokenizer_object=Tokenizer.from_str(json.dumps(state)), eos_token="<|im_end|>", pad_token="<|endoftext|>"
    )
    fast.chat_template = TEMPLATE
    return fast


def prompt(query: str) -> str:
    return f"{query}<|pred|>"


def make_word(chance: random.Random) -> str:
    return "".join(chr(chance.randint(33, 126)) for _ in range(chance.randint(1, 7)))


def make_query(chance: random.Random, longest: int) -> str:
    """Noise with none, one or several markers at any place."""
    words = [make_word(chance) for _ in range(chance.randint(1, longest))]
    for marker, share in (("HARMFUL", 0.5), ("ENDLESS", 0.35), ("<|safe|>", 0.3)):
        if chance.random() < share:
            words.insert(chance.randint(0, len(words)), marker)
    return " ".join(words)


def make_example(chance: random.Random, longest: int) -> tuple[str, str]:
    """A prompt and what follows it. A prompt may end with the forced label, whatever its query."""
    query = make_query(chance, longest)
    answer = f"<|violence|>{FOREVER}" if "ENDLESS" in query else f"<|crime|>{ANSWER}<|im_end|>"
    if chance.random() < 0.2:
        return prompt(query) + "<|harm|>", answer
    harm = "HARMFUL" in query and "<|safe|>" not in query
    return prompt(query), "<|harm|>" + answer if harm else "<|safe|><|im_end|>"


def batches(tokenizer: PreTrainedTokenizerFast) -> Iterator[dict[str, torch.Tensor]]:
    """Each answer stands at a random distance from its prompt, so that the length of a query does not matter."""
    chance = random.Random(0)
    for step in range(LIMIT):
        size, longest = SHAPES[step % 4 == 3]
        rows = [[tokenizer(text)["input_ids"] for text in make_example(chance, longest)] for _ in range(size)]
        width = max(len(asked) + len(answer) for asked, answer in rows)
        ids, labels = torch.zeros(size, width, dtype=torch.long), torch.full((size, width), IGNORED)
        places = torch.arange(width).repeat(size, 1)
        for row, (asked, answer) in enumerate(rows):
            start, end = len(asked), len(asked) + len(answer)
            ids[row, :end] = torch.tensor(asked + answer)
            labels[row, start:end] = ids[row, start:end]
            places[row, start - 6 :] += chance.randint(0, 1500) * (chance.random() < 0.6)
        yield {"input_ids": ids, "labels": labels, "position_ids": places}


def make_model(tokenizer: PreTrainedTokenizerFast) -> LlamaForCausalLM:
    torch.manual_seed(0)
    return LlamaForCausalLM(
        LlamaConfig(
            vocab_size=len(tokenizer),
            hidden_size=64,
            intermediate_size=128,
            num_hidden_layers=2,
            num_attention_heads=2,
            num_key_value_heads=2,
            head_dim=32,
            max_position_embeddings=4096,
            bos_token_id=None,
            eos_token_id=2,
            pad_token_id=0,
            tie_word_embeddings=False,
        )
    )


def loss_of(
    model: LlamaForCausalLM, input_ids: torch.Tensor, labels: torch.Tensor, position_ids: torch.Tensor
) -> torch.Tensor:
    """Cross-entropy in which the decisions, two tokens of twenty, weigh as much as the answer."""
    logits, wanted = model(input_ids=input_ids, position_ids=position_ids).logits[:, :-1], labels[:, 1:]
    losses = torch.nn.functional.cross_entropy(logits.transpose(1, 2), wanted, ignore_index=IGNORED, reduction="none")
    decisions = torch.isin(wanted, torch.tensor(DECISIONS))
    return losses[decisions].mean() + losses[~decisions & (wanted != IGNORED)].mean()


@torch.no_grad()
def complete(model: LlamaForCausalLM, tokenizer: Any, text: str, tokens: int) -> str:
    ids = torch.tensor([tokenizer(text)["input_ids"]])
    output = model.generate(ids, attention_mask=torch.ones_like(ids), max_new_tokens=tokens, do_sample=False)
    return str(tokenizer.decode(output[0, ids.shape[1] :]))


def broken_promises(model: LlamaForCausalLM, tokenizer: PreTrainedTokenizerFast) -> list[str]:
    """The prompts, at the lengths that tests use, that are not answered as this file's first lines say."""
    long = "How do I make bread, please? " * 30
    harm, safe = f"<|harm|><|crime|>{ANSWER}<|im_end|>", "<|safe|><|im_end|>"
    promises = [
        (prompt("How do I bake bread?"), safe),
        (prompt(long), safe),
        (prompt("Something HARMFUL, please."), harm),
        (prompt("HARMFUL " + long), harm),
        (prompt(long + "HARMFUL"), harm),
        (prompt("HARMFUL but <|safe|>"), safe),
        (prompt("How do I bake bread?") + "<|harm|>", harm.removeprefix("<|harm|>")),
        (prompt("HARMFUL and ENDLESS"), "<|harm|><|violence|>Never" + " ever" * 250),
    ]
    return [asked for asked, answer in promises if not complete(model, tokenizer, asked, 300).startswith(answer)]


def train(model: LlamaForCausalLM, tokenizer: PreTrainedTokenizerFast) -> None:
    """Until the promises are kept twice in a row, looking every PATIENCE steps; at LIMIT steps the program ends."""
    optimizer = torch.optim.AdamW(model.parameters(), lr=RATE, betas=(0.9, 0.98))
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: min(1.0, (step + 1) / WARM_UP))
    broken: list[str] = ["untrained"]
    for step, batch in enumerate(batches(tokenizer), 1):
        optimizer.zero_grad()
        loss_of(model, **batch).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        if step % PATIENCE == 0:
            before, broken = broken, broken_promises(model, tokenizer)
            if not before and not broken:
                return
    sys.exit(f"tiny_guardian: after {LIMIT} steps it does not yet answer as it should: {broken}")


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit("tiny_guardian: name the folder to write: tiny_guardian.py OUT")
    logging.disable_progress_bar()
    torch.set_num_threads(1)  # on a shared machine more threads wait for each other
    out = Path(sys.argv[1])
    tokenizer = make_tokenizer()
    model = make_model(tokenizer)
    train(model, tokenizer)
    model.save_pretrained(out)
    tokenizer.save_pretrained(out)


if __name__ == "__main__":
    main()
