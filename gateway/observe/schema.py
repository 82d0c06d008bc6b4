"""The audit's tables. A change of their columns raises VERSION: an older database is then refused, never misread."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Connection,
    Dialect,
    Float,
    Index,
    Insert,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    event,
    insert,
    select,
    text,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool
from sqlalchemy.schema import CreateIndex, CreateTable

from gateway.errors import ConfigurationError

VERSION = 4
DRIVERS = {
    "sqlite": "sqlite+aiosqlite",
    "postgresql": "postgresql+asyncpg",
    "postgres": "postgresql+asyncpg",
}
ADVISORY_LOCK = 0x67_61_74_65
"""One replica at a time creates the tables in PostgreSQL."""
BUSY_MILLISECONDS = 2000
Row = Mapping[str, Any]

METADATA = MetaData()
SCHEMA = Table("audit_schema", METADATA, Column("version", Integer, primary_key=True, autoincrement=False))
AUDIT = Table(
    "audit",
    METADATA,
    Column("key", String(64), primary_key=True),
    Column("request_id", String(128), nullable=False),
    Column("started", Float(53), nullable=False),
    Column("surface", Text, nullable=False),
    Column("tenant", Text, nullable=False),
    Column("model", Text, nullable=False),
    Column("stream", Boolean, nullable=False),
    Column("tools", Boolean, nullable=False),
    Column("characters", Integer, nullable=False),
    Column("conversation", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("rule", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("policy_version", Text, nullable=False),
    Column("scanned", Text, nullable=False),
    Column("unscanned", Text, nullable=False),
    Column("outcomes", JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
    Column("output", JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
    Column("answer_characters", Integer),
    Column("told", JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
    Column("shadow", JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
    Column("status", Integer, nullable=False),
    Column("upstream", Text),
    Column("upstream_status", Integer),
    Column("ended", Text, nullable=False),
    Column("speculation", Text),
    Column("wasted_tokens", Integer, nullable=False),
    Column("judge_seconds", Float(53), nullable=False),
    Column("first_byte_seconds", Float(53)),
    Column("total_seconds", Float(53), nullable=False),
    Column("query", Text),
    Column("answer", Text),
    Index("audit_by_request", "request_id"),
    Index("audit_by_start", "started"),
)


def async_url(url: str) -> URL:
    """The URL with an asynchronous driver: `sqlite:///audit.db` and `postgresql://host/db` mean the ones we use."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        raise ConfigurationError(
            "`GATEWAY_AUDIT__URL` is not a database URL: write it as `sqlite:///audit.db` or `postgresql://user@host/db`"
        ) from None
    return parsed.set(drivername=DRIVERS.get(parsed.drivername, parsed.drivername))


def open_engine(url: URL) -> AsyncEngine:
    """One connection: one task uses it. Error texts never hold the values of a row."""
    try:
        engine = create_async_engine(
            url,
            poolclass=AsyncAdaptedQueuePool,
            pool_size=1,
            max_overflow=0,
            pool_pre_ping=url.get_backend_name() != "sqlite",
            hide_parameters=True,
            json_serializer=to_json,
            json_deserializer=orjson.loads,
        )
    except (ImportError, NoSuchModuleError):
        raise ConfigurationError(
            f"`GATEWAY_AUDIT__URL` needs a driver for `{url.drivername}`: "
            "install `guardian-gateway[postgres]`, or use SQLite"
        ) from None
    if url.get_backend_name() == "sqlite":
        event.listen(engine.sync_engine, "connect", prepare_sqlite)
    return engine


def prepare_sqlite(connection: Any, record: object) -> None:
    """WAL: readers never wait for the writer. A killed process loses nothing that was committed."""
    del record
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", f"busy_timeout={BUSY_MILLISECONDS}"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def database_file(url: URL) -> Path | None:
    """The file of an SQLite database; None for one in memory or on a server."""
    if url.get_backend_name() != "sqlite" or url.database in (None, "", ":memory:"):
        return None
    return Path(str(url.database))


def create(connection: Connection) -> None:
    """Makes the tables where they are missing, and refuses those of another version."""
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"SELECT pg_advisory_xact_lock({ADVISORY_LOCK})"))
    for table in METADATA.sorted_tables:
        connection.execute(CreateTable(table, if_not_exists=True))
        for index in sorted(table.indexes, key=lambda index: str(index.name)):
            connection.execute(CreateIndex(index, if_not_exists=True))
    if version(connection) is None:
        connection.execute(missing_only(connection.dialect, SCHEMA), {"version": VERSION})
    check(connection)


def version(connection: Connection) -> int | None:
    return connection.execute(select(SCHEMA.c.version)).scalar()


def check(connection: Connection) -> None:
    if (found := version(connection)) != VERSION:
        raise ConfigurationError(
            f"the audit database has schema {found}, this gateway has schema {VERSION}: "
            "set `GATEWAY_AUDIT__URL` to a new database; the old one is read by the version that wrote it"
        )


def missing_only(dialect: Dialect, table: Table) -> Insert:
    """An insert that leaves rows alone whose key is there, so that a batch of unknown fate can be sent again."""
    match dialect.name:
        case "sqlite":
            return sqlite.insert(table).on_conflict_do_nothing()
        case "postgresql":
            return postgresql.insert(table).on_conflict_do_nothing()
        case _:
            return insert(table)


def to_json(value: object) -> str:
    return orjson.dumps(value).decode()
