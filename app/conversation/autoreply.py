"""Machines answering a letter: holiday notices, "we got your mail", and demands to prove that we are human.

RFC 3834 gives them a header and most set it; the rest are known by older headers, by the subject their program
puts in front, or by at least two phrases of absence in the words themselves. One phrase is never enough: people do
write "I'm on holiday, but I loved this".
"""

import re
from dataclasses import dataclass
from email.message import Message
from enum import StrEnum

from app.conversation.leaving import asks_to_leave
from app.conversation.mime import Mail
from app.conversation.reply_text import as_mail, reader_words


class AutoReplyKind(StrEnum):
    """What the machine wanted."""

    VACATION = "vacation"
    CHALLENGE = "challenge"
    RECEIPT = "receipt"
    MACHINE = "machine"


@dataclass(frozen=True)
class AutoReply:
    """An automatic answer and why we think so."""

    kind: AutoReplyKind
    reason: str


_SUBJECT_PREFIXES = """automatic reply|auto reply|auto-reply|autoreply|auto response|auto-response
|autoresponse|automated reply
|automated response|automatic response|auto answer|auto|out of office|out of the office
|out-of-office|ooo|ooto|away from my mail
|vacation reply|vacation|on vacation|away|i am away|abwesenheitsnotiz|abwesenheit
|automatische antwort|automatische rückantwort
|autom. antwort|abwesenheitsmeldung|abwesenheitsassistent|abwesend|urlaub|réponse automatique
|message automatique|absence|absent
|absence du bureau|réponse d'absence|respuesta automática|respuesta automatica|fuera de la oficina
|ausente|resposta automática
|resposta automatica|fora do escritório|ausência|ausência temporária|risposta automatica
|fuori ufficio|assente|fuori sede
|automatisch antwoord|automatisch bericht|automatische beantwoording|afwezig|afwezigheidsbericht
|afwezigheid|autosvar|automatiskt svar
|frånvarande|frånvaro|ej på kontoret|automatisk svar|automatisk besvarelse|ikke til stede|fraværende
|fravær|automaattinen vastaus
|poissa|poissaolo|poissaoloilmoitus|odpowiedź automatyczna|automatyczna odpowiedź|autoodpowiedź
|poza biurem|nieobecność
|automatická odpověď|automatická odpoveď|mimo kancelář|автоматический ответ|автоответ|автоответчик|нет на месте
|автоматична відповідь|автовідповідь|automatikus válasz|házon kívül|otomatik yanıt|otomatik cevap
|ofis dışında|ofis dışı
|αυτόματη απάντηση|εκτός γραφείου|מענה אוטומטי|תשובה אוטומטית|מחוץ למשרד|رد تلقائي|الرد التلقائي
|خارج المكتب|自動返信|自動応答|不在通知
|不在返信|自动回复|自動回覆|自动答复|外出|休假|자동 회신|자동 응답|자동회신|부재중|부재 중
|răspuns automat|automatski odgovor|samodejni odgovor
|автоматичен отговор|automaatne vastus|automātiskā atbilde|automatinis atsakymas|trả lời tự động
|balasan otomatis|resposta automàtica
|ตอบกลับอัตโนมัติ|स्वचालित उत्तर"""
_PREFIXES = tuple(sorted((p.strip() for p in _SUBJECT_PREFIXES.split("|")), key=len, reverse=True))
_SHORT_PREFIXES = frozenset(
    {
        "auto",
        "away",
        "vacation",
        "absent",
        "absence",
        "urlaub",
        "poissa",
        "ooo",
        "ooto",
        "外出",
        "休假",
        "ausente",
        "assente",
        "afwezig",
        "abwesend",
        "on vacation",
        "i am away",
    }
)
_TAGGED = re.compile(
    r"[\[(]\s*(?:auto(?:matic)?[- ]?(?:reply|response|matic)?|out of (?:the )?office|ooo|abwesend"
    r"|abwesenheit|absence|vacation)\s*[\])]",
    re.IGNORECASE,
)
_SUBJECT_CHALLENGE = re.compile(
    r"(?:please )?(?:confirm|verify|authenticate) (?:your |this |the )?(?:e-?mail|message|address"
    r"|identity|sender)|sender (?:verification|confirmation)"
    r"|verification required|confirmation (?:required|needed)|requires? (?:confirmation"
    r"|verification|approval)|message (?:held|on hold|quarantined)"
    r"|your (?:e-?mail|message) (?:to .{1,80} )?requires|action required to deliver"
    r"|challenge\b.{0,20}response|anti-?spam (?:verification|confirm)"
    r"|confirmez votre (?:message|e-?mail)|bestätigen sie ihre (?:e-?mail|nachricht)"
    r"|confirme su (?:mensaje|correo)|confirma[cç][aã]o de (?:envio|remetente)",
    re.IGNORECASE,
)
_CHALLENGE_TEXT = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"(?:click|follow|visit|open|use|reply to|answer|respond to|solve|klicken|cliquez|cliquer"
        r"|haga clic|clique|pulse|klik|clicca)"
        r"\b.{0,80}?(?:link|below|this (?:message|mail|e-?mail)|captcha|here|lien|enlace|hier|aquí|aqui)",
        r"(?:deliver|release|reach|approved?|accept|zustell|livr|entreg|consegn"
        r"|bezorg)\w*.{0,60}?(?:message|mail|inbox|mailbox|nachricht"
        r"|courriel|mensaje|mensagem|messaggio|bericht)|(?:message|mail|nachricht|mensaje|mensagem"
        r"|messaggio).{0,60}?(?:deliver|release|zugestellt"
        r"|livré|entregado|entregue|consegnat|bezorgd|held|quarantin|on hold)",
        r"\b(?:human|spam|verify|verification|whitelist|allowed senders|approved senders"
        r"|not (?:yet )?(?:on|in) (?:my|the|our|his|her)"
        r"|unknown sender|sender list|first time|bestätig|confirm|vérifi|verific|authenticat"
        r"|spamarrest|boxbe|boxtrapper|tmda|mailinblack)\w*",
        r"\b(?:one[- ]time|only (?:have|need) to do this once|once you|before your (?:message|mail)"
        r"|in order (?:to|for)|einmalig|une seule fois"
        r"|sólo una vez|protects?|protected by|schützt|utilise|uses?)\b",
    )
)
_CHALLENGE_PROGRAMS = (
    "spamarrest",
    "spam arrest",
    "boxtrapper",
    "tmda",
    "boxbe",
    "mailinblack",
    "sendio",
    "choicemail",
    "bluebottle",
    "qurb",
    "vanquish",
    "digiportal",
    "active spam killer",
    "clean mailbox",
)
_ABSENT = re.compile(
    r"(?:out of (?:the |my )?office|away from (?:the |my )?(?:office|desk|e-?mail|mail)"
    r"|(?:am|[’']m|be|currently|is) (?:\w+ ){0,3}on (?:\w+ )?(?:leave|vacation|holidays?)\b"
    r"|on (?:annual |parental |maternity |paternity |sick |medical )?leave|currently (?:away|travell?ing"
    r"|unavailable|out)"
    r"|limited access to (?:my )?(?:e-?mail|mail|internet)|office is closed"
    r"|nicht im (?:büro|haus|dienst)|im urlaub|außer haus|abwesend|in elternzeit|dienstreise"
    r"|nicht erreichbar|absente? du bureau|en congés?\b|en vacances"
    r"|je suis (?:absente?|actuellement|en déplacement)|fuera de la oficina|de vacaciones"
    r"|estoy de viaje|estaré ausente|me encuentro fuera|fora do escritório"
    r"|de férias|estarei ausente|estou ausente|fuori (?:ufficio|sede)|in ferie|sono assente"
    r"|niet op kantoor|afwezig|met (?:vakantie|verlof)|op vakantie"
    r"|inte på kontoret|på semester|föräldraledig|tjänstledig|ikke på kontoret|på ferie|på barsel"
    r"|lomalla|poissa|poza biurem|na urlopie|nieobecn"
    r"|mimo kancelář|na dovolené|na dovolenke|в отпуске|в командировке|вне офиса|отсутств"
    r"|у відпустці|szabadságon|házon kívül|ofis dışında|izinde|tatilde"
    r"|εκτός γραφείου|σε άδεια|מחוץ למשרד|בחופשה|خارج المكتب|في إجازة|不在|休暇|休みを|外出|休假|出差|不在办公室|부재"
    r"|휴가|출장|în concediu|na godišnjem|na odmoru"
    r"|в отпуск|nghỉ phép|sedang cuti)",
    re.IGNORECASE,
)
_RETURN = re.compile(
    r"(?:(?:when|as soon as|once|upon|on) (?:i (?:am |get )?|my )(?:return|back)|(?:be|am|i'm"
    r"|will be) back (?:on|in|at|from)|returning (?:on|to)|return(?:ing)? (?:on )?"
    r"(?:mon|tue|wed|thu|fri|\d)|until (?:mon|tue|wed|thu|fri|sat|sun|jan|feb|mar|apr|may|jun|jul"
    r"|aug|sep|oct|nov|dec|the \d|\d|further)|ab dem \d|bis (?:zum |einschließlich )?\d"
    r"|wieder (?:erreichbar|im büro|für sie)|nach meiner rückkehr|zurück(?:sein| am)|jusqu['’]au"
    r"|à mon retour|de retour|dès mon retour|hasta el|a mi regreso|a mi vuelta|regreso el"
    r"|até (?:o )?(?:dia )?\d|no meu retorno|quando (?:eu )?(?:voltar|regressar)|retorno em"
    r"|fino al|al mio (?:ritorno|rientro)|rientrer|tot (?:en met )?(?:\d|ma|di|wo|do|vr)"
    r"|bij terugkomst|na mijn (?:vakantie|terugkeer)|till och med|åter (?:på|den)|tillbaka|tilbake"
    r"|tilbage|frem til|takaisin|\bsaakka\b|do dnia|po powrocie|wracam|do \d|po návratu"
    r"|zpět|до \d|после возвращения|вернусь|по возвращении|visszatér|-ig\b|döndüğümde"
    r"|tarihine kadar|έως|επιστρέψω|עד ה|כשאחזור|حتى|عودتي|まで|戻り|戻る|直到|返回|回来|까지|복귀|întorc)",
    re.IGNORECASE,
)
_INSTEAD = re.compile(
    r"(?:urgent|immediate|emergenc|in my absence|in (?:the )?meantime|please contact"
    r"|your (?:message|e-?mail) (?:will (?:not )?be|has been|is not)|will not be (?:read"
    r"|forwarded)"
    r"|respond to your|reply to your|get back to you|dringend|in dringenden|vertret"
    r"|wenden sie sich|nicht weitergeleitet|werde ihre|urgence|veuillez contacter"
    r"|pendant mon absence"
    r"|vous pouvez contacter|urgente|póngase en contacto|en mi ausencia|contacte|contactar"
    r"|na minha ausência|entre em contato|in caso di urgenz|contattare|dringende|spoed"
    r"|neem contact"
    r"|tijdens mijn afwezigheid|vid brådskande|kontakta|ved hastende|kontakt(?:e|uj|ovat|ujte)?\b"
    r"|kiireelli|pilnych|w sprawach|naléhav|срочн|обращайтесь|sürgős|acil|επείγον|דחוף|עاجل"
    r"|للأمور العاجلة"
    r"|至急|緊急|お急ぎ|紧急|急事|긴급|급한|urgenţ|urgență|hitn)",
    re.IGNORECASE,
)
_ACKNOWLEDGED = re.compile(
    r"(?:this is an? auto(?:mated|matic|mated)|do[- ]not[- ]reply|please do not (?:reply|respond)"
    r"|automatically generated|auto-?generated|"
    r"(?:we have|we've|has been) received your|your (?:request|ticket|case|inquiry"
    r"|enquiry) (?:has been|was|#)|ticket (?:number|id|#)|case (?:number|id|#)|"
    r"automatisch (?:erstellt|generiert|erzeugt)|diese nachricht wurde automatisch"
    r"|générée? automatiquement|message automatique|generado automáticamente|"
    r"mensaje automático|gerad[ao] automaticamente|mensagem automática|messaggio automatico"
    r"|generato automaticamente|automatisch gegenereerd)",
    re.IGNORECASE,
)
_TELLTALE = (
    "x-autoreply",
    "x-autorespond",
    "x-autoreply-from",
    "x-mail-autoreply",
    "x-auto-reply",
    "x-autogenerated",
    "x-autoresponder",
    "x-vacation",
    "x-fc-machinegenerated",
    "x-facebook-notify",
    "x-out-of-office",
    "x-ms-exchange-organization-autoreply",
    "x-autogenerated-reply",
    "x-autoresponse",
    "x-autoreply-type",
)
_RE = re.compile(
    r"(?:re|aw|antw|sv|vs|odp|ynt|rif|res|回复|答复|回覆|ре)\s?(?:\[\d+\])?\s?[:：]\s*", re.IGNORECASE
)


def is_auto_reply(message: Mail | Message | bytes, text: str | None = None) -> AutoReply | None:
    """Did a machine write this answer? `text` is the body's own words when the caller has them already."""
    mail = as_mail(message)
    subject = " ".join(mail.decoded("subject").split())[:300]
    by_header = _told_by_headers(mail)
    own = (reader_words(mail).text if text is None else text)[:4000]
    if found := _challenge(mail, subject, own, certain=by_header is not None):
        return found
    if by_header is not None:
        kind = AutoReplyKind.VACATION if _sounds_absent(subject, own) else by_header.kind
        return AutoReply(kind, by_header.reason)
    prefix = _subject_prefix(subject)
    if prefix and (prefix not in _SHORT_PREFIXES or _ABSENT.search(own) or _RETURN.search(own)):
        kind = AutoReplyKind.VACATION if _sounds_absent(prefix, own) else AutoReplyKind.MACHINE
        return AutoReply(kind, f"subject: {prefix}")
    return _told_by_words(mail, own)


def _told_by_headers(mail: Mail) -> AutoReply | None:
    submitted = re.split(r"[;(]", mail.get("auto-submitted"), maxsplit=1)[0].strip().casefold()
    if submitted and submitted != "no":
        return AutoReply(AutoReplyKind.MACHINE, f"Auto-Submitted: {submitted[:40]}")
    report = mail.root.content_type == "multipart/report"
    if report and mail.root.parameters.get("report-type", "").casefold() == "disposition-notification":
        return AutoReply(AutoReplyKind.RECEIPT, "a read receipt (RFC 8098)")
    for name in _TELLTALE:
        value = mail.get(name).strip().casefold()
        if value and value not in ("no", "false", "0"):
            return AutoReply(AutoReplyKind.MACHINE, f"{name}: {value[:40]}")
    precedence = mail.get("precedence").strip().casefold()
    if precedence in ("auto_reply", "auto-reply", "autoreply"):
        return AutoReply(AutoReplyKind.MACHINE, f"Precedence: {precedence}")
    if "autoresponder" in (mail.get("x-post-messageclass") + mail.get("delivered-to")).casefold():
        return AutoReply(AutoReplyKind.MACHINE, "an autoresponder names itself")
    if mail.get("return-path").strip() == "<>" and not report:
        # RFC 3834 section 3.3: automatic responses carry the null return path; people never do.
        return AutoReply(AutoReplyKind.MACHINE, "null return path")
    return None


def _subject_prefix(subject: str) -> str | None:
    """The phrase an absence program put in front, or the tag it set in brackets."""
    folded = subject.casefold()
    if _RE.match(folded):
        return "tagged as automatic" if _TAGGED.search(folded) else None
    for prefix in _PREFIXES:
        if folded.startswith(prefix):
            rest = folded[len(prefix) :].lstrip()
            if (
                not rest
                or rest[0] in ":：-–—(["
                or (len(prefix) > 12 and prefix not in _SHORT_PREFIXES and _starts_re(rest))
            ):
                return prefix if rest or prefix not in _SHORT_PREFIXES else None
    return "tagged as automatic" if _TAGGED.search(folded) else None


def _starts_re(rest: str) -> bool:
    return _RE.match(rest) is not None or rest.startswith(
        ("autoreply", "auto reply", "message", "reply", "notification", "until")
    )


def _sounds_absent(subject: str, own: str) -> bool:
    return _ABSENT.search(f"{subject}\n{own}") is not None or _RETURN.search(own) is not None


def _challenge(mail: Mail, subject: str, own: str, *, certain: bool) -> AutoReply | None:
    sender = f"{mail.decoded('from')} {mail.get('x-mailer')} {subject}"[:1000].casefold()
    program = next((name for name in _CHALLENGE_PROGRAMS if name in sender or name in own.casefold()), None)
    cues = sum(cue.search(own) is not None for cue in _CHALLENGE_TEXT)
    if any(mail.get(name) for name in ("x-tmda-fingerprint", "x-boxtrapper", "x-spamarrest-fingerprint")):
        return AutoReply(AutoReplyKind.CHALLENGE, "a challenge program's header")
    if program and cues >= 2:
        return AutoReply(AutoReplyKind.CHALLENGE, f"asks to confirm, as {program} does")
    named = _SUBJECT_CHALLENGE.search(subject) is not None and _RE.match(subject) is None
    if (named and cues >= 2) or (cues == 4 and len(own) < 2500) or (certain and cues >= 3):
        return AutoReply(AutoReplyKind.CHALLENGE, "asks the sender to prove that the mail is wanted")
    return None


def _told_by_words(mail: Mail, own: str) -> AutoReply | None:
    head = own[:2000]
    if asks_to_leave(own, "") or _LEAVES.search(head):
        return None
    absent, back, instead = (cue.search(head) is not None for cue in (_ABSENT, _RETURN, _INSTEAD))
    if absent and back and instead and not _ABOUT_THE_LETTER.search(head):
        return AutoReply(AutoReplyKind.VACATION, "speaks of absence, return and whom to ask meanwhile")
    if mail.get("x-auto-response-suppress") and (absent or _ACKNOWLEDGED.search(head)):
        kind = AutoReplyKind.VACATION if absent else AutoReplyKind.MACHINE
        return AutoReply(kind, "X-Auto-Response-Suppress and the words")
    bulk = mail.get("precedence").strip().casefold() in ("bulk", "junk")
    personal = "?" in head or _ABOUT_THE_LETTER.search(head) is not None or _BUT.search(head) is not None
    if absent and (back or instead) and (bulk or len(head) < 400) and not personal:
        return AutoReply(AutoReplyKind.VACATION, "speaks of absence and of little else")
    if len(_ACKNOWLEDGED.findall(head)) >= 2:
        return AutoReply(AutoReplyKind.MACHINE, "says itself that it was generated")
    return None


_LEAVES = re.compile(
    r"\bunsubscribe me\b|\bremove me\b|take me off|abmelden|austragen|désinscri|désabonn|de baja"
    r"|descadastr",
    re.IGNORECASE,
)
# Somebody who is away and still talks about the letter is a person.
_ABOUT_THE_LETTER = re.compile(
    r"\b(?:loved?|enjoyed|letter|newsletter|article|you asked|your (?:issue|guide)|the guide"
    r"|gelesen|ausgabe|artikel|leitfaden"
    r"|numéro|votre (?:lettre|article)|boletín|guía|artículo|texto|guia)\b",
    re.IGNORECASE,
)
_BUT = re.compile(r"\b(?:but|wondering|aber|mais|pero|mas)\b", re.IGNORECASE)
