"""Fetching what others publish: pages, feeds, pictures, and whether a link is alive.

Whatever is asked for, an answer takes at most so many bytes (counted after unpacking), seconds and redirects, and
each hop is judged like the first (A22 to A25). No cookies, no credentials, no proxy from the environment. Built on
httpcore, whose way to the network is a public port; see decision 0010.
"""

import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from ssl import SSLCertVerificationError
from typing import Final, Protocol
from urllib.parse import urljoin

import httpcore

from app.foundation.errors import HandoffError, InvalidInput
from app.issues.dialling import Deadline, GuardedDial, NameUnknown, PlaceRefused, Resolve, system_resolve
from app.issues.places import Policy
from app.issues.targets import Target, read_target

REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_STEP: Final = 64 * 1024


class Want(StrEnum):
    """What is asked for; the value is the Accept header."""

    PAGE = "text/html,application/xhtml+xml;q=0.9,*/*;q=0.5"
    FEED = "application/atom+xml,application/rss+xml,application/feed+json,application/xml;q=0.9,*/*;q=0.5"
    PICTURE = "image/webp,image/jpeg,image/png;q=0.9,image/*;q=0.8"


class Problem(StrEnum):
    """Why nothing came back."""

    REFUSED = "refused"
    UNKNOWN_HOST = "unknown host"
    UNREACHABLE = "unreachable"
    TOO_SLOW = "too slow"
    TOO_MANY_REDIRECTS = "too many redirects"
    BAD_CERTIFICATE = "bad certificate"
    BAD_ANSWER = "bad answer"


class FetchFailed(HandoffError):
    """No answer that could be used; the message is a sentence for the author."""

    status = 400

    def __init__(self, problem: Problem, message: str) -> None:
        super().__init__(message, field="url")
        self.problem = problem


@dataclass(frozen=True)
class Limits:
    """What one errand may cost us. `bytes` is counted after unpacking; headers are capped by httpcore at 100 KB."""

    bytes: int = 3 * 1024 * 1024
    seconds: float = 10.0
    redirects: int = 5


@dataclass(frozen=True)
class Fetched:
    """An answer, whatever its status. `cut` says that there was more of the body than we take."""

    url: str
    status: int
    headers: dict[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    cut: bool = False

    @property
    def content_type(self) -> str:
        """The media type in lower case, without parameters; "" when the server names none."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


@dataclass(frozen=True)
class LinkCheck:
    """Whether a reader who follows the link would get something. `status` is None when nothing answered;
    `problem` is a sentence, "" when all is well."""

    status: int | None
    final_url: str
    problem: str = ""


class Fetcher(Protocol):
    """The way out to the web; bound in wiring."""

    def fetch(self, url: str, want: Want, *, etag: str = "", last_modified: str = "") -> Fetched:
        """Follow redirects and read the answer. Raises FetchFailed, also for what is no web address."""
        ...

    def check_link(self, url: str) -> LinkCheck:
        """Follow redirects and read the status only. Never raises."""
        ...


class SafeFetcher:
    """The Fetcher of every installation and of the tests; only the policy differs (and, in tests, limits and dial)."""

    def __init__(
        self,
        policy: Policy,
        user_agent: str,
        *,
        limits: Limits | None = None,
        resolve: Resolve = system_resolve,
        dial: httpcore.NetworkBackend | None = None,
    ) -> None:
        self._policy = policy
        self._user_agent = user_agent
        self._limits = limits or Limits()
        self._resolve = resolve
        self._dial = dial or httpcore.SyncBackend()

    def fetch(self, url: str, want: Want, *, etag: str = "", last_modified: str = "") -> Fetched:
        conditions = {"If-None-Match": etag, "If-Modified-Since": last_modified}
        headers = {"Accept": want.value} | {
            name: value for name, value in conditions.items() if _header_safe(value)
        }
        return self._errand(url, headers, self._limits.bytes)

    def check_link(self, url: str) -> LinkCheck:
        try:
            answer = self._errand(url, {"Accept": Want.PAGE.value}, 0)
        except FetchFailed as error:
            return LinkCheck(None, url, error.message)
        return LinkCheck(answer.status, answer.url, status_words(answer.status))

    def _errand(self, url: str, headers: dict[str, str], most: int) -> Fetched:
        """Hop after hop with one deadline for all of them."""
        deadline = Deadline(self._limits.seconds)
        target = _target(url)
        dial = GuardedDial(self._policy, deadline, self._resolve, self._dial)
        with _told_apart(), httpcore.ConnectionPool(network_backend=dial, max_connections=2) as pool:
            for _ in range(self._limits.redirects + 1):
                answer = self._ask(pool, target, headers, most)
                place = answer.headers.get("location", "")
                if answer.status not in REDIRECTS or not place:
                    return answer
                target = _target(_joined(target.url, place))
        raise FetchFailed(
            Problem.TOO_MANY_REDIRECTS, f"It sent us on more than {self._limits.redirects} times."
        )

    def _ask(
        self, pool: httpcore.ConnectionPool, target: Target, headers: dict[str, str], most: int
    ) -> Fetched:
        sent = {"User-Agent": self._user_agent, "Accept-Encoding": "gzip, deflate", "Connection": "close"}
        address = httpcore.URL(
            scheme=target.scheme, host=target.host, port=target.port, target=target.path_and_query
        )
        with pool.stream("GET", address, headers=[*(sent | headers).items()]) as answer:
            told = _headers(answer.headers)
            if answer.status in REDIRECTS or answer.status == 304:
                most = 0
            body, cut = _read(answer.iter_stream(), told.get("content-encoding", ""), most)
            return Fetched(target.url, answer.status, told, body, cut)


def status_words(status: int) -> str:
    """What a status means for somebody who follows the link, as a sentence; "" when all is well."""
    if status < 400:
        return ""
    match status:
        case 404 | 410:
            return f"The page is gone: the site answers {status}."
        case 401 | 402 | 403 | 407 | 429 | 451 | 999:
            return f"The site will not show it to us (it answers {status}). Look whether it opens for you."
        case _ if status >= 500:
            return f"The site has trouble just now: it answers {status}."
        case _:
            return f"The site answers {status}."


def _target(url: str) -> Target:
    try:
        return read_target(url)
    except InvalidInput as error:
        raise FetchFailed(Problem.REFUSED, str(error.message)) from error


def _joined(base: str, place: str) -> str:
    try:
        return urljoin(base, place.strip()).replace(" ", "%20")
    except ValueError as error:
        raise FetchFailed(Problem.BAD_ANSWER, "It sends us on to something that is no address.") from error


def _headers(raw: list[tuple[bytes, bytes]]) -> dict[str, str]:
    """The first of each name; no cookie is ever looked at."""
    told: dict[str, str] = {}
    for name, value in raw:
        key = name.decode("latin-1").lower()
        if key != "set-cookie":
            told.setdefault(key, value.decode("utf-8", "replace")[:4000])
    return told


def _header_safe(value: str) -> bool:
    return bool(value) and value.isascii() and value.isprintable()


def _read(chunks: Iterator[bytes], encoding: str, most: int) -> tuple[bytes, bool]:
    """At most `most` bytes of the unpacked body, and whether there was more."""
    if most <= 0:
        return b"", False
    kept = bytearray()
    for piece in _unpacked(chunks, encoding.strip().lower()):
        kept += piece[: most - len(kept)]
        if len(kept) >= most:
            return bytes(kept), True
    return bytes(kept), False


def _unpacked(chunks: Iterator[bytes], encoding: str) -> Iterator[bytes]:
    """The body a step at a time: a few packed bytes may stand for gigabytes, so no step unpacks more than 64 KB."""
    if encoding in {"", "identity"}:
        yield from chunks
        return
    if encoding not in {"gzip", "x-gzip", "deflate"}:
        raise FetchFailed(Problem.BAD_ANSWER, "It answers in a form that we did not ask for.")
    box = zlib.decompressobj(zlib.MAX_WBITS | 32)
    begun = False
    try:
        for chunk in chunks:
            if not begun and encoding == "deflate" and chunk and chunk[0] & 0x0F != 8:
                box = zlib.decompressobj(-zlib.MAX_WBITS)  # the naked form, which some servers mean by it
            begun = True
            packed = chunk
            while packed and not box.eof:
                yield box.decompress(packed, _STEP)
                packed = box.unconsumed_tail
    except zlib.error as error:
        raise FetchFailed(Problem.BAD_ANSWER, "What it sends cannot be unpacked.") from error


@contextmanager
def _told_apart() -> Iterator[None]:
    """Everything that can go wrong on the way, as one of our problems with a sentence."""
    try:
        yield
    except PlaceRefused as error:
        raise FetchFailed(Problem.REFUSED, f"It is not fetched: {error}.") from error
    except NameUnknown as error:
        raise FetchFailed(Problem.UNKNOWN_HOST, "There is no such site: its name is not known.") from error
    except httpcore.TimeoutException as error:
        raise FetchFailed(Problem.TOO_SLOW, "The site took too long to answer.") from error
    except httpcore.ConnectError as error:
        if error.args and isinstance(error.args[0], SSLCertVerificationError):
            raise FetchFailed(Problem.BAD_CERTIFICATE, "The site's certificate is not valid.") from error
        raise FetchFailed(Problem.UNREACHABLE, "The site could not be reached.") from error
    except (httpcore.NetworkError, httpcore.ProtocolError) as error:
        raise FetchFailed(Problem.BAD_ANSWER, "What the site answers is not HTTP as it should be.") from error
