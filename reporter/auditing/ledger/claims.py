"""Who is at work on an audit: since when, and whether it is still the same run.

The lock itself is the database's (see `Store.lock`), so that it goes with the process. The row says who has it, and
its token fences off a run that has lost the lock without noticing.
"""

from __future__ import annotations

import os
import secrets
import socket
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, select

from reporter.auditing.ledger.rows import told
from reporter.auditing.ledger.schema import CLAIMS
from reporter.errors import LedgerError, Locked


def fresh(audit: str) -> dict[str, Any]:
    """A new claim of this process."""
    who = {"host": socket.gethostname(), "process": os.getpid(), "token": secrets.token_hex(16)}
    return {"audit": audit, "since": datetime.now(UTC).replace(microsecond=0), **who}


def locked(reading: Callable[[], AbstractContextManager[Connection]], audit: str) -> Locked:
    """What to say to the second one. The first has the lock a moment before its row is there: wait for it."""
    for patience in (0.1, 0.4, 0.5):
        time.sleep(patience)
        with reading() as connection:
            row = connection.execute(select(CLAIMS).where(CLAIMS.c.audit == audit)).one_or_none()
        if row is not None:
            break
    who = f" since {told(row.since)} (process {row.process} on {row.host})" if row else ""
    return Locked(f"another run of the audit {audit!r} has been at work{who}", remedy="nothing was done")


def refuse_displaced(connection: Connection, audit: str, token: str) -> None:
    """Raise LedgerError when another run has claimed the audit meanwhile; hold off who would do so now."""
    query = select(CLAIMS.c.token).where(CLAIMS.c.audit == audit).with_for_update(read=True)
    if connection.scalar(query) != token:
        problem = f"this run has lost its hold on the audit {audit!r}, and another has begun"
        raise LedgerError(problem, remedy="what was committed before stays; this run ends here")
