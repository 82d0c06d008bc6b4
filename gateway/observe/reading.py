"""Reads audit records back: the latest, those of one request, those since a time. It never creates a database."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Self

from sqlalchemy import Select, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.errors import ConfigurationError
from gateway.observe.schema import AUDIT, async_url, check, database_file, open_engine

COLUMNS = tuple(column for column in AUDIT.c if column.name != "key")
NAMES = tuple(str(column.name) for column in COLUMNS)
Stored = dict[str, Any]


class AuditReader:
    """Records as dictionaries of their columns, less the internal `key`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self.connection = connection

    @classmethod
    @asynccontextmanager
    async def open(cls, url: str) -> AsyncIterator[Self]:
        """Raises ConfigurationError when there is no audit of our version."""
        parsed = async_url(url)
        file, place = database_file(parsed), parsed.render_as_string(hide_password=True)
        if file is not None and not file.exists():
            raise ConfigurationError(f"there is no audit database `{file}` yet: has the gateway run with this setting?")
        engine = open_engine(parsed)
        try:
            async with engine.connect() as connection:
                await connection.run_sync(check)
                yield cls(connection)
        except (SQLAlchemyError, OSError) as error:
            told = getattr(error, "orig", None) or error
            raise ConfigurationError(f"the audit database `{place}` cannot be read: {told}") from None
        finally:
            await engine.dispose()

    async def latest(self, count: int) -> list[Stored]:
        """The last `count` records, oldest first."""
        newest = select(*COLUMNS).order_by(AUDIT.c.started.desc(), AUDIT.c.key.desc()).limit(count)
        return [one async for one in self.rows(newest)][::-1]

    async def find(self, request_id: str) -> list[Stored]:
        """Every record of a request id: a caller may send the same one twice."""
        wanted = select(*COLUMNS).where(AUDIT.c.request_id == request_id).order_by(AUDIT.c.started)
        return [one async for one in self.rows(wanted)]

    async def since(self, started: float) -> AsyncIterator[Stored]:
        """Records that started at this UNIX time or later, oldest first, without holding them all."""
        async for one in self.rows(select(*COLUMNS).where(AUDIT.c.started >= started).order_by(AUDIT.c.started)):
            yield one

    async def rows(self, wanted: Select[Any]) -> AsyncIterator[Stored]:
        async for found in await self.connection.stream(wanted):
            yield dict(zip(NAMES, found, strict=True))
