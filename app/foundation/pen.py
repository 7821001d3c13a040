"""The connection by which a process notes small changes in SQLite.

SQLite lets one write at a time, and of a process one thread writes for all (`together.py`), so one connection is
enough. It stays open, which keeps its pages and statements at hand, and it waits in its own way for the writer before:
SQLite looks again after 1, 2, 5 and 10 ms, and a small change is over in less than the first of them.
"""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine, PoolProxiedConnection
from sqlalchemy.engine.interfaces import DBAPICursor

from app.foundation.straight import Driver, open_connection, told

BUSY_TIMEOUT_MS = 15_000
BEGIN_WRITING = "BEGIN IMMEDIATE"
SHORTEST_PAUSE, LONGEST_PAUSE = 0.000_1, 0.025
"""Seconds between two looks whether the writer before is done."""


class Pen:
    """For one thread at a time."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._open: PoolProxiedConnection | None = None

    @contextmanager
    def noting(self) -> Iterator[Driver]:
        """The driver in a writing transaction, which is committed when the block ends well."""
        dialect = self._engine.dialect
        connection = self._open or self._begin()
        try:
            cursor = connection.cursor()
            with told(dialect, BEGIN_WRITING):
                _begin_soon(cursor)
            yield Driver(cursor, dialect)
            with told(dialect, "COMMIT"):
                connection.commit()
        except BaseException:
            self._undo(connection)
            raise

    def _begin(self) -> PoolProxiedConnection:
        connection = open_connection(self._engine)
        connection.detach()
        connection.cursor().execute("PRAGMA busy_timeout = 0")
        self._open = connection
        return connection

    def _undo(self, connection: PoolProxiedConnection) -> None:
        try:
            connection.rollback()
        except self._engine.dialect.loaded_dbapi.Error:
            self.close()  # the next change begins with a connection that is whole

    def close(self) -> None:
        """Until the next change."""
        connection, self._open = self._open, None
        if connection is not None:
            connection.close()

    def forget(self) -> None:
        """In a forked child: the parent's connection is not ours, and not ours to close."""
        self._open = None


def _begin_soon(cursor: DBAPICursor) -> None:
    """Raises sqlite3.OperationalError when the writer before has not ended after BUSY_TIMEOUT_MS."""
    pause, until = SHORTEST_PAUSE, time.monotonic() + BUSY_TIMEOUT_MS / 1000
    while True:
        try:
            cursor.execute(BEGIN_WRITING)
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
        time.sleep(pause)
        pause = min(pause * 1.2, LONGEST_PAUSE)
