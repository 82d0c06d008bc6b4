"""From a source's own category to ours: words in the category, else words in the text. What matches nothing is `crime`, the broadest."""

from __future__ import annotations

import re

from gateway.guardian.families.slm_guardian import CATEGORIES

SOURCES = {
    "hatecheck": "hate",
    "beep_train": "hate",
    "curse_detection": "hate",
    "kmhas_valid": "hate",
    "kodoli": "hate",
    "kosbi_valid": "hate",
    "k_safeguard_bench": "jailbreak",
    "deepset_prompt_injections": "jailbreak",
    "bastioncorpus": "jailbreak",
    "ko_redteam_indirect_pi": "jailbreak",
    "pyrit_jailbreak_wrapped": "jailbreak",
    "med_safety_train": "misinformation",
}
WORDS = {
    "child_exploitation": r"child (sexual )?(abuse|porn|exploit|groom)|pedophil|groom(ing)? (a |)(child|minor|kid)|minors? (sexual|nude)|csam|아동 ?(성|음란)|미성년자.{0,12}(성|음란|야한)",
    "self_harm": r"suicid|self.?harm|self.?injur|kill myself|anorex|eating disorder|자살|자해|극단적 선택",
    "sexual_content": r"sexual|porn|adult content|\bsex\b|erotic|nude|rape|molest|음란|성적|몰카|성착취|야동|성관계",
    "cybercrime": r"malware|hack|cyber|phish|ransom|virus|spyware|keylog|ddos|exploit|password|botnet|trojan|해킹|악성|랜섬|피싱|디도스|비밀번호",
    "weapons": r"bomb|explosi|weapon|gun\b|guns|firearm|grenade|chemical|biolog|nuclear|drug|cocaine|meth\b|heroin|poison|toxin|폭탄|총기|마약|독극물|무기|폭발",
    "hate": r"hate|racis|sexis|discriminat|harass|bully|insult|slur|stereotyp|derogat|xenophob|antisemit|혐오|차별|괴롭|욕설|비하",
    "pii": r"privacy|personal (data|info)|dox|social security|home address|phone number|credit card|identity theft|track|surveil|개인정보|주민등록|주소|연락처",
    "misinformation": r"misinformation|disinformation|fake news|conspiracy|propaganda|election|rumou?r|hoax|defam|libel|medical|health|legal|financial|가짜|허위|선거|음모",
    "violence": r"violen|murder|kill|terroris|attack|assassin|tortur|assault|kidnap|stab|shoot|harm (someone|people)|physical harm|animal|살인|죽이|테러|폭행|납치|고문",
    "jailbreak": r"ignore (all|the|previous)|system prompt|jailbreak|\bDAN\b|pretend you|no restrictions|이전 지시|시스템 프롬프트|탈옥",
}


def category(source: str, own: str, text: str) -> str:
    """One of the protocol's categories for a harmful row."""
    if source in SOURCES:
        return SOURCES[source]
    if own in CATEGORIES:
        return own
    for where in (own.replace("_", " "), text):
        for name, words in WORDS.items():
            if re.search(words, where, re.IGNORECASE):
                return name
    return "crime"
