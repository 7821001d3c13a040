"""What comes from outside is fetched within bounds, and only from the public web (A22 to A25)."""

import datetime
import gzip
import socket
import ssl
import threading
import time
import tracemalloc
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from ipaddress import ip_address
from pathlib import Path

import httpcore
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from app.foundation.settings import load_settings
from app.issues.dialling import NameUnknown
from app.issues.fetching import Fetched, FetchFailed, Limits, Problem, SafeFetcher, Want
from app.issues.places import Address, PublicWeb, is_public
from app.issues.targets import read_target
from app.wiring import build_runtime
from tests.fixtures.pace import allowed
from tests.fixtures.web import OnePlace, Site

PUBLIC = "93.184.215.14"
MB = 1024 * 1024


@pytest.fixture
def site() -> Iterator[Site]:
    site = Site().start()
    yield site
    site.stop()


def fetcher(site: Site, **limits: float) -> SafeFetcher:
    return SafeFetcher(site.place, "Handoff tests", limits=Limits(**limits))  # type: ignore[arg-type]


def problem_of(call: Callable[[], object]) -> Problem:
    with pytest.raises(FetchFailed) as caught:
        call()
    assert caught.value.message
    return caught.value.problem


# -- where we go, and where not ------------------------------------------------------------------------

LOOPBACK = [
    *(
        "127.0.0.1",
        "127.1",
        "127.0.1",
        "127.255.255.254",
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "0x7f.0.0.0x1",
    ),
    *("017700000001", "0177.0.0.1", "0177.0.1", "127.0.0.1.", "localhost", "LOCALHOST", "localhost."),
    *("①②⑦.⓪.⓪.①", "１２７.0.0.1", "127。0。0。1", "0", "0.0.0.0", "00.0.0.0", "0x0"),
    *("[::1]", "[0:0:0:0:0:0:0:1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::FFFF:7F00:0001]"),
    *("[::127.0.0.1]", "[::7f00:1]", "[64:ff9b::127.0.0.1]", "[64:ff9b::7f00:1]", "[64:ff9b:1::7f00:1]"),
    *("[2002:7f00:1::]", "[2001:0:7f00:1::]", "[::ffff:0:127.0.0.1]"),
]
INSIDE = [
    *("10.0.0.1", "10.255.255.255", "012.0.0.1", "0xa.0.0.1", "167772161", "172.16.0.1", "172.31.255.255"),
    *(
        "192.168.0.1",
        "192.168.1",
        "3232235521",
        "0300.0250.0.1",
        "169.254.169.254",
        "0xa9fea9fe",
        "2852039166",
    ),
    *(
        "169.254.0.1",
        "100.64.0.1",
        "100.100.100.200",
        "168.63.129.16",
        "192.0.0.1",
        "192.0.2.1",
        "198.18.0.1",
    ),
    *("198.51.100.7", "203.0.113.9", "192.88.99.1", "224.0.0.1", "239.255.255.250", "240.0.0.1"),
    *("255.255.255.255", "[fe80::1]", "[fec0::1]", "[fc00::1]", "[fd00:ec2::254]", "[ff02::1]", "[100::1]"),
    *("[::ffff:10.0.0.1]", "[::ffff:169.254.169.254]", "[::ffff:a9fe:a9fe]", "[64:ff9b::a00:1]"),
    *(
        "[64:ff9b::169.254.169.254]",
        "[2002:a00:1::]",
        "[2001:db8::1]",
        "[2001:10::1]",
        "[3fff::1]",
        "[5f00::1]",
    ),
]


@pytest.mark.parametrize("host", [*LOOPBACK, *INSIDE])
def test_no_spelling_of_a_closed_place_is_connected_to(site: Site, host: str) -> None:
    """The site listens on loopback and its port is admitted: only the address stands between it and us."""
    asked: list[str] = []
    out = SafeFetcher(
        PublicWeb(ports=frozenset({site.port})), "Handoff tests", dial=RecordingDial(asked, site.port)
    )
    assert problem_of(lambda: out.fetch(f"http://{host}:{site.port}/", Want.PAGE)) is Problem.REFUSED
    assert asked == []
    assert site.connections == 0


@pytest.mark.parametrize(
    "url",
    [
        *("file:///etc/passwd", "gopher://example.com/_x", "data:text/html,hello", "ftp://example.com/"),
        *(
            "javascript:alert(1)",
            "//example.com/",
            "example.com",
            "http:///x",
            "https://",
            "http://[fe80::1%25lo]/",
        ),
        *("http://user:word@example.com/", "http://example.com@127.0.0.1/", "http://@example.com/"),
        *(
            "http://127.0.0.1\\@example.com/",
            "http://exa mple.com/",
            "http://ex%61mple.com/",
            "http://example.com:0/",
        ),
        *(
            "http://example.com:99999/",
            "http://[::1/",
            "http://example.com/\r\nHost: x",
            "http://-x-.example.com/",
        ),
        "http://example.com/" + "x" * 2000,
    ],
)
def test_what_is_no_web_address_is_refused_in_words(site: Site, url: str) -> None:
    assert problem_of(lambda: fetcher(site).fetch(url, Want.PAGE)) is Problem.REFUSED
    assert fetcher(site).check_link(url).problem
    assert site.connections == 0


@pytest.mark.parametrize(
    "address", [PUBLIC, "8.8.8.8", "1.1.1.1", "2606:4700:4700::1111", "2a00:1450:4001::8a"]
)
def test_public_addresses_are_open(address: str) -> None:
    assert is_public(ip_address(address))
    assert PublicWeb().refusal("x", ip_address(address), 443) == ""


@pytest.mark.parametrize("port", [22, 25, 6379, 5432, 11211])
def test_ports_that_serve_no_pages_are_refused(port: int) -> None:
    assert "port" in PublicWeb().refusal("x", ip_address(PUBLIC), port)


class RecordingDial(httpcore.NetworkBackend):
    """Notes the address it is asked for and leads to a port on loopback, whatever it was."""

    def __init__(self, asked: list[str], port: int) -> None:
        self.asked, self.port = asked, port

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        self.asked.append(host)
        return httpcore.SyncBackend().connect_tcp("127.0.0.1", self.port, timeout)


def names(*answers: Sequence[str]) -> Callable[[str, int], Sequence[Address]]:
    """A name server that gives these answers, one after the other; the last one again and again."""
    waiting = list(answers)

    def resolve(host: str, port: int) -> Sequence[Address]:
        found = waiting.pop(0) if len(waiting) > 1 else waiting[0]
        return [ip_address(each) for each in found]

    return resolve


def test_a_name_is_resolved_once_and_that_address_is_connected_to(site: Site) -> None:
    """DNS rebinding: by the time of the connection the name would lead inside (A23)."""
    site.answer("/", "hello")
    asked: list[str] = []
    out = SafeFetcher(
        PublicWeb(),
        "Handoff tests",
        resolve=names([PUBLIC], ["127.0.0.1"]),
        dial=RecordingDial(asked, site.port),
    )
    assert out.fetch("http://rebinding.example/", Want.PAGE).body == b"hello"
    assert asked == [PUBLIC]


def test_a_name_that_turns_inside_on_a_later_hop_is_refused_there(site: Site) -> None:
    site.answer("/", status=302, headers={"Location": "http://rebinding.example/inside"})
    asked: list[str] = []
    out = SafeFetcher(
        PublicWeb(),
        "Handoff tests",
        resolve=names([PUBLIC], ["127.0.0.1"]),
        dial=RecordingDial(asked, site.port),
    )
    assert problem_of(lambda: out.fetch("http://rebinding.example/", Want.PAGE)) is Problem.REFUSED
    assert asked == [PUBLIC]
    assert site.paths() == ["/"]


@pytest.mark.parametrize(
    "answers", [[PUBLIC, "10.0.0.1"], ["::1", PUBLIC], [PUBLIC] * 6 + ["::ffff:10.0.0.1"]]
)
def test_one_closed_address_among_a_names_answers_closes_it(site: Site, answers: list[str]) -> None:
    asked: list[str] = []
    out = SafeFetcher(
        PublicWeb(), "Handoff tests", resolve=names(answers), dial=RecordingDial(asked, site.port)
    )
    assert problem_of(lambda: out.fetch("http://both.example/", Want.PAGE)) is Problem.REFUSED
    assert asked == []


@pytest.mark.parametrize(
    "place",
    [
        *("http://127.0.0.1:{other}/", "http://[::1]:{port}/", "http://2130706433:{other}/", "//10.0.0.1/"),
        *("file:///etc/passwd", "gopher://127.0.0.1:{port}/_x", "data:text/html,x", "ftp://127.0.0.1/"),
        *("http://user@127.0.0.1:{port}/", "http://169.254.169.254/latest/meta-data/", "javascript:alert(1)"),
    ],
)
def test_every_hop_is_judged_like_the_first(site: Site, place: str) -> None:
    other = site.port - 1
    site.answer("/", status=302, headers={"Location": place.format(port=site.port, other=other)})
    assert problem_of(lambda: fetcher(site).fetch(site.url(), Want.PAGE)) is Problem.REFUSED
    assert site.paths() == ["/"]


def test_no_setting_and_no_environment_opens_another_place(
    monkeypatch: pytest.MonkeyPatch, site: Site, tmp_path: Path
) -> None:
    site.answer("/", "hello")
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "HANDOFF_FETCH", "HANDOFF_ALLOW_PRIVATE"):
        monkeypatch.setenv(name, site.url())
    monkeypatch.setenv("HANDOFF_DATA_DIR", str(tmp_path))
    for demo in (True, False):
        out = build_runtime(load_settings(demo=demo)).fetcher
        assert problem_of(lambda: out.fetch(site.url(), Want.PAGE)) is Problem.REFUSED  # noqa: B023
    assert site.connections == 0


# -- what we send ----------------------------------------------------------------------------------------


def test_we_say_who_we_are_and_never_carry_cookies(site: Site) -> None:
    site.answer("/", status=302, headers={"Location": "/next", "Set-Cookie": "seen=1; Path=/"})
    site.answer("/next", "hello", headers={"Set-Cookie": "seen=2"})
    out = fetcher(site)
    for _ in range(2):
        answer = out.fetch(site.url(), Want.PAGE)
    assert "set-cookie" not in answer.headers
    for request in site.asked:
        assert request.headers["user-agent"] == "Handoff tests"
        assert request.headers["host"] == f"127.0.0.1:{site.port}"
        assert not {"cookie", "authorization", "referer"} & set(request.headers)


def test_an_unchanged_feed_costs_one_short_answer(site: Site) -> None:
    site.answer("/feed", status=304)
    answer = fetcher(site).fetch(
        site.url("/feed"), Want.FEED, etag='"abc"', last_modified="Mon, 16 Nov 2026 12:00:00 GMT"
    )
    assert (answer.status, answer.body) == (304, b"")
    assert site.asked[0].headers["if-none-match"] == '"abc"'
    assert site.asked[0].headers["if-modified-since"].startswith("Mon, 16")


def test_a_mark_that_would_break_the_request_is_not_sent(site: Site) -> None:
    site.answer("/feed", "x")
    fetcher(site).fetch(site.url("/feed"), Want.FEED, etag='"a"\r\nX-Evil: 1')
    assert "if-none-match" not in site.asked[0].headers


# -- what we take ------------------------------------------------------------------------------------------


def test_redirects_are_followed_and_the_last_address_is_told(site: Site) -> None:
    site.answer("/a", status=301, headers={"Location": "b?x=1"})
    site.answer("/b", status=307, headers={"Location": "/c d"})
    site.answer("/c%20d", "here")
    answer = fetcher(site).fetch(site.url("/a"), Want.PAGE)
    assert (answer.url, answer.body, answer.status) == (site.url("/c%20d"), b"here", 200)


def test_endless_redirects_end_after_five(site: Site) -> None:
    site.answer("/", status=302, headers={"Location": "/"})
    assert problem_of(lambda: fetcher(site).fetch(site.url(), Want.PAGE)) is Problem.TOO_MANY_REDIRECTS
    assert len(site.asked) == 6


def streamed(piece: bytes, times: int, head: str = "") -> Callable[[socket.socket], None]:
    def script(connection: socket.socket) -> None:
        connection.sendall(f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n{head}\r\n".encode())
        for _ in range(times):
            connection.sendall(piece)

    return script


def measured(call: Callable[[], Fetched]) -> tuple[Fetched, float, int]:
    """The answer, the processor's seconds it took (the site's too), and the most memory held meanwhile."""
    tracemalloc.start()
    begun = time.process_time()
    answer = call()
    seconds = time.process_time() - begun
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return answer, seconds, peak


def test_of_ten_gigabytes_three_megabytes_are_taken(site: Site) -> None:
    url = site.script("/", streamed(b"x" * 65_536, 160_000, f"Content-Length: {160_000 * 65_536}\r\n"))
    answer, seconds, peak = measured(lambda: fetcher(site).fetch(url, Want.PAGE))
    assert len(answer.body) == 3 * MB
    assert answer.cut
    assert seconds < allowed(1.5)
    assert peak < 12 * MB


def test_a_gzip_bomb_is_unpacked_no_further_than_we_read(site: Site) -> None:
    """A gigabyte of zeros in about a megabyte: the same packed piece, a thousand times over."""
    press = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    piece = press.compress(bytes(MB)) + press.flush(zlib.Z_FULL_FLUSH)
    packed = piece * 1024
    assert zlib.decompressobj(-zlib.MAX_WBITS).decompress(piece) == bytes(MB)
    site.answer("/", packed, headers={"Content-Encoding": "deflate"})
    answer, seconds, peak = measured(lambda: fetcher(site).fetch(site.url(), Want.PAGE))
    assert len(answer.body) == 3 * MB
    assert answer.cut
    assert seconds < allowed(1.5)
    assert peak < 16 * MB


def test_a_bomb_inside_a_bomb_is_not_opened(site: Site) -> None:
    site.answer("/", b"x", headers={"Content-Encoding": "gzip, gzip"})
    assert problem_of(lambda: fetcher(site).fetch(site.url(), Want.PAGE)) is Problem.BAD_ANSWER


@pytest.mark.parametrize("encoding", ["br", "zstd", "nonsense"])
def test_what_we_did_not_ask_for_is_not_guessed_at(site: Site, encoding: str) -> None:
    site.answer("/", b"x", headers={"Content-Encoding": encoding})
    assert problem_of(lambda: fetcher(site).fetch(site.url(), Want.PAGE)) is Problem.BAD_ANSWER


@pytest.mark.parametrize(
    ("encoding", "packed"),
    [
        ("gzip", gzip.compress(b"hello" * 50_000)),
        ("deflate", zlib.compress(b"hello" * 50_000)),
        ("deflate", zlib.compress(b"hello" * 50_000)[2:-4]),
        ("x-gzip", gzip.compress(b"hello" * 50_000)),
        ("GZIP", gzip.compress(b"hello" * 50_000) + b"rubbish at the end"),
        ("identity", b"hello" * 50_000),
    ],
)
def test_packed_answers_are_unpacked(site: Site, encoding: str, packed: bytes) -> None:
    site.answer("/", packed, headers={"Content-Encoding": encoding})
    answer = fetcher(site).fetch(site.url(), Want.PAGE)
    assert answer.body == b"hello" * 50_000
    assert not answer.cut


def drip(piece: bytes, pause: float, head: bytes = b"") -> Callable[[socket.socket], None]:
    def script(connection: socket.socket) -> None:
        connection.sendall(head)
        while True:
            connection.sendall(piece)
            time.sleep(pause)

    return script


SLOW = {
    "a body by the byte": drip(b"x", 0.02, b"HTTP/1.1 200 OK\r\n\r\n"),
    "headers by the byte": drip(b"x", 0.02, b"HTTP/1.1 200 OK\r\nX-Long: "),
    "nothing at all": drip(b"", 0.02),
    "provisional answers without end": drip(b"HTTP/1.1 100 Continue\r\n\r\n", 0.02),
    "chunks of one byte": drip(b"1\r\nx\r\n", 0.02, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"),
}


@pytest.mark.parametrize("name", SLOW)
def test_a_slow_site_has_the_seconds_of_the_errand_and_no_more(site: Site, name: str) -> None:
    url = site.script("/", SLOW[name])
    begun = time.monotonic()
    assert problem_of(lambda: fetcher(site, seconds=0.6).fetch(url, Want.PAGE)) is Problem.TOO_SLOW
    assert time.monotonic() - begun < 0.6 + allowed(1.5)


def test_the_seconds_are_shared_by_all_hops(site: Site) -> None:
    def slow_hop(connection: socket.socket) -> None:
        time.sleep(0.3)
        connection.sendall(b"HTTP/1.1 302 X\r\nLocation: /\r\nContent-Length: 0\r\n\r\n")

    url = site.script("/", slow_hop)
    assert problem_of(lambda: fetcher(site, seconds=0.7).fetch(url, Want.PAGE)) is Problem.TOO_SLOW
    assert len(site.asked) <= 3


def test_a_name_server_that_never_answers_costs_no_more_either(site: Site) -> None:
    gate = threading.Event()

    def resolve(host: str, port: int) -> Sequence[Address]:
        gate.wait(5)
        return []

    out = SafeFetcher(site.place, "Handoff tests", limits=Limits(seconds=0.3), resolve=resolve)
    assert problem_of(lambda: out.fetch("http://slow.example/", Want.PAGE)) is Problem.TOO_SLOW
    gate.set()


def test_headers_without_end_are_given_up(site: Site) -> None:
    lines = b"".join(b"X-%d: %s\r\n" % (n, b"y" * 1000) for n in range(2000))
    url = site.script("/", lambda connection: connection.sendall(b"HTTP/1.1 200 OK\r\n" + lines))
    assert problem_of(lambda: fetcher(site).fetch(url, Want.PAGE)) is Problem.BAD_ANSWER


@pytest.mark.parametrize(
    "said", [b"SSH-2.0-OpenSSH_9.2\r\n", b"\x16\x03\x01\x00", b"HTTP/9.9 abc\r\n\r\n", b""]
)
def test_what_is_not_http_is_said(site: Site, said: bytes) -> None:
    url = site.script("/", lambda connection: connection.sendall(said))
    assert problem_of(lambda: fetcher(site).fetch(url, Want.PAGE)) is Problem.BAD_ANSWER


def test_a_site_that_is_away_and_a_name_that_is_unknown_are_told_apart(site: Site) -> None:
    url = site.url()
    site.stop()
    assert problem_of(lambda: fetcher(site).fetch(url, Want.PAGE)) is Problem.UNREACHABLE

    def nobody(host: str, port: int) -> Sequence[Address]:
        raise NameUnknown(host)

    out = SafeFetcher(PublicWeb(), "Handoff tests", resolve=nobody)
    assert problem_of(lambda: out.fetch("https://gone.example/", Want.PAGE)) is Problem.UNKNOWN_HOST


def test_a_name_server_that_is_away_makes_no_site_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    monkeypatch.setattr(socket, "getaddrinfo", away)
    out = SafeFetcher(PublicWeb(), "Handoff tests")
    assert problem_of(lambda: out.fetch("https://well.example/", Want.PAGE)) is Problem.UNREACHABLE


def test_a_certificate_that_proves_nothing_is_refused(tmp_path: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(self_signed(tmp_path))
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            connection, _ = listening.accept()
            try:
                context.wrap_socket(connection, server_side=True)
            except (OSError, ssl.SSLError):
                connection.close()

        threading.Thread(target=serve, daemon=True).start()
        port = listening.getsockname()[1]
        out = SafeFetcher(OnePlace("127.0.0.1", port), "Handoff tests")
        assert (
            problem_of(lambda: out.fetch(f"https://127.0.0.1:{port}/", Want.PAGE)) is Problem.BAD_CERTIFICATE
        )


def self_signed(folder: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    begin = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(begin)
        .not_valid_after(begin + datetime.timedelta(days=36_500))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = folder / "self-signed.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    return path


# -- is the link alive ---------------------------------------------------------------------------------------


def test_a_link_check_reads_the_status_and_not_the_body(site: Site) -> None:
    site.answer("/old", status=301, headers={"Location": "/new"})
    site.script("/new", streamed(b"x" * 65_536, 100_000))
    begun = time.monotonic()
    found = fetcher(site).check_link(site.url("/old"))
    assert (found.status, found.final_url, found.problem) == (200, site.url("/new"), "")
    assert time.monotonic() - begun < allowed(2.5)


@pytest.mark.parametrize(
    ("status", "words"),
    [(404, "gone"), (410, "gone"), (403, "not show"), (999, "not show"), (503, "trouble")],
)
def test_a_link_check_says_what_readers_would_meet(site: Site, status: int, words: str) -> None:
    url = site.answer("/", status=status)
    found = fetcher(site).check_link(url)
    assert found.status == status
    assert words in found.problem


def test_a_link_check_never_raises(site: Site) -> None:
    site.answer("/", status=302, headers={"Location": "http://10.0.0.1/"})
    found = fetcher(site).check_link(site.url())
    assert found.status is None
    assert "not fetched" in found.problem


# -- reading an address ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("HTTPS://Example.COM", "https://example.com/"),
        (" https://example.com:443/a ", "https://example.com/a"),
        ("http://bücher.example/straße?q=ä b", None),
        ("http://bücher.example/straße?q=ä", "http://xn--bcher-kva.example/stra%C3%9Fe?q=%C3%A4"),
        ("https://example.com/a%20b?x=%2F#part", "https://example.com/a%20b?x=%2F"),
        ("http://[2606:4700::1111]:8080/x", "http://[2606:4700::1111]:8080/x"),
        ("https://my_blog.example.com/", "https://my_blog.example.com/"),
    ],
)
def test_an_address_has_one_reading(typed: str, read: str | None) -> None:
    if read is None:
        with pytest.raises(Exception, match="characters"):
            read_target(typed)
    else:
        assert read_target(typed).url == read
        assert read_target(read).url == read
