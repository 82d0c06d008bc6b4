"""Comments and statements with hate, bias and threats: Korean, and HateCheck."""

from __future__ import annotations

from training.public.sets import Entry, PublicSet, Record, column, either

KMHAS = ("출신차별", "외모차별", "정치성향차별", "혐오욕설", "연령차별", "성차별", "인종차별", "종교차별", "none")
UNSMILE = ("여성/가족", "남성", "성소수자", "인종/국적", "연령", "지역", "종교", "기타 혐오", "악플/욕설", "clean")


def curse(record: Record) -> Entry | None:
    text, _, label = str(record["text"]).rpartition("|")
    return Entry(text.strip(), either(label == "1"), "curse" if label == "1" else "clean") if text.strip() else None


def kmhas(record: Record) -> Entry | None:
    text, _, labels = str(record["text"]).rpartition("\t")
    if not labels.replace(",", "").isdigit():
        return None
    names = [KMHAS[int(label)] for label in labels.split(",")]
    return Entry(text.strip(), either(names != ["none"]), ",".join(names))


def kosbi(record: Record) -> Entry:
    """A statement is harmful where its context or itself is."""
    harmful = "unsafe" in (record["context_label"], record["sentence_label"])
    what = (record["sentence_sub_label"] or record["context_sub_label"] or ["unsafe"])[0] if harmful else "safe"
    text = f"{record['context'] or ''} {record['sentence']}".strip()
    return Entry(text, either(harmful), f"{record['demographic_category']}:{what}")


def kodoli(record: Record) -> Entry | None:
    if record["offensiveness"] == "LIKELY":
        return None
    category = f"{record['offensiveness']}:{record['abuse']}"
    return Entry(str(record["sentences"]).strip(), either(record["offensiveness"] == "OFFEN"), category)


def unsmile(record: Record) -> Entry:
    names = [name for name in UNSMILE if record[name] == "1"]
    return Entry(str(record["문장"]).strip(), either("clean" not in names), ",".join(names))


SETS = (
    PublicSet(
        "hatecheck",
        "github:paul-rottger/hatecheck-data@main",
        ("test_suite_cases.csv",),
        3728,
        "en_statement",
        "en",
        "CC-BY-4.0",
        "Röttger et al. 2021, arXiv:2012.15606",
        column("test_case", lambda r: either(r["label_gold"] == "hateful"), lambda r: str(r["functionality"])),
        2000,
        "statements, not requests",
    ),
    PublicSet(
        "beep_train",
        "github:kocohub/korean-hate-speech@master",
        ("labeled/train.tsv",),
        7896,
        "ko_comment",
        "ko",
        "CC-BY-SA-4.0",
        "Moon et al. 2020, arXiv:2005.12503",
        column("comments", lambda r: either(r["hate"] != "none"), lambda r: f"hate={r['hate']},bias={r['bias']}"),
        3000,
    ),
    PublicSet(
        "curse_detection",
        "github:2runo/Curse-detection-data@master",
        ("dataset.txt",),
        5825,
        "ko_comment",
        "ko",
        "MIT",
        "2runo, Curse-detection-data",
        curse,
        2000,
    ),
    PublicSet(
        "kmhas_valid",
        "github:adlnlp/K-MHaS@main",
        ("data/kmhas_valid.txt",),
        8777,
        "ko_comment",
        "ko",
        "CC-BY-SA-4.0",
        "Lee et al. 2022, arXiv:2208.10684",
        kmhas,
        3000,
    ),
    PublicSet(
        "kodoli",
        "github:cardy20/KODOLI@main",
        ("data/kodoli.csv",),
        38525,
        "ko_comment",
        "ko",
        "CC-BY-SA-4.0",
        "Park et al. 2023, KODOLI (Findings of EACL)",
        kodoli,
        4000,
        "without the rows that are `LIKELY` offensive",
    ),
    PublicSet(
        "unsmile_train",
        "github:smilegate-ai/korean_unsmile_dataset@main",
        ("unsmile_train_v1.0.tsv",),
        15005,
        "ko_comment",
        "ko",
        "CC-BY-NC-ND-4.0",
        "Kang et al. 2022, arXiv:2204.03262",
        unsmile,
        4000,
        "must not be passed on in any form; for experiments only",
    ),
    PublicSet(
        "kosbi_valid",
        "github:naver-ai/korean-safety-benchmarks@main",
        ("data/KoSBi/kosbi_valid.json",),
        3421,
        "ko_statement",
        "ko",
        "MIT",
        "Lee et al. 2023, arXiv:2305.17701",
        kosbi,
    ),
    PublicSet(
        "dktc",
        "github:tunib-ai/DKTC@main",
        ("data/train.csv",),
        3950,
        "ko_dialogue",
        "ko",
        "CC-BY-NC-SA-4.0",
        "TUNiB, DKTC",
        column("conversation", "harmful", lambda r: str(r["class"])),
        800,
        "transcripts of threats; for experiments only",
    ),
)
