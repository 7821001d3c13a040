"""The words in which mail servers say that something did not arrive, in the languages they say it in.

Grouped by what they prove: that a mail is about a failure, that it is only about a delay, and that the addresses
after them are the ones concerned. All patterns are for case-folded text with runs of white space made one blank.
"""

import re
from typing import Final


def _any(*phrases: str) -> re.Pattern[str]:
    return re.compile("|".join(phrases))


# Who writes such mail: the local part or the display name of From.
ROBOT: Final = _any(
    r"mailer[-_. ]?daemon",
    r"post[-_. ]?master",
    r"mail[-_. ]?delivery",
    r"delivery[-_. ]?(?:subsystem|system|service|notification)",
    r"mail ?(?:system|er|administrator|admin|gateway|robot)\b",
    r"system administrator|systemadministrator|administrador del sistema|administrateur syst[eè]me",
    r"\bmdaemon\b|(?<!cron )\bdaemon\b|\bbounces?\b|\bndr\b|\bmail-?daemon\b",
    r"smtp[-_](?:mail[-_]service|gateway|server)|(?:mail|smtp)[-_. ]?(?:service|server)\b",
    r"antivirus_for_smtp|\bimss\b|interscan|mailscanner|mailmarshal|\bbarracuda\b",
    r"microsoft outlook|microsoftexchange[0-9a-f]{8,}",
    r"почтов\w+ (?:систем|служб)\w*|系统退信|系統管理員|邮件系统",
)

# Those of them who do nothing else.
RETURNER: Final = _any(
    r"mailer[-_. ]?daemon|mail[-_. ]?delivery (?:sub)?system|microsoftexchange[0-9a-f]{8,}"
)

# Subjects of failure and delay notices.
SUBJECT: Final = _any(
    r"undeliver(?:able|ed)|non[- ]?deliver(?:y|able)|not (?:be )?deliver(?:ed|able)|un(?:able|"
    r"successful) to deliver",
    r"(?:mail|message|e-?mail) (?:delivery|system) (?:fail|error|problem|warning|report|status|"
    r"notification|subsystem)",
    r"delivery (?:failure|failed|has failed|problem|error|report|unsuccessful|status|notification|delay|"
    r"warning)",
    r"permanent (?:delivery )?(?:failure|error|fatal)|failed (?:mail|delivery)|failure (?:notice|delivery|"
    r"notification)",
    r"fail(?:ed|ure)? (?:to )?deliver|mail (?:fail|not deliver|could not|cannot)|mail error|"
    r"processing error",
    r"return(?:ed|ing) (?:mail|message|e-?mail|to sender)|returned to sender|mail returned|"
    r"return to sender",
    r"message (?:status|delayed|not delivered|could not|cannot|undelivered)|could not be delivered|"
    r"cannot be delivered",
    r"warning: (?:message|could not send|mail|e-?mail)|delayed mail|still being retried|bounced? (?:mail|"
    r"message|e-?mail)",
    r"(?:user|recipient|mailbox|address) (?:unknown|not found|is full|full)|user unknown|unknown (?:user|"
    r"recipient)",
    r"automatically rejected mail|rejected: |mail rejected|message rejected|returned\b.*\berror|"
    r"nameserver error report",
    r"delivery incomplete|address not found|message blocked|message not sent|your message .{0,80} (?:not|"
    r"rejected)",
    r"unzustellbar|nicht zugestellt|zustellung .{0,30}(?:fehlgeschlagen|verzögert|nicht)|unzustellbarkeit|"
    r"zustellfehler",
    r"non remis|non[- ]distribu|échec de (?:la )?(?:remise|distribution|livraison)|non délivr|"
    r"remise différée|"
    r"non recensé|échec d[e']envoi|retour(?:né)? à l.exp[eé]diteur|notification d.état de remise",
    r"no (?:se ha podido )?entrega|no entregad|devuelto|fallo (?:en|de) (?:la )?entrega|error de entrega|"
    r"notificación de estado de entrega|mensaje no enviado|correo devuelto|no se pudo entregar",
    r"não (?:foi )?entreg|falha (?:na|de) entrega|mensagem devolvida|devolução|"
    r"notificação de status de entrega",
    r"mancat[ao] (?:consegna|recapito)|non (?:è stat[oa] )?(?:recapitat|consegnat)|consegna (?:fallita|"
    r"non riuscita)|"
    r"notifica (?:sullo )?stato (?:del )?recapito|impossibile recapitare",
    r"onbestelbaar|niet (?:bezorgd|afgeleverd|bestelbaar)|kan niet worden (?:bezorgd|afgeleverd)|"
    r"aflevering mislukt",
    r"kunde inte levereras|gick inte att leverera|kunne ikke leveres|ikke leveret|"
    r"kan ikke leveres|oleverbar",
    r"ei voitu toimittaa|toimitus epäonnistui|toimittamatta",
    r"niedostarczon|nie dostarczono|niedoręczon|nie można dostarczyć|niemożność doręczenia|nie doręczono",
    r"nedoručen|nelze doručit|nedoručiteľ|kézbesíthetetlen|kézbesítés|sikertelen|nelivrat|teslim edilem|"
    r"iletilem",
    r"не доставлен|недоставлен|не удалось доставить|не может быть доставлен|невозможно доставить|"
    r"ошибка доставки|"
    r"не було доставлено|недоставлено|не можа",
    r"退信|无法(?:投递|送达|发送)|投递失败|发送失败|邮件系统退信|退回|無法(?:傳遞|投遞|寄送)|傳送失敗|系統退信",
    r"配信(?:不能|できません|失敗|エラー)|送信(?:できません|エラー|失敗)|未配信|戻りメール|配達不能",
    r"반송|[전발]송 ?실패|[전발]송되지|배달(?:되지| 못|할 수 없)|수신자를 찾을 수 없",
    r"kan inte levereras|message non (?:distribué|remis|délivré)|mensagem não entregue|nedoručiteľ|"
    r"δεν παραδόθηκε|nu a fost livrat",
)

# Words of the notice itself.
FAILURE: Final = _any(
    r"could ?n.?o?t be (?:delivered|sent|completed)|can ?not be (?:delivered|sent)|"
    r"was ?n.?o?t (?:be )?delivered|"
    r"has not been delivered|wasn.t delivered|couldn.t be delivered|not delivered to|"
    r"undelivered|undeliverable",
    r"deliver(?:y|ing)[^.]{0,60}(?:fail|impossible|not possible|unsuccessful|abandoned)|failed to deliver|"
    r"delivery failure",
    r"(?:unable|not able|impossible|wasn.t able|could not|couldn.t|can.t|cannot) (?:to )?(?:deliver|"
    r"be deliver|send|forward)",
    r"did(?: no|n.)t reach|did not receive|not been received|returned to (?:you|sender)|"
    r"returning (?:message|mail) to",
    r"(?:permanent|fatal|unrecoverable|non-recoverable) (?:delivery )?(?:error|failure|problem|fatal)|"
    r"i.ve given up|gave up",
    r"(?:address|recipient|user|mailbox|account)(?:\(?e?s\)?)? (?:failed|rejected|unknown|invalid|"
    r"not found|is full|disabled)",
    r"unknown (?:user|recipient|address|mailbox|host|domain|local)|user unknown|no such (?:user|recipient|"
    r"mailbox|person)",
    r"does ?n.?o?t exist|mailbox (?:unavailable|full|is full|not found)|over ?quota|exceeded? (?:the |"
    r"its |storage )?quota|"
    r"exceeds allowed size|not enough space|is not a valid (?:user|recipient|mailbox)|not a known user|"
    r"invalid (?:recipient|"
    r"address|user|mailbox|e-?mail)|not listed in|recipient name is not recognized|"
    r"no matches to nameserver",
    r"said: ?(?:smtp; ?)?[45]\d\d|(?:^|[\s:;(\"'<>-])5\d\d[ -](?:#?[45]\.\d{1,3}\.\d{1,3}|[a-z<])|"
    r"#5\.\d\.\d|smtp error",
    r"automatically rejected|(?:was|were|been|is) rejected|message rejected|blocked|"
    r"not accepting mail|refused",
    r"header of the source mail|transcript of (?:the )?session|below this line is a copy|mail system error",
    r"nicht (?:an \S+ )?(?:zugestellt|zustellbar|ausgeliefert|erreicht)|unzustellbar|"
    r"zustellung .{0,40}(?:fehlgeschlagen|nicht möglich)|"
    r"empfänger (?:unbekannt|existiert nicht)|konnte .{0,60}nicht",
    r"n.(?:a|ont) (?:pas )?pu être|n.est pas parvenu|n.a pas été (?:remis|délivré|distribué)|échec|"
    r"non distribu|impossible de "
    r"(?:remettre|délivrer|distribuer)|non recensé|adresse (?:inconnue|introuvable|inexistante)|"
    r"utilisateur inconnu",
    r"blockiert|bloqué|bloquead|bloccat|geblokkeerd|заблокирован",
    r"no (?:se )?(?:ha )?(?:pudo|podido|fue|llegó|existe|entregado)|no entregad|error permanente|"
    r"destinatario (?:desconocido|no)",
    r"não (?:pôde|foi|existe|pode)|falha|destinatário (?:desconhecido|não)",
    r"non (?:è stat|è possibile|ha potuto|esiste|recapitat|consegnat)|impossibile|"
    r"destinatario (?:sconosciuto|inesistente)",
    r"niet (?:worden )?(?:bezorgd|afgeleverd|bestaat)|onbekend(?:e)? (?:gebruiker|ontvanger)|kon niet",
    r"kunde inte|kunne ikke|ei voitu|nie (?:mógł|można|mogła|została?|istnieje)|nemohl|nelze|"
    r"nem (?:sikerült|lehet)",
    r"не (?:может|удалось|был|существует|доставлен|найден)|невозможн|ошибк[аи]|несуществующ|недоступен",
    r"无法|無法|失败|失敗|退信|不存在|拒绝|拒絕|できません|できませんでした|見つかりません|エラー|존재하지|실패|수 없",
    r"teslim edileme|iletileme|bulunamad",
    r"error de entrega|no se (?:ha )?encontr|(?:bezorging|aflevering) .{0,20}mislukt|niet gevonden",
    r"gick inte att (?:leverera|skicka|hitta)|hittades inte|(?:levering|sending)\w* .{0,40}mislyk|"
    r"(?:blev|ble) ikke (?:fundet|funnet|leveret|levert)|toimitus .{0,60}epäonnistui|ei löyty",
    r"nie (?:powiod|uda|znalez|dostarcz)|nepodařilo|nepodarilo|neby[lo]\w* (?:nalez|nájd|doruč)|nedoručiteln|"
    r"sikertelen|nem található|nu a (?:putut|fost|reu[sșş]it)|livrarea .{0,40}e[sșş]uat",
    r"teslimat?ı? .{0,40}(?:başarısız|yapılamad)|δεν (?:ήταν δυνατή|μπόρεσε|παραδόθηκε|βρέθηκε)|αποτυχία|απέτυχε|"
    r"не (?:вдалося|знайдено)|配信(?:不能|され)|않았습니다|못했습니다|לא ניתן|נכשל|تعذر|فشل|không thể|ไม่สามารถ|"
    r"gagal|tidak dapat",
)

# Said of what did arrive: the addresses below are no failures.
ARRIVED: Final = _any(
    r"successful delivery notification|successfully (?:delivered|relayed)|has been delivered to|"
    r"delivery to these recipients or groups is complete",
)

# Subjects and words of mail that holds something back or asks who writes, and may yet deliver it.
HELD: Final = _any(
    r"quarantin|spam (?:report|digest|summary)|\bdigest\b|(?:messages?|e-?mails?) (?:are |is )?(?:on hold|held|"
    r"pending)|(?:awaits|awaiting|waiting for) .{0,40}approval"
)
TICKET: Final = re.compile(
    r"(?:re: ?)?(?:\[[^\]]{0,30}#\s?\d+[^\]]{0,30}\]|[a-z]{2,10}-\d+\b|(?:ticket|case) ?#?\d+)"
)
CHALLENGE: Final = _any(
    r"(?:not|n.t) (?:yet )?(?:been )?(?:on |in )?(?:a |an |my |our |the )?(?:list of )?(?:trusted|approved|verified|"
    r"known) sender|to control spam|(?:verify|confirm|prove) (?:that )?you(?:r (?:address|identity|message)| are)|"
    r"verify and deliver"
)

# Only a delay, the server still tries.
DELAY: Final = _any(
    r"(?:has not yet been|not been able to be|not yet been) delivered|could not be delivered (?:for|"
    r"within) (?:the )?(?:last|past)",
    r"delivery (?:attempts? )?(?:is|are|will|has been|"
    r"to the following recipients? has been) (?:be )?(?:delayed|continue)",
    r"will (?:continue|keep|be (?:retried|tried)|try again|retry)|still (?:being retried|trying|"
    r"be retried|in the queue)",
    r"(?:do|you) (?:not|don.t) need to (?:resend|re-?send|do anything|take)|no action is required|"
    r"need not resend",
    r"this is (?:a|only a) warning|warning message only|warning only|delivery delayed|message delayed|"
    r"delayed mail|"
    r"message .{0,60}delayed|mail delivery delayed|status notification \(delay\)|temporarily (?:delayed|"
    r"deferred)",
    r"will be returned (?:to you )?(?:if|as|after)|i.ll keep trying|we.ll keep trying|"
    r"attempts to deliver .{0,40}continue",
    r"verzögert|wird weiter(?:hin)? versucht|weitere zustellversuche|retardé|différée|"
    r"de nouvelles tentatives",
    r"retrasad[oa]|se (?:seguirá|continuará) intentando|atrasad[oa]|ritard(?:o|ata)|vertraagd|fördröjd|"
    r"forsinket|opóźnion",
    r"задержан|отложен|будут продолжены|延迟|延遲|遅延|지연",
)

# What is said of the end that has not come yet.
UNLESS: Final = _any(
    r"\bif (?:the |this |it |your )?(?:delivery |message )?(?:fails|can.t|cannot|could|is not)[^.]{0,80}"
)

# Said of a delay and a failure alike by servers that quote their own template; the failure then wins.
FINAL: Final = _any(
    r"permanent|(?<!non-)fatal error|given up|giving up|gave up|unrecoverable|has failed|failed permanently|(?:^|"
    r"\W)5\.\d\.\d{1,3}\W",
    r"(?:^|[\s:;(\"'<])55\d[ -]|will not be retried|endgültig|définitif|permanente",
)

# How a notice begins when no robot's name stands in From; people do not open a letter like this.
OPENING: Final = re.compile(
    r"^\W{0,80}(?:(?:non-?delivery|undelivered|undeliverable|delivery (?:failure|status|error)) (?:mail |"
    r"message )?"
    r"(?:report|notification|notice)|this (?:message|e-?mail|report|notice) (?:was|is|"
    r"has been) (?:created|generated|sent) "
    r"automatically|this is an automat\w+|your (?:message|e-?mail|mail)(?: to \S+)? (?:could not|can ?not|"
    r"was not|has not)|"
    r"(?:a|the) (?:message|e-?mail) (?:that )?you sent (?:could not|cannot|has not|was not)|"
    r"unable to deliver|"
    r"delivery (?:has )?failed|ihre (?:nachricht|e-?mail) (?:konnte|wurde) .{0,60}nicht|"
    r"votre message n.a pas p[ûu] [eê]tre|"
    r"(?:su|o seu) mensa(?:je|gem) (?:no|não)|il (?:suo|tuo) messaggio non|uw bericht)",
    re.IGNORECASE,
)

# The addresses concerned stand on the lines that follow, or on this one.
ANNOUNCE: Final = _any(
    r"(?:following|these|this|below)[^.:]{0,60}(?:recipients?|address(?:es)?|addressees?|persons?|users?|"
    r"groups?|mailbox(?:es)?)",
    r"(?:recipients?|address(?:es)?)(?:\(e?s\))? (?:failed|concerned|affected|had|was|were|:)|"
    r"failed (?:recipient|address)",
    r"(?:your|this|the|a) (?:message|mail|e-?mail) to:? \S+@\S+|ihre (?:nachricht|e-?mail) (?:\w+ ){0,2}an \S+@|"
    r"votre message (?:\S+ ){0,6}à \S+@|(?:tu|su) mensaje (?:\w+ ){0,5}(?:a|para) \S+@|"
    r"(?:o |a )?(?:sua|seu) mensagem (?:\w+ ){0,5}(?:a|para) \S+@|"
    r"il (?:tuo|suo) messaggio (?:\w+ ){0,5}a \S+@|uw bericht (?:\w+ ){0,4}aan \S+@",
    r"reject(?:ed|s) (?:the )?(?:recipient|address)",
    r"not delivered to|undeliverable to|unable to deliver (?:message )?to|did not reach|"
    r"could not be delivered to|"
    r"failed to deliver to|delivered to:?$|message to:?$|delivery to[: ]|has failed to these|"
    r"deliver (?:your )?(?:message|mail) to",
    r"your (?:e-?mail|mail|message) (?:was|is) (?:addressed|sent)|unknown (?:user|recipient|address|"
    r"local user)|user mailbox exceeds|mailbox exceeds|invalid final delivery userid|"
    r"undeliverable address|rcpt to|recipient:|recipient address:|addressed to|sent to:?|mail to:?",
    r"folgende[nr]? (?:empfänger|adress)|(?:an|den) empfänger|empfänger(?:adresse)?n?:|adressaten",
    r"destinataires?(?:\(s\))?(?: suivants?)?|adresses? suivantes?|siguientes? (?:destinatarios?|direcci)|"
    r"destinatarios?:?",
    r"seguintes? (?:destinat|endere)|seguent[ei] (?:destinatar|indirizz)|destinatar(?:io|i):?|"
    r"volgende (?:ontvanger|adres)",
    r"следующ(?:им|ий|ие|его|ему) (?:адрес|получател)|получател|адресат|收件人|下列|以下|宛先|수신자|받는 사람",
    r"geadresseerde|příjemc|príjemc|címzett|vastaanottaj|alıcı|παραλήπτ|одержувач|отримувач|받는 ?사람|수신인|受信者|"
    r"收件者|收信人|נמענים|المستلم|người nhận|ผู้รับ|penerima",
    r"följande (?:mottagare|adress)|følgende (?:modtager|mottaker|adress)|następując(?:ych|ego) (?:adres|"
    r"odbiorc)|odbiorc",
)

# Where the returned mail begins in a notice that is one piece of text.
RETURNED: Final = re.compile(
    r"^\W{0,40}(?:this is a copy of (?:the|your) |below this line is a copy|copy of (?:the|your) message|"
    r"original message|your (?:original )?message (?:follows|reads|is)|message (?:header|text|body|"
    r"follows|contents?)\b|"
    r"returned message|unsent message|undelivered message|(?:the )?header of the (?:source|"
    r"original|returned)|"
    r"(?:the )?(?:first|original) .{0,40}(?:lines?|headers?) of|start of (?:original|returned|unsent)|"
    r"begin(?:ning)? of|"
    r"included is|text of (?:the )?(?:original|message)|the (?:body|text|content) of (?:the|your) message|"
    r"-+ ?message headers?|forwarded message|headers? (?:follows?|of)|kopie der (?:nachricht|e-?mail)|"
    r"ursprüngliche nachricht|"
    r"message d.origine|mensaje original|messaggio originale|oorspronkelijk bericht|"
    r"заголовк|исходн|原邮件(?!信息)|原始邮件|原始信件|元のメール|--- .{0,20}一份拷贝|一份拷贝|以下是.{0,12}拷贝)",
    re.IGNORECASE,
)

# Lines that name people other than the recipients concerned.
NOT_A_RECIPIENT: Final = _any(
    r"contact|questions?|assistance|for help|further information|more information|support|"
    r"help ?desk|technical|"
    r"administrator|please (?:e-?mail|write|forward|send|call|contact)|send (?:mail|e-?mail|"
    r"a message|this) to|"
    r"forward this|report (?:this|to)|write to|complain|abuse",
    r"^[>\s]*(?:from|sender|reply-to|return-path|errors-to|message-id|x-[\w-]+|received|in-reply-to|"
    r"references|cc|subject|"
    r"envelope-from|mail from|>>> mail|delivered-to|x-original-to|von|de|expéditeur|remitente|mittente|"
    r"отправитель)\b",
    r"mail from:|envelope.?from|from address|sender address|(?:sent|received) (?:by|from)|on behalf of|"
    r"from user|message from|mail from|message-id|message id|reporting-mta|mts-id|queue id|https?://",
    r"^[>\s]*(?:dear|hi|hello|hallo|hola|bonjour|ciao|olá|liebe[rs]?|sehr geehrte\w*|guten tag|ch[eè]re?|"
    r"estimad[oa]|prezad[oa]|gentile|beste|geachte|hej|kære|kjære|hei|уважаем\w+|здравствуйте|szanown\w+)\b[^:.]*$",
    r"kontakt|wenden sie|veuillez|contactez|póngase|contatt|neem contact|свяжитесь|обратит",
)
