"""What the inbox keeps about one person: their mails and ours, the files' names, notes, tags, leave to quote."""

from collections import defaultdict
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.conversation.inbox_models import (
    Acknowledgement,
    LaneCorrection,
    QuotePermission,
    ThreadNote,
    ThreadTag,
)
from app.conversation.models import Attachment, InboundMail, Message, Proof, Thread
from app.privacy.facts import facts, facts_of_all, plain
from app.privacy.holdings import Holdings


def export_inbox(session: Session, held: Holdings) -> dict[str, Any]:
    """The conversations, every mail that came in (also notices that no conversation holds), and the last receipt."""
    threads = session.scalars(select(Thread).where(Thread.id.in_(held.threads)).order_by(Thread.id))
    mails = session.scalars(
        select(InboundMail).where(InboundMail.id.in_(held.inbound)).order_by(InboundMail.id)
    )
    receipt = session.get(Acknowledgement, held.address_hash)
    return {
        "conversations": [_thread(session, thread) for thread in threads],
        "mail_received": facts_of_all(mails, "received_at via envelope_from kind size"),
        "last_acknowledged_at": plain(receipt.at) if receipt else None,
    }


def _thread(session: Session, thread: Thread) -> dict[str, Any]:
    tags = select(ThreadTag.name).where(ThreadTag.thread_id == thread.id).order_by(ThreadTag.name)
    notes = select(ThreadNote).where(ThreadNote.thread_id == thread.id).order_by(ThreadNote.id)
    asked = select(QuotePermission).where(QuotePermission.thread_id == thread.id).order_by(QuotePermission.id)
    correction = session.get(LaneCorrection, thread.id)
    return {
        **facts(thread, "subject lane lane_by state opened_at last_at answered_at snoozed_until"),
        "messages": _messages(session, thread.id),
        "tags": list(session.scalars(tags)),
        "notes": facts_of_all(session.scalars(notes), "at text"),
        "lane_corrected_at": plain(correction.at) if correction else None,
        "leave_to_quote": facts_of_all(session.scalars(asked), "words state asked_at decided_at"),
    }


def _messages(session: Session, thread_id: int) -> list[dict[str, Any]]:
    """`proven`: the mail showed that it came from whoever got ours; otherwise only its From line says so."""
    mine = select(Message.id).where(Message.thread_id == thread_id)
    files: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for each in session.scalars(
        select(Attachment)
        .where(Attachment.message_id.in_(mine))
        .order_by(Attachment.message_id, Attachment.part)
    ):
        files[each.message_id].append(facts(each, "name kind claimed size"))
    rows = session.scalars(
        select(Message).where(Message.thread_id == thread_id).order_by(Message.at, Message.id)
    )
    return [
        {
            **facts(row, "direction at sender text"),
            "proven": row.proof is Proof.TOKEN,
            "attachments": files[row.id],
        }
        for row in rows
    ]
