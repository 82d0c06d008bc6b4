"""Our names for what a query may be harmful by. Families map their own codes to these; policies speak only these."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

TAXONOMY: Mapping[str, str] = MappingProxyType(
    {
        "violence": "Threatening, planning or praising harm to people or animals.",
        "weapons": "Weapons, explosives, poisons and illegal drugs: making, getting or using them.",
        "crime": "Fraud, theft and other unlawful or exploitative acts without violence.",
        "cybercrime": "Malware, intrusion, phishing and attacks on systems.",
        "hate": "Hate, harassment, bullying and abuse of people or groups.",
        "sexual_content": "Sexual content.",
        "child_exploitation": "Sexual content about minors, and grooming.",
        "self_harm": "Suicide, self-injury and disordered eating.",
        "pii": "Other people's private data: finding, exposing or tracking.",
        "misinformation": "False or misleading claims, and advice that endangers health or money.",
        "jailbreak": "Attempts to override instructions, to leak them, or to smuggle in commands.",
        "political": "Politically sensitive topics.",
        "copyright": "Reproducing protected works.",
        "unethical": "Acts that are lawful but wrong.",
        "specialized_advice": "Medical, legal or financial advice that needs a professional.",
        "defamation": "False statements that damage a person's reputation.",
    }
)
MLCOMMONS: Mapping[str, str] = MappingProxyType(
    {
        "S1": "violence",
        "S2": "crime",
        "S3": "sexual_content",
        "S4": "child_exploitation",
        "S5": "defamation",
        "S6": "specialized_advice",
        "S7": "pii",
        "S8": "copyright",
        "S9": "weapons",
        "S10": "hate",
        "S11": "self_harm",
        "S12": "sexual_content",
        "S13": "misinformation",
        "S14": "cybercrime",
    }
)
"""MLCommons' hazard codes, which several families speak: S3 is sexual crimes, S13 false claims about elections."""

LAWFUL = frozenset({"political", "unethical", "specialized_advice"})
"""What is no harm by itself. Models that were trained on it name it; one that judges by our words is not told of it."""
HARMS: Mapping[str, str] = MappingProxyType({name: text for name, text in TAXONOMY.items() if name not in LAWFUL})
