"""`handoff subscriber …` as somebody types it."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from app.cli.subscriber import command
from app.foundation.errors import InvalidInput, NotFound
from app.subscribers.models import SuppressionReason
from app.subscribers.queries import count_readers, find_subscriber
from app.subscribers.suppression import reasons_in_force
from app.wiring import Runtime
from tests.cast import ALICE, seed_cast

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def run(runtime: Runtime, *arguments: str, typed: str = "") -> str:
    result = CliRunner().invoke(command, list(arguments), obj=runtime, input=typed, standalone_mode=False)
    if result.exception:
        raise result.exception
    return result.output


def test_a_file_is_imported_and_every_bad_line_named(runtime: Runtime, tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    rows = "".join(f"reader{n}@example.com,2025-03-31,Webinar,letter\n" for n in range(1200))
    file.write_text("email,consent_at,consent_source,topics\nnobody,2025-03-31,Webinar,letter\n" + rows)
    report = json.loads(run(runtime, "import", str(file), "--json"))
    assert (report["rows"], report["added"], report["rejected"]) == (1201, 1200, 1)
    assert (report["problems"][0]["line"], report["problems"][0]["field"]) == (2, "email")
    with runtime.database.reading() as session:
        assert count_readers(session) == 1200
    assert "line 2, email" in run(runtime, "import", str(file))


def test_a_file_in_another_encoding_is_refused_with_the_way_out(runtime: Runtime, tmp_path: Path) -> None:
    file = tmp_path / "latin.csv"
    file.write_bytes("email,first_name\nzoe@example.com,Zoë\n".encode("latin-1"))
    with pytest.raises(InvalidInput, match="UTF-8"):
        run(runtime, "import", str(file))


def test_an_unknown_topic_for_the_file_is_refused_at_once(runtime: Runtime, tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    file.write_text("email\nzoe@example.com\n")
    with pytest.raises(InvalidInput, match="gossip"):
        run(runtime, "import", str(file), "--topic", "gossip")


def test_erasing_asks_first(runtime: Runtime) -> None:
    with runtime.database.writing() as session:
        digest = seed_cast(session, runtime.clock(), runtime.address_key).alice.address_hash
    with pytest.raises(Exception, match=r"^$"):  # click's Abort
        run(runtime, "erase", ALICE, typed="n\n")
    assert "alice@example.com" in run(runtime, "show", ALICE)
    run(runtime, "erase", ALICE, typed="y\n")
    with runtime.database.reading() as session:
        assert find_subscriber(session, ALICE) is None
        assert reasons_in_force(session, digest) == (SuppressionReason.ERASED,)
    with pytest.raises(NotFound):
        run(runtime, "show", ALICE)


def test_export_writes_every_reader(runtime: Runtime, tmp_path: Path) -> None:
    with runtime.database.writing() as session:
        seed_cast(session, runtime.clock(), runtime.address_key)
    run(runtime, "export", "--out", str(tmp_path / "out.csv"))
    assert len((tmp_path / "out.csv").read_text().splitlines()) == 4


def test_all_about_one_person_is_one_object_and_a_wrong_address_writes_no_file(
    runtime: Runtime, tmp_path: Path
) -> None:
    with runtime.database.writing() as session:
        seed_cast(session, runtime.clock(), runtime.address_key)
    assert json.loads(run(runtime, "export", ALICE))["person"]["first_name"] == "Alice"
    with pytest.raises(NotFound):
        run(runtime, "export", "nobody@example.com", "--out", str(tmp_path / "out.json"))
    assert not (tmp_path / "out.json").exists()
