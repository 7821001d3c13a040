"""Small changes of one process that are asked for at the same time share one commit.

SQLite has one writer, and every commit waits for the disk. Whoever comes while a commit is under way would queue for
the next one in any case; here all who wait are written by one of them, together, and each is answered when it is
durable. Nobody waits longer than alone: for the commit under way and for one more.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from threading import Lock
from typing import Any, TypeVar

from app.foundation.straight import Driver

Outcome = TypeVar("Outcome")
Noting = Callable[[], AbstractContextManager[Driver]]


class _Change:
    """One change, and what became of it."""

    def __init__(self, change: Callable[[Driver], Any]) -> None:
        self.change = change
        self.settled = False
        self.outcome: Any = None
        self.error: BaseException | None = None
        self.turn = Lock()
        self.turn.acquire()  # whoever settles this change, or makes its thread the next writer, releases it

    def settle(self, outcome: Any = None, error: BaseException | None = None) -> None:
        self.outcome, self.error, self.settled = outcome, error, True


class _Spoilt(Exception):
    """One of several changes failed in the transaction that they shared."""


class Together:
    """The changes of this process; one thread at a time writes for all who wait."""

    def __init__(self, noting: Noting) -> None:
        self._noting = noting
        self._lock = Lock()
        self._waiting: list[_Change] = []
        self._writing = False

    def run(self, change: Callable[[Driver], Outcome]) -> Outcome:
        """What `change` returns, once it has been committed. What it raises is raised, and nothing of it stays.

        A change may be run twice, when one that shared its transaction failed: then each is on its own.
        """
        mine = _Change(change)
        with self._lock:
            self._waiting.append(mine)
            wait, self._writing = self._writing, True
        if wait:
            mine.turn.acquire()
        if not mine.settled:
            self._write()
        if mine.error is not None:
            raise mine.error
        outcome: Outcome = mine.outcome
        return outcome

    def _write(self) -> None:
        """Settle everybody who waits now, then hand the pen to the first of those who came meanwhile."""
        with self._lock:
            changes, self._waiting = self._waiting, []
        try:
            if len(changes) == 1 or not self._settle_together(changes):
                for each in changes:
                    self._settle_alone(each)
        finally:
            with self._lock:
                heirs = self._waiting[:1]
                self._writing = bool(heirs)
            for each in changes + heirs:
                each.turn.release()

    def _settle_together(self, changes: list[_Change]) -> bool:
        """False when one of them failed: nothing was written, and they are to be tried one by one."""
        try:
            with self._noting() as driver:
                outcomes = [_shared(each, driver) for each in changes]
        except _Spoilt:
            return False
        except BaseException as error:  # no beginning or no commit, which is the same for all of them
            for each in changes:
                each.settle(error=error)
            return True
        for each, outcome in zip(changes, outcomes, strict=True):
            each.settle(outcome)
        return True

    def _settle_alone(self, each: _Change) -> None:
        try:
            with self._noting() as driver:
                outcome = each.change(driver)
        except BaseException as error:
            each.settle(error=error)
        else:
            each.settle(outcome)


def _shared(each: _Change, driver: Driver) -> Any:
    try:
        return each.change(driver)
    except Exception:
        raise _Spoilt from None
