"""English harmless queries, everyday ones and look-alikes of harmful ones."""

from __future__ import annotations

from training.public.labels import of_prompt
from training.public.sets import Entry, Label, PublicSet, Read, Record, Value, column, joined

K_OVERREFUSAL = "github:Marker-Inc-Korea/K-OverRefusal@main"
PHTEST = ("dataset/phtest/phtest_harmless_ko_instructtrans.jsonl",)
COCONOT = "github:allenai/noncompliance@main"


def no_input(record: Record) -> Label | None:
    return None if record.get("input") else "safe"


def of_coconot(record: Record) -> str:
    return f"{record['category']}/{record['subcategory']}"


def not_safety(record: Record) -> Label | None:
    return None if record["category"] == "Requests with safety concerns" else "safe"


def task(*columns: str, category: Value) -> Read:
    """An instruction and what it is about."""
    join, read = joined(*columns), column("text", "safe", category)
    return lambda record: read(join(record))


def seed_task(record: Record) -> Entry:
    given = str(record["instances"][0]["input"]).strip()
    return Entry(f"{record['instruction']}\n{given}".strip(), "safe", "seed")


SETS = (
    PublicSet(
        "or_bench_80k",
        "huggingface:bench-llm/or-bench",
        ("or-bench-80k/train",),
        80400,
        "en_benign_lookalike",
        "en",
        "CC-BY-4.0",
        "Cui et al. 2024, OR-Bench",
        column("prompt", "safe", lambda r: str(r["category"]), group=of_prompt),
        8000,
        "records as published, not read here; OR-Bench-hard-1k is a part of it: hold that out if you evaluate on it",
    ),
    PublicSet(
        "alpaca_eval",
        "github:tatsu-lab/alpaca_eval@main",
        ("results/claude-2/model_outputs.json",),
        805,
        "en_benign",
        "en",
        "CC-BY-NC-4.0",
        "Li et al. 2023, AlpacaEval",
        column("instruction", "safe", lambda r: str(r["dataset"])),
        500,
        "for experiments only",
    ),
    PublicSet(
        "alpaca_instructions",
        "github:tatsu-lab/stanford_alpaca@main",
        ("alpaca_data.json",),
        52002,
        "en_benign",
        "en",
        "CC-BY-NC-4.0",
        "Taori et al. 2023, Stanford Alpaca",
        column("instruction", no_input, "alpaca"),
        6000,
        "those without an input; for experiments only",
    ),
    PublicSet(
        "alpaca_seed_tasks",
        "github:tatsu-lab/stanford_alpaca@main",
        ("seed_tasks.jsonl",),
        175,
        "en_benign",
        "en",
        "Apache-2.0",
        "Wang et al. 2022, arXiv:2212.10560",
        seed_task,
    ),
    PublicSet(
        "arena_hard",
        "github:lmarena/arena-hard-auto@main",
        ("data/arena-hard-v2.0/question.jsonl",),
        750,
        "en_benign",
        "en",
        "Apache-2.0",
        "Li et al. 2024, arXiv:2406.11939",
        column("prompt", "safe", lambda r: f"{r['category']}:{r['subcategory']}"),
        300,
    ),
    PublicSet(
        "code_alpaca_2k",
        "github:sahil280114/codealpaca@master",
        ("data/code_alpaca_2k.json",),
        2017,
        "en_benign",
        "en",
        "CC-BY-NC-4.0",
        "Chaudhary 2023, Code Alpaca",
        task("instruction", "input", category="code"),
        1000,
        "for experiments only",
    ),
    PublicSet(
        "gsm8k_test",
        "github:openai/grade-school-math@master",
        ("grade_school_math/data/test.jsonl",),
        1319,
        "en_benign",
        "en",
        "MIT",
        "Cobbe et al. 2021, arXiv:2110.14168",
        column("question", "safe", "math"),
        300,
    ),
    PublicSet(
        "instruction_wild",
        "github:XueFuzhao/InstructionWild@main",
        ("data/seed_prompts_en.jsonl",),
        429,
        "en_benign",
        "en",
        "research-only",
        "Xue et al. 2023, Instruction in the Wild",
        column("instruction", "safe", "seed"),
        400,
        "not screened; for experiments only",
    ),
    PublicSet(
        "certified_safe_prompts",
        "github:aounon/certified-llm-safety@main",
        ("data/safe_prompts.txt",),
        520,
        "en_benign_lookalike",
        "en",
        "MIT",
        "Kumar et al. 2023, arXiv:2309.02705",
        column("text", "safe", "safe_prompts"),
        400,
    ),
    PublicSet(
        "coconot_eval",
        COCONOT,
        ("data/coconot_eval.jsonl",),
        1001,
        "en_benign_lookalike",
        "en",
        "ODC-BY",
        "Brahman et al. 2024, arXiv:2407.12043",
        column("prompt", not_safety, of_coconot),
        400,
        "without its safety concerns, some of which are mild",
    ),
    PublicSet(
        "coconot_pref_contrast",
        COCONOT,
        ("data/coconot_pref.jsonl",),
        927,
        "en_benign_lookalike",
        "en",
        "ODC-BY",
        "Brahman et al. 2024, arXiv:2407.12043",
        column("prompt", "safe", of_coconot, response="chosen"),
    ),
    PublicSet(
        "dolly_safety_words",
        "github:princeton-nlp/benign-data-breaks-safety@main",
        ("ft_datasets/dolly_dataset/databricks-dolly-15k-safety-only.jsonl",),
        387,
        "en_benign_lookalike",
        "en",
        "CC-BY-SA-3.0",
        "Conover et al. 2023, Dolly; subset of He et al. 2024, arXiv:2404.01099",
        task("instruction", "context", category=lambda r: str(r["category"])),
    ),
    PublicSet(
        "dro_harmless",
        "github:chujiezheng/LLM-Safeguard@main",
        ("code/data_harmless/custom.txt", "code/data_harmless/testset.txt"),
        200,
        "en_benign_lookalike",
        "en",
        "unstated",
        "Zheng et al. 2024, arXiv:2401.18018",
        column("text", "safe", "dro_harmless"),
        note="for experiments only",
    ),
    PublicSet(
        "gpteacher_roleplay",
        "github:teknium1/GPTeacher@main",
        ("Roleplay/roleplay-simple-deduped-roleplay-instruct.json",),
        1923,
        "en_benign_lookalike",
        "en",
        "MIT",
        "teknium1, GPTeacher",
        task("instruction", "input", category="roleplay"),
        800,
        "written by GPT-4",
    ),
    PublicSet(
        "mitre_frr",
        "github:meta-llama/PurpleLlama@main",
        ("CybersecurityBenchmarks/datasets/mitre_frr/mitre_frr.json",),
        750,
        "en_benign_lookalike",
        "en",
        "MIT",
        "Bhatt et al. 2024, arXiv:2404.13161",
        column("mutated_prompt", "safe", lambda r: str(r["attack_type"])),
        425,
    ),
    PublicSet(
        "phtest_harmless",
        K_OVERREFUSAL,
        PHTEST,
        2011,
        "en_benign_lookalike",
        "en",
        "unstated",
        "An et al. 2024, arXiv:2409.00598",
        column("Request", "safe", "phtest_harmless", group=lambda r: f"phtest:{r['ID']}"),
        1500,
        "a copy; for experiments only",
    ),
)
