"""The words of refusal: what mail servers and providers say when they do not take a mail, and what they mean by it.

The order matters and is that of doubt: a full mailbox and a block list are recognised before "unknown", because a
false suppression is worse than a miss. All patterns are for case-folded text with runs of white space made one blank.
"""

import re
from enum import StrEnum
from typing import Final


class Reason(StrEnum):
    """Standard words for the author's pages and for `handoff inbound --inspect`."""

    USER_UNKNOWN = "user unknown"
    DOMAIN_UNKNOWN = "domain unknown"
    MAILBOX_DISABLED = "mailbox disabled"
    MAILBOX_FULL = "mailbox full"
    TOO_LARGE = "too large"
    SPAM = "spam"
    POLICY = "policy"
    LOOP = "loop"
    EXPIRED = "expired"
    TEMPORARY = "temporary"
    UNSPECIFIED = "unspecified"
    COMPLAINT = "complaint"


_BOX: Final = r"(?:mail ?box|mailfolder|mail folder|inbox|mail ?drop|mail ?spool|account|maildir)"
_WHO: Final = (
    r"(?:user|recipient|account|mail ?box|address|addressee|mail ?drop|person|"
    r"e-?mail address|e-?mail account|id)(?=e?s\b|\b)"
)

_ADDR: Final = (
    r"(?:adress[eé]?n?|addresses?|adres|direcci[oó]n|indirizzo|endereço|osoit\w+|adresa|adresu|cím\w*|адрес\w*|"
    r"διεύθυνση|benutzer|empfänger|destinat\w+|usuario|usuário|mottagare\w*|modtager\w*|mottaker\w*|příjemce|"
    r"gebruiker|geadresseerde)"
)
_NOT_FOUND: Final = (
    r"(?:nicht gefunden|n.a pas (?:pu être|été) trouv|introuvable|no se (?:ha )?encontr|non (?:è stat[oa] )?trovat|"
    r"niet gevonden|niet (?:worden )?gevonden|hittades inte|inte att hitta|bl(?:ev|e) ikke f[u]n[dn]et|"
    r"nie znaleziono|nebyla? nalezen|nebol[ao]? nájden|nem található|nu a fost găsit|não (?:foi )?encontrad|"
    r"δεν βρέθηκε|не (?:вдалося|удалось) (?:знайти|найти)|не знайдено|neexistuje|ei löyty)"
)

_WORDS: Final[tuple[tuple[Reason, tuple[str, ...]], ...]] = (
    (
        Reason.MAILBOX_FULL,
        (
            r"(?:over|out of|exceed\w*|exceeding|above|beyond) (?:\w+ ){0,4}(?:quota|storage|disk space|"
            r"allocat)",
            r"quota (?:\w+ ){0,3}(?:exceed|reached|violation|full|over|used up)|exceed\w* .{0,30}quota|"
            r"overquota|over-quota",
            rf"{_BOX}(?: \S+)? (?:is |was |has been |are |currently )?(?:too )?full|full {_BOX}|"
            rf"{_BOX} (?:size )?(?:limit|quota)",
            rf"(?:not enough|insufficient|no|out of) (?:\w+ ){{0,3}}(?:space|storage)(?! before)|"
            rf"{_BOX} space not enough",
            rf"exceeds (?:the )?allowed size|too much mail|(?:storage|disk) (?:space )?(?:is )?(?:full|"
            rf"limit|exceeded)|"
            rf"{_BOX} has (?:exceeded|reached)|would exceed|exceeded (?:its|his|her|their|"
            rf"the) (?:\w+ ){{0,2}}"
            rf"(?:limit|size|quota|capacity)|out of storage",
            r"(?:postfach|mailbox) .{0,30}voll|speicherplatz|kontingent|boîte .{0,30}pleine|"
            r"quota dépassé|buzón .{0,20}llen|"
            r"caixa .{0,30}cheia|casella .{0,30}piena|postvak .{0,20}vol|skrzynk\w+ .{0,30}(?:pełn|"
            r"przepełn)|"
            r"ящик .{0,30}(?:переполнен|заполнен)|превышен\w* .{0,20}(?:квот|лимит)|邮箱.{0,6}(?:已满|空间不足)|"
            r"容量超|配额|已[满滿]|boîte .{0,30}saturée|\bbal saturée|(?:postlåda|brevlåda|inkorg|postkasse|innboks|"
            r"indbakke)\w* .{0,20}(?:full|fuld|overfyl)|(?:postvak|inbox) .{0,20}vol\b|schránka .{0,30}(?:pln|přeplněn|"
            r"preplnen)|postilaatikko .{0,20}täynnä|postafiók .{0,20}(?:megtelt|tele)|posta kutusu .{0,20}dolu|"
            r"căsuța .{0,30}plin|γραμματοκιβώτι\w+ .{0,30}(?:πλήρ|γεμάτ)|скриньк\w+ .{0,30}(?:переповн|заповн)|"
            r"メールボックス.{0,10}(?:いっぱい|満杯|一杯)|사서함.{0,12}(?:가득|꽉|초과)|용량.{0,8}초과",
        ),
    ),
    (
        Reason.SPAM,
        (
            r"\bspam\w*|\bjunk (?:mail|e-?mail)|unsolicited|\bube\b|\buce\b|phish|bulk mail",
            r"block(?:ed)? ?list|black ?list|deny ?list|\brbls?\b|dnsbl|spamhaus|spamcop|sorbs|"
            r"barracuda|senderbase|cloudmark",
            r"(?:poor|bad|low|sender|ip|domain|host|its|mail) reputation|reputation (?:of|service|"
            r"block)|blocked (?:due|because|by|"
            r"using|for|- see)|(?:has been|was|is|been|are) blocked|ip (?:address )?.{0,40}block|"
            r"content (?:filter|rejected|"
            r"block|restriction)|message content|classified as|(?<!not )listed (?:at|in|on|by) \S+|virus|malware|"
            r"infected",
            r"\b(?:pbl|sbl|xbl)\b|\bdt:spm|messages? (?:is |was |has been )?filtered",
            r"ofr_?5\d\d|垃圾邮件|反垃圾|подозр\w+ .{0,20}спам|спам|迷惑メール",
        ),
    ),
    (
        Reason.TOO_LARGE,
        (
            r"(?:message|mail|e-?mail|size|attachment) (?:is |was |size |of \S+ )?(?:too|"
            r"exceeds?) (?:large|big|long|the|max|fixed|"
            r"limit|size|administrative|incoming|\d)",
            r"(?:message|mail|maximum|file) (?:\w+ )?size (?:limit|exceed|is|of)|"
            r"exceed\w* (?:the )?(?:\w+ )?(?:maximum|max|size) "
            r"(?:\w+ ){0,2}(?:size|limit|length)|length exceeds|too (?:large|big)|size limit exceeded|"
            r"larger than",
            r"nachricht .{0,30}zu groß|message trop (?:gros|volumineux|grand)|demasiado grande|"
            r"troppo grande|слишком больш",
        ),
    ),
    (
        Reason.POLICY,
        (
            r"\bdmarc\b|\bspf\b|\bdkim\b|domainkeys|authentication (?:required|check|fail)|"
            r"unauthenticated|not authenticated",
            r"polic(?:y|ies)|relay(?:ing)? (?:access |is |not )?(?:denied|prohibited|allowed|permitted)|"
            r"unable to relay|"
            r"not (?:permitted|allowed|authorized|authorised) to (?:relay|send|post|submit)|"
            r"we do not relay|rcpthosts",
            r"sender (?:address )?(?:is )?(?:rejected|denied|blocked|not allowed|refused|verify|"
            r"verification|unknown|domain)|"
            r"(?:not|n.t) accept(?:ing)? (?:\w+ )?(?:mail|messages?|e-?mails?|connections?) from|"
            r"refuse\w* mail from|(?:you|sender) (?:are|is|"
            r"has been) (?:not|banned|blocked)|"
            r"will not accept delivery|domain of (?:the )?sender|sender.s domain",
            r"reverse dns|ptr record|helo (?:command )?rejected|client host rejected|fail(?:ed|"
            r"s) .{0,20}checks?|"
            r"prohibited|administrative(?:ly)? (?:prohibit|den|reject|lock)|delivery not authorized|"
            r"security|banned|"
            r"(?:senderfilter|sender filter)|restricted|not in (?:the )?allowed|members? only|"
            r"too many (?:recipients|messages)|"
            r"sending limit|rate limit|resent-from|bad headers?|rejected by .{0,30}(?:filter|rule)|"
            r"rejected .{0,20}rule|(?:^|[\s:])mail rejet",
        ),
    ),
    (
        Reason.DOMAIN_UNKNOWN,
        (
            r"(?:host|domain|mail server|server)(?: name)?(?: \S+)? (?:was |is |could |"
            r"can )?(?:not (?:be )?found|unknown|"
            r"does ?n.?o?t exist|not exist|invalid|not (?:be )?resolv)",
            r"(?:unknown|bad|invalid|no such|unrouteable|unroutable|non-?existent|unresolvable|illegal|"
            r"nonexistent) "
            r"(?:mail |destination |e-?mail )?(?:host|domain|system|route)|nxdomain|null ?mx|"
            r"no (?:valid )?mx|"
            r"does not accept (?:any )?(?:mail|e-?mail)|domain .{0,60}(?:does ?n.?o?t|do not) exist|"
            r"no (?:route|gateway)|"
            r"couldn.t find any host|could not find a gateway|name or service not known|"
            r"cannot find your hostname|"
            r"(?:dns|name service|nameserver|hostname) .{0,40}(?:not found|nxdomain|does not exist|fail)|"
            r"domain isn.t in my list|no matching host|host or domain name not found|"
            r"all relevant mx records",
            r"домен .{0,40}не (?:существует|найден)|domain .{0,30}(?:existiert nicht|unbekannt)|"
            r"domaine .{0,30}inexist|域名不存在",
        ),
    ),
    (
        Reason.MAILBOX_DISABLED,
        (
            rf"{_WHO}(?: \S+)?(?: has| have)?(?: been| is| was)? (?:temporarily |currently |permanently |"
            rf"administratively )?"
            r"(?:disabled|discontinued|suspended|deactivated|de-activated|inactive|closed|terminated|"
            r"cancelled|canceled|"
            r"locked|frozen|blocked by admin|deleted|removed|retired|expired|not active|not enabled|"
            r"dormant|unplugged)",
            r"archived recipient|destinataire archiv",
            r"(?:no longer|not anymore) (?:\w+ ){0,2}(?:in use|valid|available|active|exists?|with|"
            r"work\w*|employed|used|accept|"
            r"monitored|here|on this|at this|receiv)|(?:disabled|inactive|suspended|expired|closed|"
            r"deactivated) "
            r"(?:user|account|mailbox|recipient)|has (?:left|moved)|disabled or discontinued|"
            r"mailbox is inactive",
            r"nicht mehr (?:gültig|aktiv|verfügbar|erreichbar|benutzt)|deaktiviert|gesperrt|désactivé|"
            r"n.est plus|suspendu|"
            r"desactivad|suspendid|disattivat|заблокирован|отключ[её]н|удал[её]н|停用|已注销|冻结",
        ),
    ),
    (
        Reason.USER_UNKNOWN,
        (
            rf"(?:unknown|no such|invalid|non-?existent|unrouteable|unroutable|unrecognized|"
            rf"undeliverable|bad|illegal|"
            rf"not a valid|isn.t a valid|not a known|nonexistent|incorrect|"
            rf"no valid) (?:\w+ )?(?:or \w+ )?(?:local )?{_WHO}",
            rf"(?:unknown|no such|invalid) .{{0,30}}{_WHO}|{_WHO}(?:\(?e?s\)?)?(?: \S+)?(?: was| is| are|"
            rf" has)? "
            r"(?:unknown|invalid|not known|not (?:be )?(?:found|recogni[sz]ed|valid|exist\w*|listed|"
            r"local|available|here|a "
            r"valid)|unavailable|nonexistent|non-existent|undeliverable|wrong)",
            rf"{_WHO}(?:\(?e?s\)?)?(?: \S+)? (?:does|do|did)(?: not|n.?t) (?:have|exist|match|seem)|"
            rf"doesn.t have an? .{{0,60}}account",
            r"(?:user|recipient|address|addressee|name|mailbox|account) (?:\S+ )?not (?:found|known|"
            r"listed|exist|local|in)",
            r"unknown (?:user|recipient|addressee|local.part|address|account|mailbox|alias|person|to)|"
            r"recipient unknown|"
            r"(?:mailbox|user|account|recipient) unavailable|recipient name is not recognized|"
            r"not our customer|"
            r"no (?:mailbox|user|account|one|person|recipient|address|matches|match|"
            r"aliases)\b.{0,30}(?:here|by that|with that|"
            r"found|named|such|to|of)|by that name|addressee unknown|(?:doesn.t|does not|didn.t|"
            r"not) exist(?!.{0,15}domain)",
            r"5\.1\.0 address rejected",
            r"not listed in|not a (?:valid|known|local|registered)|couldn.t be found|could not be found|"
            r"wasn.t found|"
            r"can.t find|cannot find|invalid final delivery userid|final email delivery point|"
            r"did not exactly match|"
            r"wrong or no longer valid|recipnotfound|recipientnotfound|recipient not found|resolver\.adr|"
            r"recipient address rejected: (?:access denied|undeliverable|user|unknown|aol|\S+\.\S+ \[)|"
            r"requested action not taken: mailbox unavailable|(?:address|recipient) rejected: (?:user|"
            r"unknown|no such)|"
            r"no such (?:user|person|recipient|mailbox|address|account)|mailbox not found|"
            r"name not found|not valid (?:at|in|on)|"
            r"undefined mail alias|virtual alias table|local recipient table|does not like recipient|"
            r"is not (?:a )?(?:valid|known|recogni|local|found|accepted|hosted)|misspell|"
            r"check the spelling|rcpt to.{0,40}unknown",
            r"empfänger .{0,40}(?:unbekannt|existiert nicht|nicht gefunden|ungültig)|"
            r"unbekannte[rn]? (?:empfänger|benutzer|adresse)|"
            r"empfaenger (?:unbekannt|nicht)|benutzer .{0,30}(?:unbekannt|existiert nicht)|"
            r"existiert nicht|kein (?:mailbox|postfach)",
            r"(?:adresse|utilisateur|destinataire|compte|boîte)s? .{0,60}(?:inconnue?s?|n.existe|"
            r"inexistante?|introuvable|non "
            r"recensé|invalide|erron)|n.existe pas|non recensé|no existe|(?:usuario|destinatario|"
            r"direcci[oó]n|cuenta|buz[oó]n) "
            r".{0,30}(?:desconocid|inexistente|no (?:se )?(?:encontr|válid|existe))|não existe|"
            r"desconhecid|inexistente|"
            r"inesistente|sconosciut|non esiste|utente .{0,20}(?:non|sconosc)|bestaat niet|onbekend|"
            r"finns inte|okänd|findes ikke|"
            r"finnes ikke|ukendt|ukjent|ei löydy|tuntematon|nie istnieje|nieznany|neexistuje|neznámý|"
            r"nem létezik|ismeretlen|"
            r"не (?:существует|найден|зарегистрирован|обнаружен)|несуществующ|нет такого|неизвестн|"
            r"bulunamad|geçersiz|"
            rf"{_ADDR}.{{0,80}}{_NOT_FOUND}|{_NOT_FOUND}.{{0,40}}{_ADDR}|nicht im .{{0,40}}verzeichnis",
            r"不存在|无此|無此|没有找到|找不到|見つかりません|存在しません|ありません|존재하지|없습니다|찾을 수 없",
        ),
    ),
    (
        Reason.LOOP,
        (
            r"loop(?:s|ed|ing)?\b|too many (?:hops|received|levels)|hop ?count|received \d+ times|"
            r"excessive recursion|mutual alias",
        ),
    ),
    (
        Reason.EXPIRED,
        (
            r"expired|retry (?:time|timeout|limit)|(?:in|on) the queue too long|time ?limit|too (?:long|"
            r"old)|delivery failed "
            r"\d+ attempts|maximum.time|not (?:been )?collected|delivery time|undeliverable for \d|"
            r"max(?:imum)? (?:retries|retry|"
            r"attempts)|could not be delivered (?:for|within|after)|not going to try again|"
            r"message timed? out|gave up after",
        ),
    ),
    (
        Reason.TEMPORARY,
        (
            r"temporar|(?<!spaces and )try (?:again|later)|later|timed? ?out|grey ?list|gray ?list|"
            r"connection (?:refused|reset|lost|fail|closed|"
            r"dropped|timed|to .{0,60}fail)|throttl|unreachable|no route to host|network|not responding|"
            r"did not respond|"
            r"unavailable|resources|overload|system error|internal error|local error|"
            r"service (?:not )?available|busy|deferred|"
            r"postponed|connect to|no answer|refused to talk|command (?:died|output)|"
            r"unable to (?:connect|establish|open|lock)|"
            r"vorübergehend|momentan|temporaire|временно|暂时|一時的",
        ),
    ),
)

WORDS: Final = tuple((reason, re.compile("|".join(patterns))) for reason, patterns in _WORDS)


_ADDRESS: Final = re.compile(r"[^\s<>\"'(),:;\[\]（），。：；]{1,64}@[^\s<>\"'(),:;\[\]（），。：；]{1,255}")


def said_reasons(text: str) -> list[Reason]:
    """The reasons whose words occur in a text, in the order of the table; what an address is called says nothing."""
    flat = " ".join(_ADDRESS.sub("x@x", text[:4000].casefold()).split())
    return [reason for reason, words in WORDS if words.search(flat)]
