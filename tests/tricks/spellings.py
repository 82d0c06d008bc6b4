"""One JSON text, two readings: keys that are there twice or look alike, encodings, numbers, what stands around it."""

from __future__ import annotations

import json
from collections.abc import Iterator

from tests.tricks.requests import BODY, PLAIN, chat, post
from tests.tricks.trick import MARK, Trick, judged, refused

TURNS = json.dumps([{"role": "user", "content": MARK}]).encode()
HELLO = b'[{"role":"user","content":"hello"}]'


def twice(first: bytes, second: bytes) -> bytes:
    """An innocent body with a second `messages` before or behind the first."""
    return post(b'{"model":"m",%b:%b,%b:%b}' % (first, HELLO, second, TURNS))


def beside(key: str) -> bytes:
    return chat(**{key: [{"role": "user", "content": MARK}]})


def turn(members: bytes) -> bytes:
    return post(b'{"model":"m","messages":[{"role":"user",%b}]}' % members)


def keys() -> Iterator[Trick]:
    said = json.dumps(MARK).encode()
    hidden = b'"content":"hello","content":' + said
    yield refused(
        "duplicate key", "the first is judged, the last is read", twice(b'"messages"', b'"messages"'), "duplicate_key"
    )
    yield refused(
        "duplicate key, innocent last",
        "the last is judged, the first is read",
        post(b'{"model":"m","messages":%b,"messages":%b}' % (TURNS, HELLO)),
        "duplicate_key",
    )
    escaped = twice(b'"messages"', b'"\\u006dessages"')
    yield refused("duplicate key, escaped", "`\\u006dessages` beside `messages`", escaped, "duplicate_key")
    yield judged(
        "escaped key", "`messages` is written with escapes only", post(BODY.replace(b"mess", b"\\u006d\\u0065ss"))
    )
    yield refused("duplicate key in a message", "two `content`", turn(hidden), "duplicate_key")
    nested = b'"content":[{"type":"text","text":"hello","text":%b}]' % said
    yield refused("duplicate key in a part", "two `text`", turn(nested), "duplicate_key")
    deep = post(b'{"model":"m","messages":%b,"a":[{"b":{"c":1,"c":%b}}]}' % (HELLO, said))
    yield refused("duplicate key far below", "two `c` in an unknown field", deep, "duplicate_key")
    yield refused("duplicate empty key", 'two `""`', post(b'{"":1,"":%b,' % said + PLAIN[1:]), "duplicate_key")
    for key in ("Messages", "MESSAGES", "me\u017f\u017fages"):
        yield refused(f"key `{key}`", "Go folds case, the long s too", beside(key), "ambiguous_key")
    yield refused(
        "key `Content` in a message",
        "the same, in a message",
        turn(b'"content":"hello","Content":' + said),
        "ambiguous_key",
    )
    yield refused(
        "key `TEXT` in a part",
        "the same, in a part",
        turn(b'"content":[{"type":"text","text":"hello","TEXT":%b}]' % said),
        "ambiguous_key",
    )
    for told, key in LOOKALIKES.items():
        yield judged(f"key with {told}", "an upstream that trims or normalises reads it as `messages`", beside(key))
    yield judged("empty key", "a text under a key without a name", chat(**{"": MARK}))
    yield judged("text as a key", "the text is a key, its value nothing", chat(**{MARK: None}))
    yield judged("`__proto__`", "JavaScript may take its members for the body's", chat(__proto__={"documents": [MARK]}))
    yield judged("`constructor`", "the same, by another way", chat(constructor={"prototype": {"messages": MARK}}))
    yield judged("key in brackets", "`messages[0][content]`, as forms write it", chat(**{"messages[0][content]": MARK}))
    yield judged(
        "key with dots", "`messages.0.content`, as some servers unfold it", chat(**{"messages.0.content": MARK})
    )


LOOKALIKES = {
    "a Cyrillic letter": "m\u0435ssages",
    "full-width letters": "\uff4d\uff45\uff53\uff53\uff41\uff47\uff45\uff53",
    "a zero-width space": "messages\u200b",
    "a NUL": "messages\0",
    "a byte-order mark": "\ufeffmessages",
    "a trailing blank": "messages ",
    "a soft hyphen": "mes\u00adsages",
}


def encodings() -> Iterator[Trick]:
    wide = BODY.decode()
    for name in ("utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"):
        yield refused(name, "JSON readers that guess the encoding read it", post(wide.encode(name)), "invalid_json")
    yield refused("byte-order mark", "some readers skip it, some fail", post(b"\xef\xbb\xbf" + BODY), "invalid_json")
    overlong = BODY.replace(b"HARMFUL", b"H\xc1\x81RMFUL")
    yield refused("overlong UTF-8", "`A` in two bytes", post(overlong), "invalid_json")
    yield refused(
        "overlong quote",
        "a string that ends for some readers only",
        post(BODY.replace(b"hello", b"\xc0\xa2")[:-4] + b"\xc0\xa2}]}"),
        "invalid_json",
    )
    yield refused("latin-1", "a letter that is no UTF-8", post(BODY.replace(b"the", b"th\xe9")), "invalid_json")
    yield refused(
        "surrogates in UTF-8",
        "CESU-8, as Java writes it",
        post(BODY.replace(b"the", b"\xed\xa0\xbd\xed\xb8\x80")),
        "invalid_json",
    )
    yield refused(
        "lone surrogate", "`\\ud800`: dropped, replaced or kept", post(BODY.replace(b"the", b"\\ud800")), "invalid_json"
    )
    yield refused(
        "reversed surrogates", "`\\ude00\\ud83d`", post(BODY.replace(b"the", b"\\ude00\\ud83d")), "invalid_json"
    )
    yield judged(
        "escaped text",
        "every letter as `\\u`",
        post(BODY.replace(b"HARMFUL", b"\\u0048\\u0041\\u0052\\u004d\\u0046\\u0055\\u004c")),
    )
    yield refused(
        "raw control character", "a line break within a string", post(BODY.replace(b"the", b"the\n")), "invalid_json"
    )
    yield judged("escaped NUL", "a C reader stops at `\\u0000`", post(BODY.replace(b"tell", b"hello\\u0000tell")))


def numbers() -> Iterator[Trick]:
    for value in (b"NaN", b"Infinity", b"-Infinity", b"1e999", b"0x10", b"01", b"+1", b".5", b"1_000"):
        told = value.decode()
        yield refused(
            f"number `{told}`",
            "JSON to some readers only",
            post(b'{"temperature":%b,' % value + BODY[1:]),
            "invalid_json",
        )
    yield judged("integer of 400 digits", "readers round it, or fail", post(b'{"seed":%b,' % (b"9" * 300) + BODY[1:]))
    yield judged(
        "integer over 64 bits", "`max_tokens` overflows", post(b'{"max_tokens":18446744073709551617,' + BODY[1:])
    )
    yield judged(
        "number with many digits",
        "1e-400 and 1.000 are kept as written",
        post(b'{"top_p":1.000,"x":1e-400,' + BODY[1:]),
    )


def surroundings() -> Iterator[Trick]:
    yield refused("second object", "the first is judged, the last is read", post(PLAIN + BODY), "invalid_json")
    yield refused("lines of objects", "NDJSON", post(PLAIN + b"\n" + BODY + b"\n"), "invalid_json")
    yield refused("NUL behind it", "a C reader stops there", post(PLAIN + b"\0" + BODY), "invalid_json")
    yield refused("prefix", "`)]}'` before it, which some readers strip", post(b")]}'\n" + BODY), "invalid_json")
    yield refused("record separator", "JSON text sequences", post(b"\x1e" + BODY), "invalid_json")
    for name, sign in {
        "vertical tab": b"\x0b",
        "no-break space": b"\xc2\xa0",
        "line separator": b"\xe2\x80\xa8",
    }.items():
        yield refused(f"{name} around it", "a blank to some readers", post(sign + BODY), "invalid_json")
    yield judged("blanks around it", "all that JSON has", post(b" \t\r\n" + BODY + b"\n \t"))
    comment = PLAIN[:-1] + b'/*,"messages":' + TURNS + b"*/}"
    yield refused("comment", "`/* */` hides a member", post(comment), "invalid_json")
    yield refused(
        "line comment", "`//` hides a member", post(PLAIN[:-1] + b'//\n,"messages":' + TURNS + b"}"), "invalid_json"
    )
    yield refused("single quotes", "JSON5", post(BODY.replace(b'"', b"'")), "invalid_json")
    yield refused("bare keys", "JSON5", post(BODY.replace(b'"messages"', b"messages")), "invalid_json")
    yield refused("trailing comma", "JSON5", post(BODY[:-1] + b",}"), "invalid_json")
    yield refused("cut short", "a reader that repairs it", post(BODY[:-1]), "invalid_json")
    yield refused("list", "a batch of bodies", post(b"[" + BODY + b"]"), "invalid_json")
    yield refused("string", "JSON in a string, read twice", post(json.dumps(BODY.decode()).encode()), "invalid_json")
    yield refused("empty body", "nothing to judge", post(b""), "invalid_json")
    yield refused("deep nesting", "100,000 lists", post(b"[" * 100_000), "invalid_json")
    media = b'{"model":"m","messages":[{"role":"user","content":[{"type":"image_url","image_url":%b}]}]}'
    yield refused(
        "deep picture",
        "1,000 lists where media stand",
        post(media % (b"[" * 1000 + json.dumps(MARK).encode() + b"]" * 1000)),
        "unscannable_content",
    )
    below = b"[" * 1000 + json.dumps(MARK).encode() + b"]" * 1000
    yield judged("text 1,000 lists deep", "a reader that gives up on the way", post(b'{"x":%b,' % below + PLAIN[1:]))
    yield refused(
        "text 1,000 lists deep in a message",
        "the same, in a message",
        post(b'{"model":"m","messages":[{"role":"user","content":"hello","x":%b}]}' % below),
        "invalid_json",
    )
    twice_deep = post(b'{"x":%b,"x":1,' % below + PLAIN[1:])
    yield refused(
        "duplicate key around it", "the reader that looks for duplicates gives up", twice_deep, "invalid_json"
    )
