"""Whatever is asked and whatever is answered: through the gateway it is the same as without it."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.upstream.sse import EventSplitter
from tests.transparency.answers import answers, cut_answers, to_head, waiting_answers
from tests.transparency.asked import post
from tests.transparency.judged_answers import Case, streamed, streamed_and_cut, whole
from tests.transparency.lab import GATEWAYS, UNREAD, Lab
from tests.transparency.requests import bodies, headers, model_ids, queries, request
from tests.transparency.scripted import Answer
from tests.transparency.surfaces import SURFACES
from tests.transparency.wire import Header

OK = Answer((b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}",))
many = settings(
    max_examples=int(os.environ.get("TRANSPARENCY_EXAMPLES", "100")),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)
pytestmark = pytest.mark.timeout(3600)


@pytest.mark.parametrize("gateway", GATEWAYS)
@many
@given(asked=bodies(), more=headers(), query=queries)
def test_a_request_reaches_the_upstream_as_it_was_sent(
    lab: Lab, gateway: str, asked: tuple[str, bytes], more: list[Header], query: bytes
) -> None:
    path, body = asked
    answer = OK if gateway != "read" else Answer((b"HTTP/1.1 400 No\r\nContent-Length: 2\r\n\r\n{}",))
    lab.both(gateway, post(path, body, query, more), answer).same()


@pytest.mark.parametrize("gateway", UNREAD)
@many
@given(path=st.sampled_from([one.path for one in SURFACES]), answer=answers())
def test_an_answer_reaches_the_client_as_it_was_sent(lab: Lab, gateway: str, path: str, answer: Answer) -> None:
    both = lab.both(gateway, post(path), answer)
    assert both.direct.complete
    both.same()


@pytest.mark.parametrize("gateway", UNREAD)
@many
@given(path=st.sampled_from([one.path for one in SURFACES]), answer=cut_answers())
def test_an_answer_that_breaks_off_breaks_off_where_it_did(lab: Lab, gateway: str, path: str, answer: Answer) -> None:
    lab.both(gateway, post(path), answer).same()


@pytest.mark.parametrize("gateway", UNREAD)
@many
@given(path=st.sampled_from([one.path for one in SURFACES]), waiting=waiting_answers())
def test_each_chunk_comes_before_the_next_is_sent(
    lab: Lab, gateway: str, path: str, waiting: tuple[Answer, tuple[int, ...]]
) -> None:
    """The upstream writes a chunk only when the client has the one before: held back, it would never come."""
    answer, ends = waiting
    both = lab.both(gateway, post(path), answer, ends=ends)
    assert both.direct.complete
    both.same()


@pytest.mark.parametrize("gateway", GATEWAYS)
@many
@given(
    method=st.sampled_from([b"GET", b"HEAD"]),
    model=st.none() | model_ids,
    slash=st.sampled_from(["/", "%2F", "%2f"]),
    query=queries,
    more=headers(),
    answer=answers(),
)
def test_models_are_asked_for_and_told_as_they_are(
    lab: Lab,
    gateway: str,
    method: bytes,
    model: str | None,
    slash: str,
    query: bytes,
    more: list[Header],
    answer: Answer,
) -> None:
    path = "/v1/models" if model is None else f"/v1/models/{model.replace('/', slash)}"
    target = path.encode() + (b"?" + query if query else b"")
    told = to_head(answer) if method == b"HEAD" else answer
    lab.both(gateway, request(method, target, more, None), told, bodiless=method == b"HEAD").same()


@many
@given(case=st.one_of(whole(), streamed()))
def test_an_answer_that_was_judged_is_released_as_it_was_sent(lab: Lab, case: Case) -> None:
    both = lab.both("read", case.asked, case.answer)
    assert both.direct.complete
    both.same()
    assert (b"x-guardian-scanned", b"output") in both.through.headers


@many
@given(case=streamed_and_cut())
def test_a_judged_answer_that_breaks_off_breaks_off_too(lab: Lab, case: Case) -> None:
    """The event in which it broke off is nobody's, so it stays behind. Where there is no other, nothing could be read,
    which is an error as under any rule.
    """
    both = lab.both("read", case.asked, case.answer)
    assert not both.direct.complete
    if not EventSplitter().feed(both.direct.body):
        assert (both.through.status, b"guardian_unavailable" in both.through.body) == (503, True)
        return
    assert (both.through.status, both.through.complete) == (200, False)
    assert both.direct.body.startswith(both.through.body)
