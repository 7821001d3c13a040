"""The exception tree. Every error a person may see says what is wrong, where, and the way out.

HandoffError
+-- InvalidInput       400: a field holds something we cannot take
|   `-- ContentError   400: the author's text (Markdown, template, guide) cannot be used
+-- NotAllowed         403: known, but not for this person
+-- NotFound           404: no such thing, or a token that proves nothing
+-- Gone               410: it was here and was withdrawn or has expired
+-- Conflict           409: the state has moved on
+-- TooMany            429: slow down
`-- Unavailable        503: something we depend on is away
    `-- Misconfigured  500: a setting is missing or wrong; the operator must act
"""


class HandoffError(Exception):
    """Base of everything we raise on purpose; `message` is fit for the person in front of the screen."""

    status = 500

    def __init__(self, message: str, *, field: str | None = None, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.hint = hint

    def __str__(self) -> str:
        parts = [f"{self.field}: {self.message}" if self.field else self.message]
        if self.hint:
            parts.append(self.hint)
        return " ".join(parts)


class InvalidInput(HandoffError):
    """A field holds something we cannot take; `field` names it."""

    status = 400


class ContentError(InvalidInput):
    """The author's text cannot be used; `line` is 1-based where it is known."""

    def __init__(
        self, message: str, *, field: str | None = None, hint: str | None = None, line: int | None = None
    ) -> None:
        super().__init__(message, field=field, hint=hint)
        self.line = line


class NotAllowed(HandoffError):
    """The person is known and this is not for them."""

    status = 403


class NotFound(HandoffError):
    """No such thing. Also the answer to a token that proves nothing: no oracle."""

    status = 404


class Gone(HandoffError):
    """It was here and has expired or been withdrawn."""

    status = 410


class Conflict(HandoffError):
    """The state has moved on since the person looked."""

    status = 409


class TooMany(HandoffError):
    """Slow down."""

    status = 429


class Unavailable(HandoffError):
    """Something we depend on is away; trying again later may help."""

    status = 503


class Misconfigured(HandoffError):
    """A setting is missing or wrong; only the operator can mend it."""

    status = 500
