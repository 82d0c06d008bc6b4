"""A key's form, what is kept of it, and that finding one takes the same steps for everybody."""

from __future__ import annotations

import ast
import inspect
import textwrap

from hypothesis import given
from hypothesis import strategies as st

from gateway.access.carried import Carried, carried
from gateway.access.key import FORM, LETTERS, SECRET_SIGNS, digest, holds_key, id_of, new_id, new_key, written_hash
from gateway.access.keyset import Key, KeySet
from tests.access.ring import key, secret

KNOWN = KeySet({one.id: one for one in (key("first"), key("second"))})
headers = st.lists(
    st.tuples(
        st.sampled_from([b"authorization", b"x-api-key", b"api-key", b"x-gateway-key", b"x-other", b"x-request-id"]),
        st.one_of(
            st.binary(max_size=20),
            st.sampled_from([secret("first").encode(), b"Bearer " + secret("second").encode(), b"Bearer sk-1", b"gg_"]),
        ),
    ),
    max_size=6,
)


def test_a_new_key_has_256_bits_and_is_never_the_same() -> None:
    made = {new_key(new_id()) for _ in range(200)}
    assert len(made) == 200
    assert len(LETTERS) ** SECRET_SIGNS > 2**256
    assert all(FORM.fullmatch(one.encode()) for one in made)


def test_a_made_key_is_found_by_what_is_kept_of_it() -> None:
    made = new_key("first")
    kept = Key("first", digest(made.encode()), "school", frozenset({"*"}), 0.0)
    assert KeySet({"first": kept}).find(made.encode()) is kept
    assert written_hash(made) == f"sha256:{kept.hash.hex()}"


@given(st.one_of(st.binary(max_size=80), st.from_regex(FORM, fullmatch=True)))
def test_nothing_but_a_key_is_found(presented: bytes) -> None:
    assert KNOWN.find(presented) is None
    assert (id_of(presented) is not None) == (FORM.fullmatch(presented) is not None)


@given(st.integers(0, 52), st.binary(min_size=1, max_size=3))
def test_a_key_that_was_changed_anywhere_is_not_found(at: int, other: bytes) -> None:
    right = secret("first").encode()
    changed = right[:at] + other + right[at + 1 :]
    assert KNOWN.find(changed) is (KNOWN.keys["first"] if changed == right else None)


def test_a_secret_is_good_for_its_own_id_only() -> None:
    assert KNOWN.find(secret("second").replace("second", "first").encode()) is KNOWN.keys["first"]  # the same letters
    other = KeySet({"second": Key("second", KNOWN.keys["first"].hash, "school", frozenset("*"), 0.0)})
    assert other.find(secret("second").encode()) is None


@given(headers)
def test_what_passes_on_holds_no_key_and_what_is_refused_none_of_it(given: list[tuple[bytes, bytes]]) -> None:
    found = carried(given, b"")
    if isinstance(found, Carried):
        assert not any(holds_key(value) for _, value in found.headers)
        assert not any(name == b"x-gateway-key" for name, _ in found.headers)
        kept = [one for one in given if one in found.headers]
        assert kept == found.headers
    else:
        assert "gg_" not in found.error.message


@given(st.binary(max_size=60))
def test_a_url_that_holds_a_key_in_any_spelling_is_refused(around: bytes) -> None:
    spelt = "".join(f"%{byte:02x}" for byte in secret("first").encode()).encode()
    assert not isinstance(carried([(b"authorization", secret("first").encode())], around + b"&" + spelt), Carried)


def test_every_way_through_finding_a_key_hashes_and_compares_in_constant_time() -> None:
    """By its structure: one hash and one `compare_digest`, in the function's first statements, under no condition, and
    the only comparison of hashes there is.
    """
    (function,) = ast.parse(textwrap.dedent(inspect.getsource(KeySet.find))).body
    assert isinstance(function, ast.FunctionDef)
    straight = [one for one in function.body if isinstance(one, ast.Assign)]
    assert not any(isinstance(node, ast.IfExp | ast.If) for one in straight for node in ast.walk(one))
    called = [node.func.id for one in straight for node in ast.walk(one) if calls(node)]
    assert (called.count("compare_digest"), called.count("digest")) == (1, 1)
    (last,) = [one for one in function.body if not isinstance(one, ast.Assign | ast.Expr)]
    assert isinstance(last, ast.Return)
    compared = [node for node in ast.walk(function) if isinstance(node, ast.Compare)]
    assert all(isinstance(op, ast.IsNot | ast.Is) for node in compared for op in node.ops)


def calls(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
