"""Telling a robot's answer from a person's (RFC 3834), so that holidays are no conversations and no loops start."""

import re
from typing import Final

from app.conversation.mime import Mail

_AWAY: Final = re.compile(
    r"out of (?:the )?office|auto(?:matic|mated|matische|matisch)?[ -]?(?:reply|response|antwort|antwoord)"
    r"|abwesenheit|réponse automatique|absence du bureau|respuesta automática|fuera de la oficina"
    r"|risposta automatica|resposta automática|automatiskt svar|autosvar|automatische? antwoord|on vacation",
    re.IGNORECASE,
)


def is_auto_reply(mail: Mail) -> bool:
    """True for an answer that no person wrote: by its own headers first, by the usual subjects last."""
    submitted = mail.get("auto-submitted").partition(";")[0].strip().lower()
    if submitted and submitted != "no":
        return True
    if any(
        mail.get(name) for name in ("x-autoreply", "x-autorespond", "x-autoresponder", "x-auto-reply-from")
    ):
        return True
    if mail.get("precedence").strip().lower() in {"auto_reply", "auto-reply"}:
        return True
    return bool(_AWAY.search(mail.decoded("subject")))
