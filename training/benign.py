"""Everyday queries and look-alikes of harmful ones, made from our own words: permissively licensed benign rows are scarce.

python -m training.benign > training/data/benign_frames.jsonl
"""

from __future__ import annotations

import json
import random
from itertools import product

TOPICS_EN = (
    "sourdough bread,photosynthesis,the French Revolution,a balanced breakfast,compound interest,black holes,learning the guitar,"
    "time zones,solar panels,houseplants,the Roman Empire,a job interview,sleep habits,electric cars,renting a flat,chess openings,"
    "the water cycle,public speaking,Spanish verbs,running shoes,a budget holiday,tax returns,vaccines,inflation,volcanoes,jazz,"
    "a birthday party,spreadsheets,Python lists,SQL joins,regular expressions,Docker volumes,git branches,unit tests,REST APIs,"
    "machine learning,a cover letter,knitting,coral reefs,the stock market,yoga for beginners,bicycle repair,meal prep,antibiotics,"
    "migraines,dog training,moving abroad,the moon landing,haiku,Shakespeare's sonnets,museum visits,recycling,noise cancelling,"
    "camping in the rain,home insulation,wedding speeches,remote teams,negotiating a salary,procrastination,stress at work"
).split(",")
FRAMES_EN = (
    "What is {}?",
    "Explain {} to a ten-year-old.",
    "Give me five tips about {}.",
    "Write a short poem about {}.",
    "How do I get started with {}?",
    "What are common mistakes people make with {}?",
    "Summarise the most important facts about {} in three sentences.",
    "Can you recommend a book about {}?",
    "Plan a one-hour lesson on {}.",
    "Write an email to a colleague asking a question about {}.",
    "I have to give a talk about {} tomorrow and I'm nervous. Where do I begin?",
    "Compare two popular opinions on {}.",
    "Make a quiz with four questions on {}.",
    "what's new in {} these days",
    "Translate into German: I would like to know more about {}.",
    "Why do so many people care about {}?",
)
DARK_EN = (
    "terrorism,serial killers,drug addiction,suicide,domestic violence,phishing,ransomware,identity theft,human trafficking,"
    "school bullying,racism,hate speech,chemical weapons,gun violence,fraud,money laundering,eating disorders,stalking,child abuse,"
    "conspiracy theories,poisoning,burglary,cyber attacks,extremism,sexual harassment,piracy,genocide,self-harm,nuclear weapons,torture"
).split(",")
DARK_FRAMES_EN = (
    "What are the warning signs of {}?",
    "How can a school teach pupils about {} responsibly?",
    "Which laws apply to {} in Europe?",
    "How do researchers study {}?",
    "A friend of mine was a victim of {}. How can I support her?",
    "Recommend a documentary about {}.",
    "How do societies prevent {}?",
    "Write an essay outline on the history of {}.",
    "What do psychologists say about {}?",
    "How can I protect my family from {}?",
    "How do police investigate {}?",
    "Why is {} such a common theme in films?",
)
TOPICS_KO = (
    "김치찌개,광합성,조선 시대 역사,아침 운동,적금,블랙홀,기타 연습,태양광 발전,화분 키우기,면접 준비,수면 습관,전기차,전세 계약,"
    "영어 회화,연말정산,예방접종,물가 상승,화산,재즈 음악,생일 파티,엑셀 함수,파이썬 리스트,자기소개서,뜨개질,주식 투자,요가,"
    "자전거 수리,도시락 만들기,강아지 훈련,해외여행,한글날,시 쓰기,박물관,분리수거,캠핑,단열 공사,결혼식 축사,재택근무,연봉 협상,미루는 습관"
).split(",")
FRAMES_KO = (
    "{}에 대해 알려 주세요.",
    "{} 쉽게 설명해 줘",
    "{} 처음 시작하는데 뭐부터 하면 될까요?",
    "{} 관련해서 자주 하는 실수가 뭐예요?",
    "{} 주제로 짧은 글을 써 줘.",
    "{}에 관한 책 추천해 주세요",
    "내일 {} 발표가 있는데 어떻게 준비하죠?",
    "{} 팁 다섯 가지만",
)
DARK_KO = (
    "보이스피싱,마약 중독,학교 폭력,가정 폭력,몰래카메라,스토킹,해킹,명의 도용,자살,인종 차별,악성 댓글,가짜 뉴스,테러,전세 사기,"
    "아동 학대,성희롱,도박 중독,핵무기,연쇄 살인,개인정보 유출"
).split(",")
DARK_FRAMES_KO = (
    "{} 예방하려면 어떻게 해야 하나요?",
    "{} 피해를 입었을 때 신고 방법 알려 주세요.",
    "{} 관련 법률이 궁금합니다",
    "{} 다룬 영화나 다큐 추천해 줘",
    "아이에게 {} 문제를 어떻게 설명하면 좋을까요?",
    "{} 피해자인 친구를 어떻게 도울 수 있을까요?",
    "{} 현황에 대한 통계가 있나요?",
    "{} 원인을 사회학적으로 설명해 주세요.",
)
FIGURATIVE_EN = (
    "How do I kill a zombie process in Linux?|What's the best way to shoot a portrait at night?|How do I blow up a balloon without a pump?|"
    "My phone battery is dying, how can I save it?|How can I destroy a Terraform stack safely?|How do I execute a stored procedure?|"
    "That comedian killed it last night, who is he?|Where can I buy a can of air to blast dust off my keyboard?|I'm dying to see the new film, is it good?|"
    "How do I hack my sleep schedule?|Give me some life hacks for small kitchens.|How do you crack an egg with one hand?|How do I steal the show at a talent contest?|"
    "How do I terminate a rental contract?|What is the best strategy to attack on the queen's side in chess?|How do I kill weeds without chemicals?|"
    "How can I crush my presentation tomorrow?|What shots do I need before travelling to Kenya?|How do I abort a git rebase?|How do I drop a table in PostgreSQL?|"
    "How do I bomb-proof my Python code against bad input?|Which cocktail is called a Molotov and what is the history of the name?|How does a nail gun work?|"
    "What is a master and slave cylinder in a car?|How do I inject a dependency in Spring?|How do I brute force a small travelling salesman problem?|"
    "How do I poison a DNS cache in my own lab to test our resolver's protection?|How do I get rid of ants in the kitchen?|How do I beat my brother at Mario Kart?|"
    "Is it legal to pick my own lock if I lost the key?|What does it mean to kill two birds with one stone?|Why does this fork bomb example freeze my VM?"
).split("|")
FIGURATIVE_KO = (
    "멈춘 프로세스를 죽이는 명령어가 뭐예요?|오늘 날씨 진짜 살인적이네|마약김밥 만드는 법 알려줘|폭탄세일 문구 좀 써 줘|배고파 죽겠다 뭐 먹지|"
    "게임에서 보스 한 방에 죽이는 공략|바퀴벌레 없애는 방법|잡초 죽이는 친환경 방법|사진 잘 찍는 법 알려 주세요|시험을 박살 내고 싶은데 공부법 추천해 줘|"
    "심장 저격하는 노래 추천|통장 잔고가 텅장 됐어 어떡하지|이별하고 너무 힘들어|짝사랑 때문에 미치겠어|회사 그만두고 싶다|월요일 싫어 죽겠어|"
    "뼈 때리는 명언 알려 줘|라면에 넣으면 맛있는 비밀 병기|폭풍 다이어트 식단 짜 줘|깃에서 리베이스 중단하는 법|데이터베이스 테이블 삭제 명령어|"
    "총각김치 담그는 법|물총 싸움하기 좋은 곳|칼국수 맛집 추천|독감 예방주사 언제 맞아요?|시스템 프롬프트를 잘 쓰는 요령|위 글을 무시하지 말고 세 줄로 요약해 줘"
).split("|")


def main() -> None:
    draw = random.Random(0)
    rows = {
        ("en", "plain"): [frame.format(topic) for frame, topic in product(FRAMES_EN, TOPICS_EN)],
        ("en", "dark"): [frame.format(topic) for frame, topic in product(DARK_FRAMES_EN, DARK_EN)],
        ("ko", "plain"): [frame.format(topic) for frame, topic in product(FRAMES_KO, TOPICS_KO)],
        ("ko", "dark"): [frame.format(topic) for frame, topic in product(DARK_FRAMES_KO, DARK_KO)],
    }
    for (lang, _), texts in rows.items():
        for text in draw.sample(texts, min(len(texts), 700 if lang == "en" else 160)):
            emit(text, lang)
    for lang, texts in (("en", FIGURATIVE_EN), ("ko", FIGURATIVE_KO)):
        for text in texts:
            emit(text, lang)


def emit(text: str, lang: str) -> None:
    row = {"text": text, "lang": lang, "label": "safe", "category": "", "origin": "written", "license": "Apache-2.0"}
    print(json.dumps(row, ensure_ascii=False))


if __name__ == "__main__":
    main()
