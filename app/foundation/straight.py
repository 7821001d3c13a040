"""Statements that are asked so often that they go straight to the driver.

Each is written in SQLAlchemy's language as any other, compiled once for each kind of database, and then run on a bare
cursor: values go in and come out through the same column types. What is left out is what SQLAlchemy does around every
execution, which for one row by its key costs several times the question itself.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Dialect, Engine, PoolProxiedConnection, Select, UpdateBase
from sqlalchemy.engine.interfaces import DBAPICursor
from sqlalchemy.exc import DBAPIError, NoResultFound
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import TypeEngine

Convert = Callable[[Any], Any] | None
Row = tuple[Any, ...]
Statement = Select[Any] | UpdateBase


@dataclass(frozen=True)
class _Ready:
    """A statement as one kind of database takes it: its words, the order of its values, how they are converted."""

    words: str
    order: tuple[str, ...] | None
    fixed: Mapping[str, Any]
    going_in: Mapping[str, Convert]
    coming_out: tuple[Convert, ...]

    def values(self, given: Mapping[str, Any]) -> Any:
        """As the driver takes them: by place or by name."""
        ready = dict(self.fixed)
        for name, convert in self.going_in.items():
            ready[name] = convert(given[name]) if convert else given[name]
        return [ready[name] for name in self.order] if self.order is not None else ready


class Straight:
    """A statement, ready for each kind of database from its second use on."""

    def __init__(self, statement: Statement) -> None:
        self._statement = statement
        self._ready: dict[str, _Ready] = {}

    def on(self, dialect: Dialect) -> _Ready:
        """Compiled for this kind of database."""
        ready = self._ready.get(dialect.name)
        if ready is None:
            ready = self._ready[dialect.name] = _compile(self._statement, dialect)
        return ready


class Driver:
    """A cursor of the driver within somebody's transaction. Its errors are SQLAlchemy's, as everywhere."""

    def __init__(self, cursor: DBAPICursor, dialect: Dialect) -> None:
        self._cursor, self._dialect = cursor, dialect

    def row(self, statement: Straight, **given: Any) -> Row | None:
        """The only row, or None."""
        ready = statement.on(self._dialect)
        self._run(ready.words, ready.values(given))
        found = self._cursor.fetchall()
        if not found:
            return None
        pairs = zip(ready.coming_out, found[0], strict=True)
        return tuple([convert(value) if convert else value for convert, value in pairs])

    def one(self, statement: Straight, **given: Any) -> Row:
        """The only row. Raises NoResultFound."""
        found = self.row(statement, **given)
        if found is None:
            raise NoResultFound
        return found

    def change(self, statement: Straight, **given: Any) -> int:
        """How many rows were changed or added."""
        ready = statement.on(self._dialect)
        self._run(ready.words, ready.values(given))
        return self._cursor.rowcount

    def _run(self, words: str, values: Any) -> None:
        with told(self._dialect, words):
            self._cursor.execute(words, values)


def driver_of(connection: Connection) -> Driver:
    """The driver beneath a connection, within its transaction."""
    return Driver(connection.connection.cursor(), connection.dialect)


class told:
    """Around a driver's call: its errors as SQLAlchemy would have raised them. The values, which may be a reader's, are
    left out of their words."""

    __slots__ = ("_dialect", "_words")

    def __init__(self, dialect: Dialect, words: str) -> None:
        self._dialect, self._words = dialect, words

    def __enter__(self) -> None:
        pass

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        base = self._dialect.loaded_dbapi.Error
        if isinstance(error, base):
            raise DBAPIError.instance(
                self._words, None, error, base, hide_parameters=True, dialect=self._dialect
            ) from error


@contextmanager
def looking(engine: Engine) -> Iterator[Driver]:
    """The driver for one question, which needs no transaction: two of four journeys to a PostgreSQL server less.
    SQLite's driver begins none by itself."""
    connection = open_connection(engine)
    server = connection.dbapi_connection if engine.dialect.name == "postgresql" else None
    try:
        if server is not None:
            server.autocommit = True
        yield Driver(connection.cursor(), engine.dialect)
    finally:
        try:
            if server is not None:
                server.autocommit = False
        except engine.dialect.loaded_dbapi.Error:  # it is away, which whoever asked was told
            connection.invalidate()
        connection.close()


@contextmanager
def noting(engine: Engine) -> Iterator[Driver]:
    """The driver in a writing transaction, which is committed when the block ends well."""
    connection = open_connection(engine)
    try:
        yield Driver(connection.cursor(), engine.dialect)
        with told(engine.dialect, "COMMIT"):
            connection.commit()
    finally:
        connection.close()  # which rolls back what was not committed


def open_connection(engine: Engine) -> PoolProxiedConnection:
    """One of the pool's."""
    with told(engine.dialect, "CONNECT"):
        return engine.raw_connection()


def _compile(statement: Statement, dialect: Dialect) -> _Ready:
    compiled = statement.compile(dialect=dialect)
    assert isinstance(compiled, SQLCompiler)
    assert not compiled.post_compile_params, "a list (IN) has no fixed words"
    fixed: dict[str, Any] = {}
    going_in: dict[str, Convert] = {}
    for name, bind in compiled.binds.items():
        convert = bind.type.dialect_impl(dialect).bind_processor(dialect)
        if bind.required:
            going_in[name] = convert
        else:
            fixed[name] = convert(bind.effective_value) if convert else bind.effective_value
    order = tuple(compiled.positiontup or ()) if compiled.positional else None
    return _Ready(str(compiled), order, fixed, going_in, _results(statement, dialect))


def _results(statement: Statement, dialect: Dialect) -> tuple[Convert, ...]:
    return tuple(_result(column.type, dialect) for column in statement.exported_columns)


def _result(kind: TypeEngine[Any], dialect: Dialect) -> Convert:
    return kind.dialect_impl(dialect).result_processor(dialect, None)
