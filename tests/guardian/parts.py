"""Looks at the parts that a guardian is joined from."""

from __future__ import annotations

from gateway.guardian.client import Client
from gateway.guardian.judge import Guardian
from gateway.guardian.retrying import Retrying


def client_of(guardian: Guardian) -> Client:
    assert isinstance(guardian.source, Retrying)
    assert isinstance(guardian.source.source, Client)
    return guardian.source.source
