"""Hostile and broken mail: read within bounds, in little time, and never with an exception (A49)."""

import base64
import time
import tracemalloc

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.conversation.charsets import decode_header, decode_text
from app.conversation.inspecting import inspect_mail
from app.conversation.mime import MAX_DEPTH, MAX_PARTS, parse_mail
from tests.fixtures.pace import allowed


def nested(depth: int) -> bytes:
    head = b"".join(
        b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (number, number)
        for number in range(depth)
    )
    return b"Subject: deep\r\n" + head + b"Content-Type: text/plain\r\n\r\nhello\r\n"


def forwarded(depth: int) -> bytes:
    return b"Content-Type: message/rfc822\r\n\r\n" * depth + b"Subject: inside\r\n\r\nhello\r\n"


def many_parts(count: int) -> bytes:
    return (
        b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n'
        + b"--b\r\nContent-Type: text/plain\r\n\r\nx\r\n" * count
        + b"--b--\r\n"
    )


HOSTILE = {
    "2,000 multiparts in each other": nested(2000),
    "2,000 mails in each other": forwarded(2000),
    "10,000 parts": many_parts(10_000),
    "100 MB of base64": b"Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    + base64.b64encode(b"x" * 1000) * 75_000,
    "a header line of 5 MB": b"Subject: " + b"a" * 5_000_000 + b"\r\n\r\nhello",
    "100,000 header lines": b"X-A: b\r\n" * 100_000 + b"\r\nhello",
    "a million angle brackets": b"Content-Type: text/html\r\n\r\n" + b"<" * 1_000_000,
    "100,000 open tags": b"Content-Type: text/html\r\n\r\n" + b"<div><blockquote>" * 100_000,
    "a million quote marks": b"\r\n" + b">" * 1_000_000,
    "500,000 short quoted lines": b"\r\n" + b"> a\r\n" * 500_000,
    "spaces without end": b"Subject: " + b" " * 1_000_000 + b"x\r\n\r\n" + b" " * 1_000_000,
    "encoded words without end": b"Subject: " + b"=?utf-8?q?a?= " * 50_000 + b"\r\n\r\n",
    "an unfinished encoded word": b"Subject: =?utf-8?b?" + b"A" * 100_000 + b"\r\n\r\n",
    "a file name that climbs": b'Content-Type: text/plain; name="../../../etc/passwd"\r\n'
    b"Content-Disposition: attachment; filename*=utf-8''..%2F..%2Fx\r\n\r\nhello",
    "a boundary that is not there": b'Content-Type: multipart/mixed; boundary="nope"\r\n\r\nhello',
    "an empty boundary": b'Content-Type: multipart/mixed; boundary=""\r\n\r\n--\r\nhello\r\n--',
    "addresses without end": b"From: MAILER-DAEMON@x.example\r\nSubject: failure notice\r\n\r\nfailed:\r\n"
    + b"<a@b.example>:\r\n" * 100_000,
    "dots and ats": b"From: <>\r\nSubject: undeliverable\r\n\r\n" + b"a.@" * 300_000,
    "only carriage returns": b"Subject: hi\rFrom: a@b.example\r\rhello\r",
    "NUL bytes": b"Subject: a\0b\r\n\r\n\0\0\0",
    "nothing but line ends": b"\r\n" * 100_000,
}


@pytest.mark.parametrize("name", list(HOSTILE))
def test_hostile_mail_is_read_quickly_and_in_little_memory(name: str) -> None:
    raw = HOSTILE[name]
    begun = time.process_time()
    inspect_mail(raw)
    seconds = time.process_time() - begun
    tracemalloc.start()
    inspect_mail(raw)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert seconds < allowed(1.0 if len(raw) > 1_000_000 else 0.5)
    assert peak < 50 * 1024 * 1024


def test_depth_and_number_of_parts_are_bounded_and_said() -> None:
    deep = parse_mail(nested(2000))
    assert deep.bounded
    assert max(part.depth for part in deep.parts()) <= MAX_DEPTH
    wide = parse_mail(many_parts(10_000))
    assert wide.bounded
    assert sum(1 for _ in wide.parts()) <= MAX_PARTS


@given(st.binary(max_size=4000))
@settings(max_examples=300, deadline=None)
def test_no_bytes_raise(raw: bytes) -> None:
    inspect_mail(raw)


@given(st.text(max_size=300))
@example("&\n")  # a line that is nothing but a sign
@example("Anna & \n&\n/ &\n")
@settings(max_examples=200, deadline=None)
def test_no_header_raises(text: str) -> None:
    raw = f"From: {text}\nSubject: {text}\nContent-Type: {text}\nReturn-Path: {text}\n\n{text}"
    inspect_mail(raw.encode("utf-8", "surrogatepass"))


@pytest.mark.parametrize(
    "charset",
    ["no-such", "utf-7", "idna", "hex", "zlib", "rot13", "unicode_escape", "", "x" * 500, "\0"],
)
def test_a_charset_that_lies_still_gives_words(charset: str) -> None:
    assert "hello" in decode_text(b"hello \xff", charset)


def test_encoded_words_are_read_across_their_gaps() -> None:
    assert decode_header("=?utf-8?q?Gr=C3=BC=C3=9Fe?= =?utf-8?b?IGF1cyBCZXJsaW4=?=") == "Grüße aus Berlin"
    assert decode_header("=?broken") == "=?broken"


def test_a_longer_boundary_is_another_multiparts() -> None:
    raw = (
        b'Content-Type: multipart/mixed; boundary="a"\n\n--a\nContent-Type: multipart/alternative; boundary="ab"\n\n'
        b"--ab\n\ninner\n--ab--\n--a\n\nouter\n--a--\n"
    )
    texts = [part.text().strip() for part in parse_mail(raw).parts() if not part.children]
    assert texts == ["inner", "outer"]
