"""Header labels as mail programs translate them when they put the old mail's headers above a reply."""

import re
from enum import StrEnum


class Label(StrEnum):
    FROM = "from"
    DATE = "date"
    TO = "to"
    CC = "cc"
    SUBJECT = "subject"
    ASIDE = "aside"


_WORDS = {
    Label.FROM: """from|von|absender|de|expéditeur|da|mittente|van|afzender|från|avsändare|fra|afsender|avsender
        |lähettäjä|od|nadawca|odesílatel|odosielateľ|от|отправитель|від|від кого|feladó|gönderen|kimden|από|מאת
        |من|المرسل|发件人|寄件者|寄件人|差出人|送信者|送信元|보낸 사람|보낸사람|발신|remitente|remetente|dari|từ
        |người gửi|จาก|de la|expeditor|šalje|pošiljatelj|saatja|nuo|siuntėjas|no|sūtītājs|подател
        |frá|de parte de|از|फ्रॉम""",
    Label.DATE: """sent|date|sent at|sent on|date sent|gesendet|gesendet am|datum|envoyé|envoyé le
    |envoyée|date d'envoi
        |date d’envoi|enviado|enviado el|enviado em|enviada|enviada em|enviado a|fecha
        |fecha de envío|data|inviato
        |inviata|data invio|verzonden|verstuurd|skickat|sendt|dato|lähetetty|päivämäärä|päiväys|päivä|wysłano
        |wysłane|data wysłania|odesláno|odoslané|dátum|отправлено|дата|надіслано|відправлено|elküldve|küldve
        |gönderildi|gönderilme tarihi|gönderim tarihi|tarih|στάλθηκε|εστάλη|ημερομηνία|נשלח|נשלח ב|תאריך
        |تاريخ الإرسال|أرسلت|تم الإرسال|التاريخ|تاريخ|发送时间|发送日期|日期|时间|寄件日期|傳送時間|送信日時|日時
        |日付|送信日|보낸 날짜|보낸날짜|날짜|보냄|dikirim|tanggal|đã gửi|ngày|วันที่|ส่งเมื่อ|trimis|poslano|poslato
        |saadetud|kuupäev|išsiųsta|nosūtīts|изпратено|sent date|vreme|dags|ارسال""",
    Label.TO: """to|an|empfänger|à|destinataire|a|para|destinatario|destinatário|aan|till|til|modtager|mottaker
        |vastaanottaja|kenelle|do|komu|pre|príjemca|adresat|кому|получатель|címzett|kime|alıcı|προς
        |אל|إلى|الى|المستلم
        |收件人|收件者|宛先|받는 사람|받는사람|수신|kepada|ke|đến|tới|người nhận|ถึง|către|catre|za|prima|primatelj
        |saaja|adresatas|kam|до|vers""",
    Label.CC: """cc|c\\.c\\.|kopie|copie|copie à|kopi|kopia|kopio|копия|копія|dw|do wiadomości|抄送|副本|참조|bilgi
        |másolat|κοιν|κοιν\\.|עותק|نسخة|cópia|con copia|copia|bcc|cco|cci|bcc:|másolatot kap|sb
        |koopia|kopija""",
    Label.SUBJECT: """subject|betreff|objet|sujet|asunto|assunto|oggetto|onderwerp|ämne|emne|aihe
    |temat|předmět|predmet
        |тема|тема письма|tárgy|konu|θέμα|נושא|الموضوع|موضوع|主题|主題|主旨|标题|標題|件名|제목|subjek|perihal|judul
        |chủ đề|tiêu đề|เรื่อง|subiect|zadeva|teema|tema|temats|относно|efni|re""",
    Label.ASIDE: """reply-to|reply to|antwort an|antworten an|répondre à|responder a|responder para|rispondi a
        |antwoorden aan|svar til|svara till|importance|wichtigkeit|importancia|priority|priorität|attachments
        |attachment|anlagen|anhänge|pièces jointes|adjuntos|anexos|allegati|bijlagen|organization|organisation
        |organización|on behalf of|in reply to|in-reply-to|sensitivity|message-id|x-mailer|mailed-by|sender
        |resent-from|附件|添付ファイル""",
}
LABELS: dict[str, Label] = {
    word.strip().replace("\\", ""): label for label, words in _WORDS.items() for word in words.split("|")
}
_LONGEST_LABEL = max(map(len, LABELS)) + 6
_DRESS = " *_>|[]\"'·•"


def header_label(line: str) -> Label | None:
    """Which header a line states ("*Gesendet:* Montag"), or None. The line is a cleaned one."""
    head = line[: _LONGEST_LABEL + 4]
    colon = head.find(":")
    wide = head.find("：")
    cut = wide if colon < 0 or 0 <= wide < colon else colon
    if cut < 1:
        return None
    return LABELS.get(head[:cut].strip(_DRESS).casefold())


_INLINE = re.compile(r"([^\W\d_]+(?: [^\W\d_]+)?)\s?[:：]\*?\s")


def labels_inside(line: str) -> set[Label]:
    """Every header stated within one line, for headers that lost their line breaks."""
    found: set[Label] = set()
    for match in _INLINE.finditer(line[:800]):
        words = match.group(1).casefold()
        label = LABELS.get(words) or LABELS.get(words.rsplit(" ", 1)[-1])
        if label:
            found.add(label)
    return found
