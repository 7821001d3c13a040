"""The client's half of SMTP after the greeting, as a machine without a socket: bytes in, bytes out.

With PIPELINING (RFC 2920) one write carries a message, its final dot and the next MAIL, RCPT and DATA, so that a
message costs one round trip; without it every command waits for its answer. Whatever happens, each letter comes back
exactly once: with the relay's answer, as uncertain (the dot was written, no answer read), or as untouched.
"""

from collections import deque
from dataclasses import dataclass
from typing import Final

from app.delivery.answers import Answer, Step
from app.delivery.feed import Parcel, Source

DOT: Final = b".\r\n"
_LONGEST_REPLY: Final = 64_000
_CLASSES: Final = {Step.MAIL: (2, 4, 5), Step.RCPT: (2, 4, 5), Step.DATA: (3, 4, 5), Step.DOT: (2, 4, 5)}
_MAIL, _RCPT, _DATA, _DOT = (
    Step.MAIL,
    Step.RCPT,
    Step.DATA,
    Step.DOT,
)  # looking a member up costs more than using it

Expected = tuple[Step, Parcel]
"""One reply that is still to come."""


@dataclass(frozen=True)
class Offer:
    """What the relay announced in its answer to EHLO."""

    pipelining: bool = False
    size: bool = False
    max_size: int = 0
    utf8: bool = False
    dsn: bool = False


class Dialogue:
    """One connection's conversation. `out` is to be written; `closing` says that nothing more is begun, `abort` that
    the connection is to be cut without a word."""

    def __init__(self, relay: str, offer: Offer, source: Source, *, size: int, refresh_after: int) -> None:
        self._relay = relay
        self._offer = offer
        self._source = source
        self._mail_end = f"> SIZE={size}".encode() if offer.size else b">"
        self._left = refresh_after
        self._partial = b""
        self._reply: list[bytes] = []
        self._dirty = False
        self.expected: deque[Expected] = deque()
        self.out: list[bytes] = []
        self.tail = 0
        """Bytes that follow the last dot in `out`: with more than these unwritten, the dot was not written."""
        self.closing = False
        self.abort = False
        self.why = ""
        self.delivered = 0

    @property
    def idle(self) -> bool:
        return not self.expected

    @property
    def spent(self) -> bool:
        """True when it has carried as many messages as one connection should."""
        return self._left <= 0

    def begin(self) -> bool:
        """Take a parcel and begin with it; False when there is none or the connection is spent."""
        parcel = self._next()
        if parcel is None:
            return False
        self.out.append(self._envelope(parcel))
        return True

    def feed(self, data: bytes) -> None:
        """Bytes from the relay. Raises ValueError when they are not SMTP."""
        if self._partial:
            data = self._partial + data
            self._partial = b""
        lines = data.split(b"\r\n")
        self._partial = lines.pop()
        if len(self._partial) > _LONGEST_REPLY:
            raise ValueError("an endless reply")
        if len(lines) == 4 and self._all_well(lines):
            return
        for line in lines:
            self._line(line)

    def lost(self, why: str, unwritten: int = 0) -> None:
        """The connection is gone with so many bytes unwritten: what is under way ends as uncertain or untouched."""
        self.closing = self.abort = True
        self.why = self.why or why
        under_way = {parcel: step for step, parcel in self.expected if step is not Step.RSET}
        self.expected.clear()
        for parcel, step in under_way.items():
            if parcel.refusal is not None:
                self._source.answered(parcel, parcel.refusal)
            elif step is Step.DOT and unwritten <= self.tail:
                text = f"the connection was lost before the answer: {why}"
                self._source.answered(parcel, Answer(Step.DOT, 0, text, self._relay, lost=True))
            else:
                self._source.put_back(parcel, why)

    def _all_well(self, lines: list[bytes]) -> bool:
        """The one case worth a shorter way: 250 to the dot, 250, 250 and 354 to the next envelope."""
        expected = self.expected
        if len(expected) != 4 or self._reply:
            return False
        dot, mail, rcpt, go = lines
        if not (dot[:4] == mail[:4] == rcpt[:4] == b"250 " and go[:4] == b"354 "):
            return False
        (first, done), (second, upcoming), _, _ = expected
        if first is not _DOT or second is not _MAIL or done.refusal is not None:
            return False
        expected.clear()
        self.delivered += 1
        self._source.accepted(done, dot, self._relay)
        self._message(upcoming)
        return True

    def _line(self, line: bytes) -> None:
        if len(line) < 3 or not line[:3].isdigit() or line[3:4] not in (b"", b" ", b"-"):
            raise ValueError(f"not a reply: {line[:80]!r}")
        self._reply.append(line[4:])
        if line[3:4] == b"-":
            return
        text = b" ".join(self._reply).decode("utf-8", "replace")[:500]
        self._reply = []
        if not self.expected:
            self.closing = True  # e.g. an unasked 421: the relay is about to close
            return
        step, parcel = self.expected.popleft()
        self._heard(step, parcel, Answer(step, int(line[:3]), text, self._relay))

    def _heard(self, step: Step, parcel: Parcel, answer: Answer) -> None:
        if answer.code == 421:
            self._service_closing(step, parcel, answer)
        elif step is Step.RSET:
            return
        elif answer.code // 100 not in _CLASSES[step]:
            raise ValueError(f"{answer.code} is no answer to {step.value}")
        elif step is Step.DOT:
            self._end(parcel, parcel.refusal or answer)
        elif step is Step.DATA:
            self._heard_data(parcel, answer)
        else:
            if parcel.refusal is None and not 200 <= answer.code < 300:
                parcel.refusal = answer
            self._go_on(step, parcel)

    def _heard_data(self, parcel: Parcel, answer: Answer) -> None:
        if answer.code == 354 and parcel.refusal is None:
            self._message(parcel)
        elif answer.code == 354 and parcel.refusal is not None and parcel.refusal.step is Step.MAIL:
            # It refused the sender and yet took the recipient: a lone dot would hand over an empty message.
            self._source.answered(parcel, parcel.refusal)
            self.lost("the relay went on after it had refused MAIL")
        elif answer.code == 354:
            self.out.append(DOT)  # RFC 2920, 3.1: nobody is to get it, so it is ended at once
            self.expected.append((_DOT, parcel))
        else:
            self._dirty = True
            self._end(parcel, parcel.refusal or answer)

    def _service_closing(self, step: Step, parcel: Parcel, answer: Answer) -> None:
        """421 at any step: about the connection, except after the dot, where it is the answer to the message."""
        if step is Step.DOT and parcel.refusal is None:
            self._source.answered(parcel, answer)
        elif all(other is not parcel for _, other in self.expected):
            self.expected.append((step, parcel))
        self.lost(f"{answer.code} {answer.text}")

    def _go_on(self, step: Step, parcel: Parcel) -> None:
        """Without pipelining: the next command, or the end of a refused parcel."""
        if self._offer.pipelining:
            return
        if parcel.refusal is not None:
            self._dirty = True
            self._end(parcel, parcel.refusal)
        elif step is Step.MAIL:
            self.out.append(self._rcpt(parcel))
            self.expected.append((_RCPT, parcel))
        else:
            self.out.append(b"DATA\r\n")
            self.expected.append((_DATA, parcel))

    def _end(self, parcel: Parcel, answer: Answer) -> None:
        self.delivered += 200 <= answer.code < 300
        self._source.answered(parcel, answer)
        if not self.expected:
            self.begin()

    def _next(self) -> Parcel | None:
        """The next parcel this connection can carry at all."""
        while not self.closing and self._left > 0:
            parcel = self._source.take()
            if parcel is None:
                return None
            if parcel.letter.recipient.isascii() or self._offer.utf8:
                self._left -= 1
                return parcel
            text = "5.6.7 the relay does not take addresses outside ASCII (SMTPUTF8)"
            self._source.answered(parcel, Answer(Step.RCPT, 553, text, self._relay))
        return None

    def _message(self, parcel: Parcel) -> None:
        """The message, its dot and, where the relay allows it, the next envelope in one write."""
        pieces = self._source.hand_over(parcel)
        if pieces is None:
            self._source.put_back(parcel, "its lease has run out")
            self.lost("its lease has run out")
            return
        out = self.out
        out.extend(pieces)
        self.expected.append((_DOT, parcel))
        upcoming = self._next() if self._offer.pipelining else None
        if upcoming is None:
            self.tail = 0
            out.append(DOT)
            return
        envelope = self._envelope(upcoming)
        self.tail = len(envelope)
        out.append(DOT + envelope)

    def _envelope(self, parcel: Parcel) -> bytes:
        """The commands that begin with a parcel: all, or the first where the relay answers them one by one."""
        expected = self.expected
        before = b""
        if self._dirty:
            self._dirty = False
            before = b"RSET\r\n"
            expected.append((Step.RSET, parcel))
        if not self._offer.pipelining:
            expected.append((_MAIL, parcel))
            return before + self._mail(parcel)
        expected += ((_MAIL, parcel), (_RCPT, parcel), (_DATA, parcel))
        letter = parcel.letter
        address = letter.recipient
        if self._offer.dsn or before or not address.isascii():
            return before + self._mail(parcel) + self._rcpt(parcel) + b"DATA\r\n"
        ends = (
            b"MAIL FROM:<",
            letter.sender,
            self._mail_end,
            b"\r\nRCPT TO:<",
            address.encode(),
            b">\r\nDATA\r\n",
        )
        return b"".join(ends)

    def _mail(self, parcel: Parcel) -> bytes:
        letter = parcel.letter
        command = b"MAIL FROM:<" + letter.sender + self._mail_end
        if not letter.recipient.isascii():
            command += b" BODY=8BITMIME SMTPUTF8"
        if self._offer.dsn:
            command += b" RET=HDRS ENVID=%d.%d" % (letter.delivery_id, letter.attempt)
        return command + b"\r\n"

    def _rcpt(self, parcel: Parcel) -> bytes:
        address = parcel.letter.recipient
        command = b"RCPT TO:<" + address.encode() + b">"
        if self._offer.dsn and address.isascii():
            command += b" NOTIFY=FAILURE ORCPT=rfc822;" + _xtext(address)
        return command + b"\r\n"


def _xtext(address: str) -> bytes:
    """RFC 3461, 4: what is not a visible character, and + and =, as +XX."""
    return "".join(c if "!" <= c <= "~" and c not in "+=" else f"+{ord(c):02X}" for c in address).encode()
