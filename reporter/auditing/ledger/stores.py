"""What a ledger needs of the database it is kept in: the contract of sqlite.py and postgresql.py."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Protocol

from sqlalchemy import Connection, Table
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from reporter.errors import LedgerError


class Store(Protocol):
    """A database that is open, checked and of this version."""

    name: str  # without a password

    def writing(self) -> AbstractContextManager[Connection]:
        """A transaction that writes: committed, and on disk, when it ends well; undone when it does not."""
        ...

    def reading(self) -> AbstractContextManager[Connection]:
        """A transaction that only reads, and holds no writer up."""
        ...

    def insert(self, table: Table) -> Any:
        """An INSERT that knows ON CONFLICT."""
        ...

    def lock(self, audit: str) -> AbstractContextManager[bool]:
        """The lock of an audit, at once or not at all; it goes with the process."""
        ...

    def orphaned(self, error: DBAPIError) -> bool:
        """Whether the row belongs to a run that is not there."""
        ...

    def reason(self, error: BaseException) -> LedgerError:
        """What a database's error comes down to, in one line."""
        ...

    def close(self) -> None: ...


@contextmanager
def in_one_line(store: Store) -> Iterator[None]:
    """Errors of a database as LedgerErrors. The statements in them are left out: they hold data."""
    try:
        yield
    except (SQLAlchemyError, OSError) as error:
        raise store.reason(error) from error
