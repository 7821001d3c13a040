"""While a letter goes out the collector of cycles is quiet, and afterwards it works as before."""

import gc

import pytest

from worker.memory import few_collections


def test_the_collector_is_as_before_when_sending_ends_badly() -> None:
    before = gc.get_threshold()
    with few_collections():
        assert gc.get_threshold()[0] > before[0]
        assert gc.get_freeze_count() > 0
    with pytest.raises(RuntimeError), few_collections():
        raise RuntimeError
    assert gc.get_threshold() == before
    assert gc.get_freeze_count() == 0
