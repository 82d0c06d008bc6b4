"""Prompt injections and jailbreaks, English and Korean."""

from __future__ import annotations

import json

from training.public.sets import Entry, PublicSet, Record, column, either

KO_REDTEAM = "github:Marker-Inc-Korea/ko-redteam@main"


def attack(record: Record) -> Entry:
    told = json.loads(record["ext"])
    return Entry(str(record["prompt"]), "harmful", f"jailbreak:{told['category']}:{record['risk_type']}")


def document(record: Record) -> Entry:
    harmful = record["path"] != "benign"
    return Entry(str(record["text"]), either(harmful), "indirect_prompt_injection" if harmful else "benign_document")


SETS = (
    PublicSet(
        "deepset_prompt_injections",
        "huggingface:deepset/prompt-injections",
        ("train", "test"),
        662,
        "en_injection",
        None,
        "Apache-2.0",
        "deepset, prompt-injections",
        lambda r: Entry(
            r["text"], "harmful" if int(r["label"]) else "safe", "prompt_injection" if int(r["label"]) else "benign"
        ),
        note="English and German; plain role-play counts as injection",
    ),
    PublicSet(
        "qualifire_prompt_injections",
        "huggingface:qualifire/prompt-injections-benchmark",
        ("test",),
        5000,
        "en_injection",
        "en",
        "CC-BY-NC-4.0",
        "Qualifire, prompt-injections-benchmark",
        column("text", lambda r: either(r["label"] != "benign"), lambda r: str(r["label"])),
        3000,
        "may ask for a token (`HF_TOKEN`); for experiments only",
    ),
    PublicSet(
        "s_eval_attack_en",
        "github:IS2Lab/S-Eval@main",
        ("s_eval/small/S-Eval_attack_en_small.jsonl.zip",),
        10000,
        "en_jailbreak",
        "en",
        "CC-BY-NC-SA-4.0",
        "Yuan et al. 2024, arXiv:2405.14191",
        attack,
        1420,
        "for experiments only",
    ),
    PublicSet(
        "k_safeguard_bench",
        "github:jinseok3639/k-safeguard@main",
        ("hf_repo/benchmark.jsonl",),
        5555,
        "ko_injection",
        "ko",
        "CC-BY-4.0",
        "jinseok3639, k-safeguard",
        column(
            "text",
            lambda r: either(r["label"] == "attack"),
            lambda r: f"{r['category']}:{r['technique']}:{r['intensity']}",
            group=lambda r: f"k_safeguard:{r['seed_id']}",
        ),
        557,
        "clean and disguised variants of one seed belong together",
    ),
    PublicSet(
        "ko_redteam_indirect_pi",
        KO_REDTEAM,
        ("tests/fixtures/indirect_pi_set.json", "tests/fixtures/indirect_pi_trainset.json"),
        623,
        "ko_document",
        "ko",
        "MIT",
        "Marker-Inc-Korea, ko-redteam",
        document,
        573,
        "documents, not queries",
    ),
)
