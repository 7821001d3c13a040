"""What the studio says after a form was sent: the address carries a word, never a sentence of somebody else's."""

from typing import Final

SAYINGS: Final = {
    "saved": "Saved.",
    "clipped": "Clipped; the page is being read.",
    "clipped-some": "Clipped. Some of them you had already; they stay where they lie.",
    "already": "You have that one already; it stays where it lies.",
    "back": "Back in the tray. You had laid it aside before.",
    "aside": "Laid aside. You find it under “Laid aside”.",
    "reading": "The page is being read again.",
    "followed": "Followed. What is new comes into the tray within minutes.",
    "let-go": "Let go. What it brought stays where it lies.",
    "cleared": "Cleared. What was laid aside is under “Laid aside”.",
    "taken-back": "Taken back: it is a draft again, and its slot is free.",
    "scheduled": "Scheduled.",
    "skipped": "Skipped: nothing is lined up for that slot.",
    "kept-slot": "That slot is free to use again.",
    "moved": "Moved. Its words stay as you approved them.",
    "corrected": "The page is corrected. The mail stays as it was sent.",
    "topics": "Its topics are saved.",
    "withdrawn": "Withdrawn. Its address says that you took it back.",
    "page-back": "Public again, where it was.",
    "put-back": "Put back. The words it replaced are among the earlier versions.",
    "test": "A test is on its way to your own address.",
    "paused": "Paused. What was already handed over cannot be called back; nobody else is mailed until you resume.",
    "resumed": "Going on where it stopped.",
    "stopped": "Stopped for good. Whoever had not been mailed will not be.",
    "sending": "On its way: the first mails leave within a minute.",
    "again": "On its way to those without a copy.",
    "newcomers": "On its way to those who joined since.",
    "one-more": "Another copy is on its way to this reader.",
    "left-alone": "Left as it is. Nobody is asked about it any more.",
    "sent-again": "On its way once more, with the same Message-ID.",
    "second": "The second edition is on its way.",
    "guide-resent": "The guide is on its way to this reader.",
    "given": "Granted, and on its way by mail.",
    "revoked": "Withdrawn. Every link of this reader is closed.",
    "restored": "Given back.",
    "followups-stopped": "This reader gets no more follow-ups.",
    "edition": "Built and published. It is the edition that is handed out now.",
    "offered": "The offer is in the ledger and leaves within a minute.",
    "thrown-away": "The draft is gone.",
    "password": "Your new password is in place, and every other browser was signed out.",
    "ended": "Your session had ended. Sign in again; what you were writing waits in this browser.",
    "signed-out": "You are signed out.",
    "released": "This address may be mailed again.",
    "trying-again": "It is being read again.",
    "goes-on": "This is the installation that sends.",
    "stays-quiet": "This copy stays quiet. Nothing is sent from here.",
    "elsewhere": "Every other browser was signed out.",
}


def saying(word: str | None) -> str:
    """The sentence for a word in the address; nothing for a word that is not ours."""
    return SAYINGS.get(word or "", "")
