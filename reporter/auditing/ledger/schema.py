"""Tables of the ledger, the same in SQLite and PostgreSQL; who changes them counts VERSION up.

A result belongs to (audit, slot, study, item); a slot is stored in UTC as ISO 8601, so that text order is time order.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    Dialect,
    Float,
    ForeignKeyConstraint,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
)
from sqlalchemy.types import TypeEngine

from reporter.auditing.ledger.rows import told

VERSION = 1
APPLICATION = 0x52505452  # "RPTR", in the header of a SQLite file

METADATA = MetaData()
# PostgreSQL only: a SQLite file holds the version in its header.
VERSIONS = Table("reporter_ledger", MetaData(), Column("version", Integer, primary_key=True, autoincrement=False))


class Moment(TypeDecorator[datetime]):
    """A moment in UTC as ISO 8601 text."""

    impl = String
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        # The rules by which a database sorts words would put "+" and "." anywhere.
        return dialect.type_descriptor(String(collation="C" if dialect.name == "postgresql" else None))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        return None if value is None else told(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        return None if value is None else datetime.fromisoformat(value).astimezone(UTC)


def _of_run() -> tuple[Column[str], Column[datetime], ForeignKeyConstraint]:
    return (
        Column("audit", String, primary_key=True),
        Column("slot", Moment, primary_key=True),
        ForeignKeyConstraint(["audit", "slot"], ["reporter_runs.audit", "reporter_runs.slot"], ondelete="CASCADE"),
    )


RUNS = Table(
    "reporter_runs",
    METADATA,
    Column("audit", String, primary_key=True),
    Column("slot", Moment, primary_key=True),
    Column("state", String, nullable=False),
    Column("started", Moment, nullable=False),
    Column("finished", Moment),
    Column("seconds", Float, nullable=False, default=0.0),
    Column("reference", Text, nullable=False),
    Column("pinned", Boolean, nullable=False, default=False),
    Column("note", Text, nullable=False, default=""),
    Column("reports", Text, nullable=False, default="[]"),  # JSON
    Column("worst", String),
    Column("counts", Text, nullable=False, default="{}"),  # JSON
)
RESULTS = Table(
    "reporter_results",
    METADATA,
    *_of_run(),
    Column("study", String, primary_key=True),
    Column("item", String, primary_key=True),  # see stored.identity
    Column("failed", Boolean, nullable=False),
    Column("done", Text, nullable=False),  # JSON
)
OVERVIEWS = Table(
    "reporter_overviews",
    METADATA,
    *_of_run(),
    Column("study", String, primary_key=True),
    Column("overview", Text, nullable=False),  # JSON
)
FINDINGS = Table(
    "reporter_findings",
    METADATA,
    *_of_run(),
    Column("position", Integer, primary_key=True, autoincrement=False),
    # For those who ask the database itself; the ledger reads the JSON alone.
    Column("severity", String, nullable=False),
    Column("check_name", String, nullable=False),
    Column("study", String, nullable=False),
    Column("finding", Text, nullable=False),  # JSON
)
SCHEDULES = Table(
    "reporter_schedules",
    METADATA,
    Column("audit", String, primary_key=True),
    Column("file", Text, nullable=False),
    Column("at", String, nullable=False),
    Column("time_zone", String, nullable=False),
    Column("catch_up", String, nullable=False),
    Column("grace_hours", Float, nullable=False),
    Column("stored", Moment, nullable=False),
    Column("last", Moment),
)
# Who is at work. The lock itself is the database's; this says since when, and whether it is still the same one.
CLAIMS = Table(
    "reporter_claims",
    METADATA,
    Column("audit", String, primary_key=True),
    Column("since", Moment, nullable=False),
    Column("host", String, nullable=False),
    Column("process", Integer, nullable=False),
    Column("token", String, nullable=False),
)
NAMES = frozenset(METADATA.tables)
