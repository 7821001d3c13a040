"""Recognising a mail that only asks to be left alone: done without an argument, so nothing else may look like it."""

import re
from typing import Final

LONGEST: Final = 160

_POLITE: Final = re.compile(
    r"\b(?:hi|hello|hey|dear|mark|all|team|sir|madam|there|please|pls|plz|kindly|thanks?|"
    r"thank you|thx|cheers|regards|best|kind|"
    r"many|now|immediately|asap|i (?:would|.d) like to|i want to|i wish to|can you|could you|"
    r"just|bitte|danke|hallo|"
    r"freundlichen?|grü(?:ß|ss)en?|mit|merci|bonjour|svp|s.il vous pla[iî]t|por favor|gracias|"
    r"hola|per favore|grazie|obrigad[oa]|"
    r"alstublieft|dank|tack|tak|takk|proszę|dziękuję|пожалуйста|спасибо)\b"
)
_ME: Final = r"(?: me| us| my (?:e-?mail|address)(?: address)?| this (?:e-?mail|address)(?: address)?)?"
_LIST: Final = (
    r"(?: (?:from|off|to|of|with) (?:(?:this|the|your|all|any|these|future|further|more) )*"
    r"(?:\w+ )?(?:(?:mailing |e-?mail )?lists?|news ?letters?|letters?|e-?mails?|mails?|"
    r"messages?|mailings?|updates?|you))?"
)
_LEAVE: Final = re.compile(
    rf"(?:un-?subscribe{_ME}{_LIST}|(?:remove|delete|take|drop){_ME}(?: off| out)?{_LIST}|"
    rf"opt(?:-| )?(?:me )?out{_LIST}|"
    rf"(?:stop|cancel|quit)(?: (?:sending|mailing|e-?mailing|writing))?{_ME}{_LIST}|"
    rf"cancel (?:my )?subscription|"
    r"no more (?:e-?mails?|mails?|letters?)|leave (?:this |the )?list|sign me off|signoff|take me off|"
    r"(?:newsletter )?(?:abbestellen|abmelden|austragen|abmeldung|kündigen)|"
    r"(?:mich |meine adresse )?(?:vom newsletter |aus (?:dem|ihrem|der) \w+ )?(?:abmelden|"
    r"austragen|streichen|löschen)|"
    r"(?:me )?(?:d[ée]sabonner|d[ée]sinscrire|d[ée]sinscription|d[ée]sabonnement)(?:[- ]moi)?|"
    r"(?:darme|deme|dar) de baja|baja|"
    r"cancelar (?:la |mi )?suscripci[oó]n|desuscribir(?:me)?|cancelar (?:a |"
    r"minha )?(?:subscri[çc][aã]o|inscri[çc][aã]o)|"
    r"descadastrar|sair da lista|disiscriv(?:imi|ermi|ersi|iti)|cancellami|cancellazione|disiscrizione|"
    r"afmelden|uitschrijven|opzeggen|avregistrera|avsluta prenumeration(?:en)?|avprenumerera|"
    r"afmeld|meld (?:mig|meg) (?:af|av)|"
    r"wypisz(?: mnie)?|rezygnuj[eę]|odhl[aá]sit|отпис(?:ать|ите|аться)(?:ся)?(?: меня)?|отписка|"
    r"退订|退訂|取消订阅|配信停止|購読解除|"
    r"수신거부|구독 ?취소)"
)


def asks_to_leave(text: str, subject: str) -> bool:
    """True when the words, or the subject of a mail without words, say nothing but that somebody wants to leave."""
    words = text if text.strip() else subject
    if len(words) > LONGEST:
        return False
    flat = " ".join(re.sub(r"[^\w' -]", " ", words.casefold().replace("’", "'")).split())
    flat = " ".join(_POLITE.sub(" ", flat).split())
    return bool(_LEAVE.fullmatch(flat) or _LEAVE.fullmatch(flat.removeprefix("re ")))
