"""Sets that we labelled or translated ourselves."""

from __future__ import annotations

from training.public.labels import labelled, translated
from training.public.sets import PublicSet, Record

HH = "github:anthropics/hh-rlhf@master"
HH_FILES = ("harmless-base/test.jsonl.gz",)
BAI = "Bai et al. 2022, arXiv:2204.05862"
OR_BENCH = "huggingface:bench-llm/or-bench"
CUI = "Cui et al. 2024, OR-Bench"


def first_turn(record: Record) -> str:
    asked = str(record["chosen"]).split("\n\nHuman: ")[1]
    return asked.partition("\n\nAssistant:")[0].strip()


def prompt(record: Record) -> str:
    return str(record["prompt"]).strip()


SETS = (
    PublicSet(
        "hh_harmless_base",
        HH,
        HH_FILES,
        2312,
        "en_request_{label}",
        "en",
        "MIT",
        BAI,
        labelled("hh_harmless_base", first_turn),
        note="what people first typed to a model; labels of ours, unclear ones left out",
    ),
    PublicSet(
        "hh_harmless_base_ko",
        HH,
        HH_FILES,
        2312,
        "ko_request_{label}",
        "ko",
        "MIT",
        BAI,
        translated("hh_harmless_base", first_turn),
        note="translations of ours",
    ),
    PublicSet(
        "or_bench_80k_ko",
        OR_BENCH,
        ("or-bench-80k/train",),
        80400,
        "ko_benign_lookalike",
        "ko",
        "CC-BY-4.0",
        CUI,
        translated("or_bench_80k", prompt),
        note="translations of ours",
    ),
    PublicSet(
        "or_bench_toxic_ko",
        OR_BENCH,
        ("or-bench-toxic/train",),
        655,
        "ko_request_harmful",
        "ko",
        "CC-BY-4.0",
        CUI,
        translated("or_bench_toxic", prompt),
        note="translations of ours",
    ),
)
