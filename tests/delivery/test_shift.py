"""What a run of sending notes, and when."""

from unittest.mock import Mock

import pytest

from app.delivery import shift
from app.delivery.desk import Held
from app.delivery.feed import Parcel
from app.delivery.journal import FileJournal, Mark, read_journal
from app.delivery.office import Office
from app.delivery.shift import Shift


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_message_is_noted_as_in_flight_before_the_lease_is_looked_at(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise whoever stands still between the two finds the lease valid and the message untouched, and so does
    the other who took it over meanwhile."""

    def marks() -> dict[int, Mark]:
        journal = read_journal(office.journals, 1, 1, owner="tests")
        assert journal is not None
        return journal.marks

    seen: list[dict[int, Mark]] = []

    def much_later() -> float:
        seen.append(marks())
        return 100.0

    monkeypatch.setattr(shift, "boottime", much_later)
    held = Held(Mock(), [Mock()], FileJournal(office.journals, 1, 1, [7], owner="tests"), valid_until=45.0)
    parcel, run = Parcel(held, 0, Mock()), Shift(office, Mock(), Mock())
    assert run.hand_over(parcel) is None
    run.put_back(parcel, "its lease has run out")
    run.close()
    assert seen == [{7: Mark.IN_FLIGHT}]
    assert marks() == {7: Mark.UNTOUCHED}
