"""Korean requests and everyday queries."""

from __future__ import annotations

from training.public.benign import K_OVERREFUSAL, PHTEST
from training.public.sets import Entry, PublicSet, Record, column, either

TRANSLATED_GOALS = ("salad_bench", "maliciousinstruct")
"""The pool's other two sources are benchmarks that are held out."""
SONGYS = ("daily", "breakup", "love")
QUESTION, COMMAND = "2", "3"


def pooled(record: Record) -> Entry | None:
    if record["source"] not in TRANSLATED_GOALS:
        return None
    return Entry(str(record["prompt_ko"]), "harmful", f"{record['source']}:{record['domain']}")


def team4(record: Record) -> Entry:
    harmful = "target_content" in record
    category = f"{record.get('category', 'normal')}:{record['domain']}"
    return Entry(str(record["prompt"]), either(harmful), category)


def intent(record: Record) -> Entry | None:
    kind, _, text = str(record["text"]).partition("\t")
    named = {QUESTION: "question", COMMAND: "command"}.get(kind)
    return Entry(text.strip(), "safe", named) if named else None


def paraphrase(record: Record) -> Entry:
    topic, act, text = str(record["text"]).split("\t")
    return Entry(text.strip(), "safe", f"topic{topic}_act{act}")


SETS = (
    PublicSet(
        "k_overrefusal_harmful_pool",
        K_OVERREFUSAL,
        ("dataset/harmful_pool/harmful_clean_pool.jsonl",),
        578,
        "ko_request_harmful",
        "ko",
        "MIT",
        "Marker-Inc-Korea, K-OverRefusal",
        pooled,
        note="translated; without its rows of HarmBench and StrongREJECT",
    ),
    PublicSet(
        "navirocker_redteam_ko",
        "github:skan0779/korean-guardrail-dataset@main",
        ("data/translated/llm-red-teaming-dataset-kr.jsonl",),
        320,
        "ko_request_harmful",
        "ko",
        "MIT",
        "navirocker, llm-red-teaming-dataset; translated by skan0779",
        column(
            "query",
            "harmful",
            lambda r: str(r["topic"][0]),
            group=lambda r: f"navirocker:{str(r['id']).rpartition('-')[2]}",
        ),
        note="machine translation",
    ),
    PublicSet(
        "kaist_team4_ko",
        "github:jimicro/team4-ko-safety@main",
        ("data/seeds.json", "data/expanded_prompts.json", "data/normal_prompts.json"),
        153,
        "ko_request_{label}",
        "ko",
        "MIT",
        "jimicro, team4-ko-safety",
        team4,
        note="authority, irony and code-switching, written in Korean",
    ),
    PublicSet(
        "phtest_harmless_ko",
        K_OVERREFUSAL,
        PHTEST,
        2011,
        "ko_benign_lookalike",
        "ko",
        "unstated",
        "An et al. 2024, arXiv:2409.00598",
        column("prompt_ko", "safe", "phtest_harmless", group=lambda r: f"phtest:{r['ID']}"),
        1500,
        "machine translation; for experiments only",
    ),
    PublicSet(
        "songys_chatbot",
        "github:songys/Chatbot_data@master",
        ("ChatbotData.csv",),
        11823,
        "ko_benign",
        "ko",
        "MIT",
        "Song 2018, Chatbot_data",
        column("Q", "safe", lambda r: SONGYS[int(r["label"])]),
        4000,
    ),
    PublicSet(
        "kochatgpt_prompts",
        "github:airobotlab/KoChatGPT@main",
        ("data_kochatgpt/kochatgpt_3_PPO.jsonl",),
        12000,
        "ko_benign",
        "ko",
        "unstated",
        "AIRobotLab 2023, KoChatGPT",
        column("prompt", "safe", "kochatgpt"),
        4000,
        "partly AI-Hub, not screened; for experiments only",
    ),
    PublicSet(
        "parakqc",
        "github:warnikchow/paraKQC@master",
        ("data/paraKQC_v1.txt",),
        10000,
        "ko_benign",
        "ko",
        "CC-BY-SA-4.0",
        "Cho et al. 2020, paraKQC (LREC)",
        paraphrase,
        2000,
    ),
    PublicSet(
        "k3i4k",
        "github:warnikchow/3i4k@master",
        ("data/train_val_test/fci_train_val.txt",),
        55134,
        "ko_benign",
        "ko",
        "CC-BY-SA-4.0",
        "Cho et al. 2018, arXiv:1811.04231",
        intent,
        2000,
        "questions and commands",
    ),
)
