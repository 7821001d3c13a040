"""Engines, sessions and column types that behave alike on SQLite and PostgreSQL.

SQLite: WAL, foreign keys on, FULL sync (an outcome that was committed must survive a power cut), and
`BEGIN IMMEDIATE` for every writing transaction: a deferred one that turns into a writer fails at once with
"database is locked" instead of waiting (SQLite's documentation of SQLITE_BUSY_SNAPSHOT).
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Annotated, Any, cast

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    CursorResult,
    Dialect,
    Engine,
    Enum,
    Integer,
    MetaData,
    Table,
    UpdateBase,
    event,
    func,
    make_url,
)
from sqlalchemy import cast as cast_sql
from sqlalchemy import create_engine as sa_create_engine
from sqlalchemy.orm import DeclarativeBase, Session, mapped_column, sessionmaker
from sqlalchemy.types import DateTime, TypeDecorator

from app.foundation.pen import BEGIN_WRITING, BUSY_TIMEOUT_MS, Pen
from app.foundation.straight import Driver, looking, noting
from app.foundation.together import Outcome, Together


class UtcDateTime(TypeDecorator[datetime]):
    """Aware datetimes in UTC on both databases; SQLite would hand back naive ones."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime must not reach the database")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


BigId = BigInteger().with_variant(Integer, "sqlite")
PrimaryKey = Annotated[int, mapped_column(BigId, primary_key=True, autoincrement=True)]


def enum_type(kind: type[StrEnum]) -> Enum:
    """A StrEnum stored as its value in a VARCHAR(32): adding a member needs no migration."""
    return Enum(
        kind,
        native_enum=False,
        length=32,
        create_constraint=False,
        values_callable=lambda members: [member.value for member in members],
    )


class Base(DeclarativeBase):
    """Declarative base; constraint names are fixed so that migrations can name them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {datetime: UtcDateTime, int: BigId}  # noqa: RUF012  (SQLAlchemy's own protocol)


@dataclass(frozen=True)
class Database:
    """An engine and two ways to a session: `write` takes the write lock at BEGIN, `read` never does."""

    engine: Engine
    write: sessionmaker[Session]
    read: sessionmaker[Session]
    pen: Pen
    together: Together

    @property
    def is_postgresql(self) -> bool:
        return self.engine.dialect.name == "postgresql"

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session for reading only, rolled back at the end."""
        with self.read() as session:
            yield session
            session.rollback()

    def glancing(self) -> AbstractContextManager[Driver]:
        """The driver itself for one question about columns: what is asked most often goes without a session."""
        return looking(self.engine)

    def note(self, change: Callable[[Driver], Outcome]) -> Outcome:
        """A small change straight through the driver, which may run twice: what it returns, once it is committed.

        Whoever listens to sessions is not told, so it is not for what rings a bell or shows on a public page.
        """
        if not self.is_postgresql:
            return self.together.run(change)
        with noting(self.engine) as driver:  # many write at once there, and the server gathers commits itself
            outcome = change(driver)
        return outcome

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A session that commits when the block ends well and rolls back when it raises."""
        with self.write.begin() as session:
            yield session

    def forget_connections(self) -> None:
        """First thing in a forked child: the parent's sockets are not ours (SQLAlchemy, "Using Connection
        Pools with Multiprocessing")."""
        self.pen.forget()
        self.engine.dispose(close=False)


def create_engine(url: str, **options: Any) -> Engine:
    """An engine for a SQLAlchemy URL with our pragmas and isolation; connects lazily."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        options.setdefault("pool_pre_ping", True)
        return sa_create_engine(parsed, **options)
    if parsed.database and parsed.database != ":memory:":
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    engine = sa_create_engine(parsed, **options)
    event.listen(engine, "connect", _sqlite_connect)
    event.listen(engine, "begin", _sqlite_begin)
    return engine


def open_database(url: str, *, idle_seconds: int = 0, **options: Any) -> Database:
    """The Database for a URL; nothing is connected yet.

    `idle_seconds`: PostgreSQL ends a transaction in which nothing was asked for so long, so that a process that was
    stopped does not keep its locks from those who take its work over. 0 lets it be; SQLite has no such thing.
    """
    engine = create_engine(url, **options)
    if engine.dialect.name == "postgresql":
        event.listen(engine, "connect", partial(_postgresql_connect, idle_seconds=idle_seconds))
    reading = engine.execution_options(handoff_read=True)
    pen = Pen(engine)
    event.listen(engine, "engine_disposed", lambda _: pen.close())
    return Database(
        engine=engine,
        write=sessionmaker(engine, expire_on_commit=False),
        read=sessionmaker(reading, autoflush=False),
        pen=pen,
        together=Together(pen.noting),
    )


def changed_rows(session: Session, statement: UpdateBase) -> int:
    """Run an UPDATE or DELETE and say how many rows it changed: `UPDATE … WHERE state = 'old'` is how we claim."""
    result = session.execute(statement)
    if not isinstance(result, CursorResult):
        raise TypeError("only an UPDATE or DELETE can be counted")
    return result.rowcount


def table_of(model: type[Base]) -> Table:
    """The table of a model, for statements that are to bring back rows and not objects."""
    return cast(Table, model.__table__)


def unindexed(column: Any) -> Any:
    """The column's value in a form that no index serves: where a range of primary keys is the way to the rows, SQLite
    without statistics would rather walk an index through half of the table."""
    return func.coalesce(column, column)


def database_ms(dialect: str) -> ColumnElement[int]:
    """The database's own clock in milliseconds since 1970, for leases: workers' clocks may differ."""
    if dialect == "postgresql":
        return cast_sql(func.extract("epoch", func.clock_timestamp()) * 1000, BigInteger)
    return cast_sql((func.julianday("now") - 2440587.5) * 86_400_000, Integer)


def dialect_of(session: Session) -> str:
    """`sqlite` or `postgresql`."""
    return session.get_bind().dialect.name


def _postgresql_connect(connection: Any, _record: object, *, idle_seconds: int) -> None:
    """What was committed must survive a crash (a server may be set up to answer before it has written), and a
    transaction that hangs must not keep its locks."""
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('synchronous_commit', CASE current_setting('synchronous_commit') WHEN 'off' THEN 'on' "
            "ELSE current_setting('synchronous_commit') END, false)"
        )
        if idle_seconds:
            cursor.execute(f"SET idle_in_transaction_session_timeout = {idle_seconds * 1000}")
    connection.autocommit = False


def _sqlite_connect(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves, see _sqlite_begin
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()


def _sqlite_begin(connection: Any) -> None:
    read = connection.get_execution_options().get("handoff_read", False)
    connection.exec_driver_sql("BEGIN" if read else BEGIN_WRITING)
