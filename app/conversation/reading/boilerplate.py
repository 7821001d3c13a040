"""Sentences nobody wrote: device lines, legal disclaimers, warnings of a mail gateway, mailing-list footers."""

import re

from app.conversation.reading.lines import LONGEST, clean_line
from app.conversation.reading.separators import is_ruler

_DEVICE = (
    r"(?:i-?phone|i-?pad|i-?pod|apple watch|mac ?book|android|galaxy|samsung|huawei|xiaomi|redmi"
    r"|oneplus|nokia|lumia"
    r"|black ?berry|windows (?:phone|10|11)|pixel|motorola|moto|sony|xperia|htc|lg|oppo|vivo|honor"
    r"|nexus|fairphone"
    r"|outlook|yahoo|gmail|hotmail|proton(?:mail)?|aol|mailbox|mail|spark|airmail|newton"
    r"|thunderbird|k-9|bluemail"
    r"|edison|aquamail|fastmail|tutanota|tuta|hey|canary|mailbird|polymail|superhuman|missive"
    r"|front|zoho|zimbra"
    r"|gmx|web\.de|telekom|freemail|nine|touchdown|verizon|t-mobile|at&t|vodafone|orange|smart ?phone|mobile"
    r"|mobil(?:e|ny|telefon\w*|ne|ny)?|handy|t[ée]l[ée]phone|tel[ée]fono|telefone|telefon\w*|cell"
    r"|tablet|phone"
    r"|gerät\w*|dispositivo|appareil|smartphone|celular|m[óo]vil|cellulare|portable|device|desktop|laptop)"
)
_SENT = (
    r"sent (?:from|via|with|using|by|fra)|provenance :|sent on|send from|get outlook for|e?mail(?:ed)? sent from"
    r"|composed on|typed on"
    r"|written on my|posted from|delivered by|gesendet (?:von|mit|über|aus|via)|von mein\w+"
    r"|verschickt (?:von|mit)"
    r"|diese nachricht wurde von|holen sie sich outlook|outlook für|envoyé (?:de|depuis|à partir"
    r"|avec|par|via)"
    r"|envoyée? (?:de|depuis)|télécharge[zr] outlook|obtenez outlook|enviado (?:desde|do|de"
    r"|a partir|con|com|via|pelo|por)"
    r"|enviada (?:desde|do)|obtener outlook|obtenha o outlook|obter o outlook|inviato (?:da|dal"
    r"|con|tramite)|inviata da"
    r"|scarica outlook|ottieni outlook|verzonden (?:vanaf|vanuit|met|via|van)|verstuurd (?:vanaf"
    r"|met|via|vanuit)"
    r"|outlook (?:downloaden )?voor|skickat (?:från|med)|skickades från|hämta outlook|sendt (?:fra|via|med)"
    r"|hent outlook|få outlook|lähetetty|lähetettiin|hanki outlook|wysłan[eoy] (?:z|ze|za|przez|w)"
    r"|pobierz (?:program )?outlook"
    r"|odesláno (?:z|ze|pomocí)|odoslané (?:z|zo|pomocou)|získejte outlook|stáhnout outlook"
    r"|отправлено (?:с|из|от|через)"
    r"|отправлен[оа] с|надіслано (?:з|із|від)|скачайте outlook|получите outlook|küldve|elküldve"
    r"|στάλθηκε (?:από|με)|εστάλη από"
    r"|trimis (?:de pe|din|cu|prin)|poslano (?:s|z|iz|sa)|poslato sa|изпратено (?:от|с)"
    r"|dikirim dari|được gửi từ|gửi từ"
    r"|saadetud|išsiųsta iš|nosūtīts no|sent dal|enviat (?:des|amb)|ส่งจาก|תשלח מ|נשלח מ\S*"
    r"|أرسلت من|أُرسلت من|نُشرت من"
    r"|مرسل من|تم الإرسال من|从我的|從我的|发自|發自|来自|來自|传送自|傳送自|发送自|나의|내"
)
_SENT_FIRST = re.compile(rf"[\W_]{{0,3}}(?:{_SENT})(?!\w)?", re.IGNORECASE)
_DEVICE_INSIDE = re.compile(_DEVICE, re.IGNORECASE)
_SENT_LAST = re.compile(
    r"[\W_]{0,3}(?:von (?:mein\w+ .{2,50}? |unterwegs )(?:gesendet|verschickt)|diese (?:nachricht"
    r"|e-?mail) wurde von .{2,60} gesendet"
    r"|.{2,40}'?(?:dan|den|tan|ten|umdan|imden|ımdan|undan|inden) gönderildi|gönderilen: .{2,40}"
    r"|.{2,40} (?:ile|üzerinden) gönderildi|.{2,40} ?(?:から送信|より送信)"
    r"(?:されました|しました)?|从我的 ?.{2,30} ?发送|從我的 ?.{2,30} ?傳送|(?:发|發)自我的 ?.{2,30}"
    r"|.{2,40}에서 (?:보냄|보낸 메일|전송)"
    r"|.{2,40}(?:készülékemről|telefonomról|-?ról|-?ről) küldve|lähetetty .{2,40}"
    r"|outlook for (?:ios|android|mac)"
    r"|sent from my.{0,3})[\W_]{0,3}\Z",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"[,;!?]\s+\S|[.]\s+\S+\s+\S+\s+\S")
_EXCUSE = re.compile(
    r"[.,;–—-]?\s*(?:please |pls |kindly |bitte |veuillez |por favor |merci d[e'’] ?)?"
    r"(?:excuse|pardon|forgive|apologi[sz]e|entschuldigen|verzeihen|excusez|excuser|disculp\w+|perdon\w+|desculp\w+|scus\w+)"
    r"\b.{0,60}\Z",
    re.IGNORECASE,
)
_OUTLOOK_ADVERT = re.compile(
    r"\boutlook\b.{0,25}\b(?:ios|android|mac|mobile)|(?:ios|android).{0,12}\boutlook", re.IGNORECASE
)
_LINK = re.compile(r"<[^<>]{0,200}>|\[[^\[\]]{0,200}\]|https?://\S{1,200}|\([^()]{0,60}://[^()]{0,200}\)")


def is_device_line(line: str) -> bool:
    """ "Sent from my iPhone" and its translations, not "Sent from my desk, which is easier than my phone"."""
    line = clean_line(line)
    if not 6 < len(line) <= 220:
        return False
    if line[0] == "[" and line[-1] == "]":
        line = line[1:-1]
    bare = _EXCUSE.sub("", _LINK.sub("", line)).strip(" -*_~")
    if len(bare.split()) > 12 or _SENTENCE.search(bare):
        return False
    if _SENT_LAST.match(bare) or (len(bare.split()) <= 7 and _OUTLOOK_ADVERT.search(bare)):
        return True
    sent = _SENT_FIRST.match(bare)
    return sent is not None and (_DEVICE_INSIDE.search(bare) is not None or len(bare.split()) <= 7)


_LEGAL_START = re.compile(
    r"[\W_]{0,6}(?:(?:important |legal |wichtiger |rechtlicher |e-?mail )?(?:disclaimer"
    r"|confidentiality(?: notice)?"
    r"|confidential notice|legal notice|privacy notice|haftungsausschluss|vertraulichkeitshinweis"
    r"|avis de confidentialité"
    r"|avertissement|aviso legal|aviso de confidencialidad\w*|cláusula de confidencialidad"
    r"|nota de confidencialidad\w*"
    r"|aviso de confidencialidade|avviso di riservatezza|nota legale|disclaimer legale"
    r"|klauzula poufności|конфиденциально\w*"
    r"|uwaga|zastrzeżenie|upozornění|免责声明|保密声明|免責事項))\s?[:.：]?",
    re.IGNORECASE,
)
_LEGAL_CUES = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"confidential|vertraulich|confidentiel|confidencia|riservat|vertrouwelijk|konfidentiel"
        r"|fortrolig|poufn|luottamuks"
        r"|důvěrn|конфиденц|bizalmas|gizli|机密|保密|機密|privileged|proprietary",
        r"intended (?:solely|only|for|recipient)|solely for the|named (?:recipient|addressee)"
        r"|unintended recipient"
        r"|bestimmt(?:en|er)? (?:empfänger|adressat)|nur für den|richtige(?:r)? adressat"
        r"|nicht der richtige|destinataire"
        r"|exclusiv|destinatari|bestemd voor|geadresseerde|avsedd|mottagare|tiltenkt|modtager"
        r"|przeznaczon|adresat"
        r"|адресат|предназначен|určen|címzett|alıcı|收件人|宛先",
        r"(?:e-?mail|message|nachricht|communication|mensaje|mensagem|messaggio|bericht|meddelande"
        r"|melding|wiadomość"
        r"|сообщение|zpráva|courriel|correo|邮件|メール)",
        r"received (?:this|it) (?:\w+ )?(?:in|by) error|irrtümlich|par erreur|por error|por engano"
        r"|per errore|abusievelijk"
        r"|ten onrechte|av misstag|ved en feil|ved en fejl|omyłkowo|по ошибке|notify the sender"
        r"|delete (?:it|this|the)"
        r"|(?:unauthori[sz]ed|strictly prohibited|disclosure|dissemination|copying)|unbefugt|absender"
        r"|interdit|prohibi"
        r"|vernichten|supprimer|borrar|elimin|löschen|virus|viren|误|誤",
    )
)
_FOOTER = re.compile(
    r"[\W_]{0,4}(?:please (?:consider|think about|do not print)\b.{0,40}(?:environment|printing"
    r"|print|tree)|(?:save paper|save a tree)"
    r"|bitte (?:denken|prüfen) sie.{0,60}(?:umwelt|drucken|ausdrucken)|pensez (?:à"
    r"|a) l['’]environnement|avant d['’]imprimer"
    r"|antes de imprimir|piense en el medio|pense no (?:meio )?ambiente|prima di stampare|denk aan het milieu"
    r"|virus-?free\.?|virenfrei\.?|libre de virus|sans virus|privo di virus|livre de vírus"
    r"|this (?:e-?mail|message) (?:has been|was) "
    r"(?:scanned|checked|sent (?:to|from))|diese e-?mail wurde (?:auf viren|von avast)"
    r"|cet e-?mail a été vérifié"
    r"|este (?:correo|mensaje) ha sido (?:analizado|comprobado)|you (?:received"
    r"|are receiving) this (?:message|e-?mail|email) because"
    r"|to unsubscribe from this (?:group|list|thread)|you are subscribed to|unsubscribe from this list"
    r"|sie (?:erhalten|bekommen) diese (?:nachricht|e-?mail), weil|vous recevez (?:ce"
    r"|cet) (?:message|e-?mail) (?:car|parce)"
    r"|\[?(?:image: )?mailtrack|sender notified by|sent with mailtrack|secured by"
    r"|reply to this email directly|view it on github"
    r"|--- you received|registered (?:office|in england)|company (?:registration|no)"
    r"|sitz der gesellschaft|geschäftsführer\b.{0,3}[:：]"
    r"|amtsgericht|handelsregister|(?:gps|inc|llc) confidential)",
    re.IGNORECASE,
)
_LIST_NAME = re.compile(
    r".{1,80} mailing list\Z|.{0,40}https?://\S{0,200}(?:mailman|listinfo|/lists?/)\S{0,200}\Z", re.IGNORECASE
)
_BANNER = re.compile(
    r"[\W_]{0,6}(?:(?:caution|warning|attention|achtung|vorsicht|external|extern|externe?|alert"
    r"|avertissement|atenci[óo]n"
    r"|precauci[óo]n|aten[çc][ãa]o|attenzione|let op|waarschuwing|varning|advarsel|varoitus|uwaga"
    r"|upozornění|внимание"
    r"|\[?ext(?:ernal|ern|erne?)?\]?|external (?:e-?mail|sender|message))\b[\W_]{0,4}.{0,200}?"
    r"(?:originat|outside|external|extern|außerhalb|stammt|provient|externe|fuera de|fora d"
    r"|esterno|buiten|utanför|utifrån"
    r"|uden for|zewn|mimo|извне|внешн|organi[sz]ation)"
    r"|this (?:e-?mail|message) (?:originated|came|was sent|is) from (?:outside|an external"
    r"|a sender outside|external)"
    r"|you don['’]t often get e-?mail from|some people who received this message don['’]t often"
    r"|sie erhalten nicht (?:oft|häufig) e-?mails? von|diese e-?mail (?:stammt|kommt"
    r"|wurde) von (?:außerhalb|extern)"
    r"|vous ne recevez pas souvent|ce (?:courriel|message|e-?mail) (?:provient|vient) de l['’]ext"
    r"|no suele recibir correo|este (?:correo|mensaje) (?:proviene|se origin)"
    r"|você não costuma receber|este e-?mail (?:veio|foi enviado) de fora"
    r"|u ontvangt niet vaak|non si ricevono spesso|du får (?:inte|ikke) ofta"
    r"|\[?external(?: e-?mail)?\]?\W{0,3}\Z)",
    re.IGNORECASE,
)
_BANNER_MORE = re.compile(
    r"[\W_]{0,4}(?:do not click|don['’]t click|learn why|report suspicious|exercise caution"
    r"|klicken sie|öffnen sie|ne cliquez"
    r"|n['’]ouvrez|no haga clic|não clique|non fare clic|klik niet|be careful|please (?:be|use"
    r"|take) c|never (?:click|give)"
    r"|links? (?:or|and) attachments|recogni[sz]e the sender|weitere informationen|why this is important)",
    re.IGNORECASE,
)


def strip_banners(piece: list[str]) -> list[str]:
    """Without the warnings a gateway put above the words; they stand in the first lines or nowhere."""
    start, in_banner = 0, False
    for at, line in enumerate(piece[:_BANNER_LINES]):
        bare = clean_line(line[:LONGEST])
        if not bare or is_ruler(bare):
            in_banner &= bool(bare)
            continue
        in_banner = _BANNER.match(bare) is not None or (in_banner and _BANNER_MORE.search(bare) is not None)
        if not in_banner:
            break
        start = at + 1
    return piece[start:]


def is_legal(paragraph: str) -> bool:
    """Is this paragraph a disclaimer? Several legal cues together, or a heading and one."""
    text = paragraph[:2000]
    if len(text) < 40 and not _LEGAL_START.match(text):
        return False
    cues = missed = 0
    for cue in _LEGAL_CUES:
        if cue.search(text):
            cues += 1
        else:
            missed += 1
        if missed > 2:
            return False
    if _LEGAL_START.match(text):
        return cues >= 2 or len(text.strip()) < 40
    return cues >= 4 or (cues == 3 and len(text) > 120)


_BANNER_LINES = 20
_FOOTER_LINES = 300
_FOOTER_PARAGRAPHS = 20


def is_footer(line: str) -> bool:
    line = clean_line(line)
    return _FOOTER.match(line[:LONGEST]) is not None or _LIST_NAME.match(line[:LONGEST]) is not None


def cut_boilerplate(piece: list[str]) -> list[str]:
    """Without everything from the first disclaimer or footer paragraph on.

    Only the end is looked at: footers sit there, and a novel is not worth the time.
    """
    first = max(0, len(piece) - _FOOTER_LINES)
    starts = [
        at for at in range(first, len(piece)) if piece[at].strip() and (at == 0 or not piece[at - 1].strip())
    ]
    for at in starts[-_FOOTER_PARAGRAPHS:]:
        end = next((here for here in range(at, len(piece)) if not piece[here].strip()), len(piece))
        if is_legal(" ".join(piece[at : min(end, at + 40)])):
            return _trim(piece[:at])
        for here in range(at, min(end, at + 40)):
            if is_footer(piece[here]):
                return _trim(piece[:here])
    return piece


def _trim(piece: list[str]) -> list[str]:
    while piece and (not piece[-1].strip() or is_ruler(clean_line(piece[-1]))):
        piece = piece[:-1]
    return piece
