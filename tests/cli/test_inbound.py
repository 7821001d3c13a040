"""`handoff inbound` as a mail server's pipe runs it, and as somebody who only wants to know what a mail is."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

import app.cli.inbound
from app.cli.inbound import command
from app.conversation.models import InboundMail
from app.conversation.receiving import MAX_MAIL_BYTES, read_raw
from app.foundation.errors import Unavailable
from app.wiring import Runtime
from tests.conversation.letters import answer, dsn

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

TO = "reply+abc@mail.example.com"


def run(*arguments: str, piped: bytes = b"") -> Result:
    return CliRunner().invoke(command, list(arguments), input=piped)


@pytest.fixture
def here(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> Runtime:
    """The command finds this installation."""
    monkeypatch.setattr(app.cli.inbound, "build_runtime", lambda _settings: runtime)
    return runtime


def kept(here: Runtime) -> list[tuple[str, str, str, bytes]]:
    with here.database.reading() as session:
        return [
            (mail.via, mail.envelope_from, mail.envelope_to, read_raw(here.storage, mail.storage_key))
            for mail in session.scalars(select(InboundMail).order_by(InboundMail.id))
        ]


def test_a_piped_mail_is_kept_with_its_envelope_and_once(here: Runtime) -> None:
    raw = answer("We tried it.")
    first = run("--to", TO, "--from", "alice@example.org", "--json", piped=raw)
    again = run("--to", TO, "--from", "alice@example.org", "--json", piped=raw)
    assert (first.exit_code, again.exit_code) == (0, 0)
    assert [json.loads(said.output)["new"] for said in (first, again)] == [True, False]
    assert kept(here) == [("pipe", "alice@example.org", TO, raw)]


def test_a_mail_that_cannot_be_kept_now_stays_with_the_mail_server(
    here: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> str:
        raise Unavailable("The disk is full.")

    monkeypatch.setattr(app.cli.inbound, "keep_raw", full)
    result = run("--to", TO, piped=answer("Hello"))
    assert result.exit_code == 75
    assert "tried again" in result.output


@pytest.mark.parametrize("raw", [b"", b"\r\n \r\n", b"x" * (MAX_MAIL_BYTES + 5)])
def test_what_is_no_mail_or_too_large_is_refused_for_good(here: Runtime, raw: bytes) -> None:
    assert run("--to", TO, piped=raw).exit_code == 65
    assert kept(here) == []


def test_a_file_that_is_not_there_is_named(here: Runtime, tmp_path: Path) -> None:
    result = run(str(tmp_path / "nothing.eml"))
    assert result.exit_code == 66
    assert "nothing.eml" in result.output


def test_inspecting_says_what_each_mail_is_and_keeps_nothing(here: Runtime, tmp_path: Path) -> None:
    bounce, reply = tmp_path / "bounce.eml", tmp_path / "reply.eml"
    bounce.write_bytes(dsn("ann@example.org"))
    reply.write_bytes(answer("We tried it on Monday and it worked."))
    result = run("--inspect", "--json", str(bounce), str(reply))
    first, second = (json.loads(line) for line in result.output.splitlines())
    assert (first["file"], first["kind"]) == (str(bounce), "bounce")
    assert first["recipients"] == [
        {
            "address": "ann@example.org",
            "action": "failed",
            "status": "5.1.1",
            "reason": "user unknown",
            "hard": True,
        }
    ]
    assert (second["kind"], second["text"]) == ("reply", "We tried it on Monday and it worked.")
    assert second["lane"] in {"feedback", "stuck", "hello", "other"}
    assert kept(here) == []
    assert "ann@example.org: failed 5.1.1 user unknown (hard)" in run("--inspect", str(bounce)).output
