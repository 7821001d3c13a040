"""Which lane a reply belongs to: feedback, stuck, hello or other; how sure we are, and why.

The address the reader chose settles it. Otherwise cues in the words are added up, and what the author has
corrected before is added to them: every word carries the log-odds it has earned in those corrections, so a
publication's own vocabulary is learned without a training step. All of it can be read out as reasons.
"""

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from app.conversation.cues import feedback, hello, other, stuck
from app.conversation.cues.cue import Cue
from app.conversation.cues.vocabulary import VOCABULARIES
from app.conversation.models import Lane

_CUES: Mapping[Lane, tuple[Cue, ...]] = {
    Lane.FEEDBACK: feedback.CUES,
    Lane.STUCK: stuck.CUES,
    Lane.HELLO: hello.CUES,
    Lane.OTHER: other.CUES,
}
# What somebody wants is said at the beginning or at the end.
_READ_FIRST, _READ_LAST = 1500, 700
# An address says where, not what: reading `example` or `news` out of one would speak for a lane.
_ADDRESSES = re.compile(r"(?<!\S)(?:https?://|www\.)\S{1,400}|[\w.+-]{1,64}@[\w.-]{1,255}|=[0-9a-f]{2}")
_WORDS = re.compile(r"[^\W\d_]{2,30}")
# What a mail is before a word of it is read; a very short one is mostly a thank-you.
_PRIORS: Mapping[Lane, float] = {Lane.FEEDBACK: 0.3, Lane.STUCK: 0.2, Lane.HELLO: 0.2, Lane.OTHER: 0.0}
# So much talk of business turns a question into a business question.
_BUSINESS = 2.0
_LAST_ASKS = re.compile(r"\?\W*(?:\Z|\n)|\?\s+\S.{0,40}\Z")
_LEARNED_CAP = 2.5
# Words repeat each other, so the sum of what they say is worth less than half.
_LEARNED_SHARE = 0.4
_STRONGEST_WORD = 1.6
_SEEN_OFTEN_ENOUGH = 2
_SEEN_TOO_OFTEN = 0.1
_MOST_CORRECTIONS = 1000


@dataclass(frozen=True)
class Correction:
    """The author moved a reply to this lane (or confirmed it there)."""

    text: str
    lane: Lane


@dataclass(frozen=True)
class LaneGuess:
    """A lane, how sure we are (0 to 1) and why, strongest reason first."""

    lane: Lane
    confidence: float
    reasons: tuple[str, ...]


def classify_lane(
    text: str, *, address_lane: Lane | None = None, corrections: Iterable[Correction] = ()
) -> LaneGuess:
    """The lane of a reply's own words."""
    if address_lane is not None:
        return LaneGuess(address_lane, 1.0, ("written to the address for it",))
    said = _ends_of(text.strip())
    if not said:
        return LaneGuess(Lane.OTHER, 0.5, ("there are no words",))
    scores = dict(_PRIORS)
    told: dict[Lane, list[tuple[float, str]]] = {lane: [] for lane in Lane}
    words = _vocabulary_of(said)
    found = [*_from_cues(said), *_from_vocabulary(words), *_from_corrections(words, corrections)]
    if not found and "?" not in said:
        return LaneGuess(Lane.OTHER, 0.3, ("nothing in the words speaks for a lane",))
    business = sum(weight for lane, weight, _ in found if lane is Lane.OTHER)
    for lane, weight, why in [*found, *_from_shape(said, business)]:
        scores[lane] += weight
        told[lane].append((weight, why))
    return _decide(scores, told)


def _ends_of(text: str) -> str:
    if len(text) <= _READ_FIRST + _READ_LAST:
        return text.lower()
    return f"{text[:_READ_FIRST]}\n{text[-_READ_LAST:]}".lower()


def _decide(scores: dict[Lane, float], told: dict[Lane, list[tuple[float, str]]]) -> LaneGuess:
    highest = max(scores.values())
    shares = {lane: math.exp((score - highest) * 0.8) for lane, score in scores.items()}
    lane = max(shares, key=lambda each: shares[each])
    confidence = round(min(shares[lane] / sum(shares.values()), 0.99), 2)
    reasons = [why for weight, why in sorted(told[lane], key=lambda each: -each[0]) if weight > 0]
    return LaneGuess(lane, confidence, tuple(reasons[:4]) or ("nothing speaks against it",))


def _from_cues(said: str) -> list[tuple[Lane, float, str]]:
    return [
        (lane, cue.weight, cue.why)
        for lane, cues in _CUES.items()
        for cue in cues
        if cue.pattern.search(said)
    ]


def _from_vocabulary(words: frozenset[str]) -> list[tuple[Lane, float, str]]:
    found = []
    for vocabulary in VOCABULARIES:
        known = vocabulary.found(words)
        if known:
            weight = min(vocabulary.most, vocabulary.weight * len(known))
            found.append((vocabulary.lane, weight, f"{vocabulary.why}: {', '.join(known[:4])}"))
    return found


def _from_shape(said: str, business: float) -> list[tuple[Lane, float, str]]:
    """Length says something, and a question says something else where business is spoken of."""
    words = len(said.split())
    found: list[tuple[Lane, float, str]] = []
    if "?" in said:
        asked = Lane.OTHER if business >= _BUSINESS else Lane.STUCK
        found.append((asked, 1.4, "asks a question"))
        if _LAST_ASKS.search(said):
            found.append((asked, 0.8, "ends on a question"))
    elif words >= 12:
        found.append((Lane.FEEDBACK, 0.6, "tells something at length"))
    if words <= 6 and "?" not in said:
        found.append((Lane.HELLO, 0.8, "only a few words"))
    elif words >= 10:
        found.append((Lane.HELLO, -0.5 if words < 25 else -1.0, "long"))
    return found


def _vocabulary_of(said: str) -> frozenset[str]:
    return frozenset(_WORDS.findall(_ADDRESSES.sub(" ", said)))


def _words_of(text: str) -> frozenset[str]:
    return _vocabulary_of(_ends_of(text))


def _from_corrections(
    words: frozenset[str], corrections: Iterable[Correction]
) -> list[tuple[Lane, float, str]]:
    """Naive Bayes over the author's corrections, capped, so that one of them cannot outvote the cues."""
    kept = list(corrections)[-_MOST_CORRECTIONS:]
    if not kept:
        return []
    seen: dict[Lane, Counter[str]] = {lane: Counter() for lane in Lane}
    mails = Counter(correction.lane for correction in kept)
    for correction in kept:
        seen[correction.lane].update(_words_of(correction.text))
    found: list[tuple[Lane, float, str]] = []
    for lane in mails:
        weights = sorted(((_log_odds(word, lane, seen, mails), word) for word in words), reverse=True)
        learned = _LEARNED_SHARE * sum(weight for weight, _ in weights if abs(weight) > 0.25)
        if abs(learned) > 0.25:
            strongest = ", ".join(word for weight, word in weights[:3] if weight > 0.25)
            bounded = max(-_LEARNED_CAP, min(_LEARNED_CAP, learned))
            found.append(
                (lane, bounded, f"your corrections: {strongest}" if strongest else "your corrections")
            )
    return found


def _log_odds(word: str, lane: Lane, seen: Mapping[Lane, Counter[str]], mails: Mapping[Lane, int]) -> float:
    """How much likelier the word is in this lane than in the others, shrunk towards nothing while it is rare.

    A word that one mail used says nothing, and neither does one that everybody uses.
    """
    here = seen[lane][word]
    everywhere = sum(counts[word] for counts in seen.values())
    total = sum(mails.values())
    if everywhere < _SEEN_OFTEN_ENOUGH or everywhere > max(10, total * _SEEN_TOO_OFTEN):
        return 0.0
    odds = math.log((here + 0.5) / (mails[lane] + 1))
    odds -= math.log((everywhere - here + 0.5) / (total - mails[lane] + 1))
    trust = everywhere / (everywhere + 5)
    return max(-_STRONGEST_WORD, min(_STRONGEST_WORD, odds * trust))
