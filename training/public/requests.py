"""English harmful requests."""

from __future__ import annotations

from training.public.labels import of_prompt
from training.public.sets import Entry, PublicSet, Record, column, either, path

RED_INSTRUCT = "github:declare-lab/red-instruct@main"


def alert(record: Record) -> Entry:
    text = str(record["query"]).removeprefix("### Instruction:").strip().removesuffix("### Response:").strip()
    return Entry(text, "harmful", str(record["category"]))


def reasoned(record: Record) -> Entry | None:
    """Rows of Aegis that are long hold an answer too."""
    text, source = str(record["prompt"]).strip(), str(record["source"])
    too_long = source == "AegisTrainR" and len(text) > 600
    return None if too_long else Entry(text, either(record["label"] != "safe"), source)


def without_advice(record: Record) -> Entry | None:
    category = str(record["category_name"])
    lawful = "Advice" in category or "Consult" in category or "Opinion" in category
    return None if lawful else Entry(str(record["question"]), "harmful", category)


SETS = (
    PublicSet(
        "aart",
        "github:google-research-datasets/aart-ai-safety-dataset@main",
        ("aart-v1-20231117.csv",),
        3269,
        "en_request_harmful",
        "en",
        "CC-BY-4.0",
        "Radharapu et al. 2023, arXiv:2311.08592",
        column("prompt", "harmful", lambda r: str(r["crime"])),
        1500,
        "machine-written; some prompts are lawful",
    ),
    PublicSet(
        "advbench",
        "github:llm-attacks/llm-attacks@main",
        ("data/advbench/harmful_behaviors.csv",),
        520,
        "en_request_harmful",
        "en",
        "MIT",
        "Zou et al. 2023, arXiv:2307.15043",
        column("goal", "harmful", "advbench"),
    ),
    PublicSet(
        "alert",
        "github:MurrayTom/SG-Bench@master",
        ("datasets/ALERT/alert_raw/alert.jsonl",),
        14763,
        "en_request_harmful",
        "en",
        "CC-BY-NC-SA-4.0",
        "Tedeschi et al. 2024, arXiv:2404.08676",
        alert,
        4000,
        "a copy; for experiments only",
    ),
    PublicSet(
        "catqa_en",
        RED_INSTRUCT,
        ("harmful_questions/catqa_english.json",),
        550,
        "en_request_harmful",
        "en",
        "Apache-2.0",
        "Bhardwaj et al. 2024, arXiv:2402.11746",
        column("text", "harmful", path),
    ),
    PublicSet(
        "dangerousqa",
        RED_INSTRUCT,
        ("harmful_questions/dangerousqa.json",),
        200,
        "en_request_harmful",
        "en",
        "Apache-2.0",
        "Shaikh et al. 2022, arXiv:2212.08061",
        column("text", "harmful", "dangerousqa"),
    ),
    PublicSet(
        "or_bench_toxic",
        "huggingface:bench-llm/or-bench",
        ("or-bench-toxic/train",),
        655,
        "en_request_harmful",
        "en",
        "CC-BY-4.0",
        "Cui et al. 2024, OR-Bench",
        column("prompt", "harmful", lambda r: str(r["category"]), group=of_prompt),
        note="some are mild",
    ),
    PublicSet(
        "harmfulqa",
        RED_INSTRUCT,
        ("harmful_questions/harmfulqa.json",),
        1960,
        "en_request_harmful",
        "en",
        "Apache-2.0",
        "Bhardwaj and Poria 2023, arXiv:2308.09662",
        column("text", "harmful", path),
        1500,
    ),
    PublicSet(
        "dro_harmful",
        "github:chujiezheng/LLM-Safeguard@main",
        ("code/data/custom.txt",),
        100,
        "en_request_harmful",
        "en",
        "unstated",
        "Zheng et al. 2024, arXiv:2401.18018",
        column("text", "harmful", "dro_harmful"),
        note="matched with `dro_harmless`; for experiments only",
    ),
    PublicSet(
        "gptfuzz_questions",
        "github:sherdencooper/GPTFuzz@master",
        ("datasets/questions/question_list.csv",),
        100,
        "en_request_harmful",
        "en",
        "MIT",
        "Yu et al. 2023, arXiv:2309.10253",
        column("text", "harmful", "gptfuzz"),
    ),
    PublicSet(
        "guardreasoner_train5k",
        "github:bigsnarfdude/wizard101@main",
        ("data/evaluation/guardreasoner_test_5k.json",),
        5000,
        "en_request_{label}",
        "en",
        "mixed",
        "Liu et al. 2025, arXiv:2501.18492",
        reasoned,
        note="a copy; of WildGuardTrain (ODC-BY), Aegis (CC-BY-4.0), BeaverTails and ToxicChat (CC-BY-NC-4.0)",
    ),
    PublicSet(
        "malicious_instruct",
        "github:Princeton-SysML/Jailbreak_LLM@main",
        ("data/MaliciousInstruct.txt",),
        100,
        "en_request_harmful",
        "en",
        "MIT",
        "Huang et al. 2023, arXiv:2310.06987",
        column("text", "harmful", "malicious_instruct"),
    ),
    PublicSet(
        "med_safety_train",
        "github:AI4LIFE-GROUP/med-safety-bench@main",
        tuple(f"datasets/train/gpt4/med_safety_demonstrations_category_{n}.csv" for n in range(1, 10)),
        450,
        "en_request_harmful",
        "en",
        "MIT",
        "Han et al. 2024, arXiv:2403.03744",
        column("harmful_medical_request", "harmful", "medical_ethics", response="safe_response"),
    ),
    PublicSet(
        "navirocker_redteam_en",
        "github:skan0779/korean-guardrail-dataset@main",
        ("data/raw/navirocker/llm-red-teaming-dataset/redteam_master_dataset.csv",),
        320,
        "en_request_harmful",
        "en",
        "MIT",
        "navirocker, llm-red-teaming-dataset",
        column(
            "prompt",
            "harmful",
            lambda r: f"{r['category']}:{r['subcategory']}",
            group=lambda r: f"navirocker:{r['number']}",
        ),
        note="a copy",
    ),
    PublicSet(
        "s_eval_base_en",
        "github:IS2Lab/S-Eval@main",
        ("s_eval/full/S-Eval_base_risk_en_full.jsonl.zip",),
        10000,
        "en_request_harmful",
        "en",
        "CC-BY-NC-SA-4.0",
        "Yuan et al. 2024, arXiv:2405.14191",
        column("prompt", "harmful", lambda r: str(r["risk_type"])),
        5000,
        "for experiments only",
    ),
    PublicSet(
        "safebench_figstep",
        "github:ThuCCSLab/FigStep@main",
        ("data/question/safebench.csv",),
        500,
        "en_request_harmful",
        "en",
        "MIT",
        "Gong et al. 2023, arXiv:2311.05608",
        without_advice,
        note="without questions for legal, financial or health advice",
    ),
    PublicSet(
        "safety_tuned_llamas_train",
        "github:vinid/safety-tuned-llamas@main",
        ("data/training/safety_only_data_Instructions.json",),
        2483,
        "en_request_harmful",
        "en",
        "CC-BY-NC-4.0",
        "Bianchi et al. 2023, arXiv:2309.07875",
        column("instruction", "harmful", "anthropic_redteam_instr", response="output"),
        note="for experiments only",
    ),
    PublicSet(
        "tdc2023",
        "github:centerforaisafety/tdc2023-starter-kit@main",
        ("red_teaming/data/dev/behaviors.json", "red_teaming/data/test/behaviors.json"),
        100,
        "en_request_harmful",
        "en",
        "MIT",
        "Mazeika et al. 2023, Trojan Detection Challenge",
        column("text", "harmful", "tdc2023"),
    ),
)
