"""`handoff inbound`: take raw mail in, as a mail server's pipe transport does, or only say what it is."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import click
from sqlalchemy.exc import SQLAlchemyError

from app.conversation.inspecting import Inspection, inspect_mail
from app.conversation.receiving import MAX_MAIL_BYTES, Envelope, keep_raw, register_raw
from app.foundation.errors import InvalidInput, Unavailable
from app.foundation.settings import load_settings
from app.wiring import build_runtime

EX_DATAERR = 65
EX_NOINPUT = 66
EX_TEMPFAIL = 75
"""Exit codes of sysexits.h, which mail servers understand: 75 keeps the mail in their queue."""


@click.command("inbound")
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@click.option("--inspect", "only_inspect", is_flag=True, help="Say what each mail is; store nothing.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.option("--to", "recipient", default="", help="The envelope recipient, e.g. Postfix's ${recipient}.")
@click.option("--from", "sender", default="", help="The envelope sender, e.g. Postfix's ${sender}.")
def command(files: tuple[Path, ...], only_inspect: bool, as_json: bool, recipient: str, sender: str) -> None:
    """Take raw mail in from FILES, or from standard input when there are none (or for a file called -)."""
    if only_inspect:
        for name, raw in _read(files):
            click.echo(_inspected(name, inspect_mail(raw), as_json))
        return
    try:
        for name, raw in _read(files):
            click.echo(_taken_in(name, raw, Envelope("pipe", sender, recipient), as_json))
    except InvalidInput as error:
        click.echo(f"handoff: {error}", err=True)
        sys.exit(EX_DATAERR)
    except (Unavailable, SQLAlchemyError, OSError) as error:
        click.echo(f"handoff: cannot keep the mail now, it should be tried again: {error}", err=True)
        sys.exit(EX_TEMPFAIL)


def _read(files: tuple[Path, ...]) -> Iterator[tuple[str, bytes]]:
    for path in files or (Path("-"),):
        if str(path) == "-":
            yield "-", _bounded(sys.stdin.buffer)
            continue
        try:
            with path.open("rb") as file:
                yield str(path), _bounded(file)
        except OSError as error:
            click.echo(f"handoff: {path}: {error.strerror}", err=True)
            sys.exit(EX_NOINPUT)


def _bounded(file: BinaryIO) -> bytes:
    """One byte more than we take is enough to refuse it, however large it is."""
    return file.read(MAX_MAIL_BYTES + 1)


def _taken_in(name: str, raw: bytes, envelope: Envelope, as_json: bool) -> str:
    runtime = build_runtime(load_settings())
    key = keep_raw(runtime.storage, raw)
    with runtime.database.writing() as session:
        received = register_raw(session, runtime.clock(), envelope, raw=raw, storage_key=key)
    if as_json:
        return json.dumps({"file": name, "inbound_id": received.inbound_id, "new": received.is_new})
    return f"{name}: mail {received.inbound_id}{'' if received.is_new else ' (was here already)'}"


def _inspected(name: str, found: Inspection, as_json: bool) -> str:
    recipients = [
        {
            "address": one.address,
            "action": one.action.value,
            "status": one.status,
            "reason": str(one.reason),
            "hard": one.hard,
        }
        for one in found.recipients
    ]
    line = {
        "file": name,
        "kind": found.kind.value,
        "recipients": recipients,
        "text": found.text,
        "lane": found.lane.value,
    }
    if as_json:
        return json.dumps(line, ensure_ascii=False)
    said = "".join(
        f"\n  {one.address}: {one.action.value} {one.status} {one.reason}{' (hard)' if one.hard else ''}"
        for one in found.recipients
    )
    words = "".join(f"\n  | {text}" for text in found.text.splitlines())
    return f"{name}: {found.kind.value}{said}{words}"
