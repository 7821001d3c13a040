"""Replies in HTML: quotes and signatures known by the structure mail programs leave behind."""

from email.message import EmailMessage

import pytest

from app.conversation.reply_text import reader_words
from tests.conversation.cases import pairs, squeezed

OUTLOOK_PAGE = (
    """<div>Agreed, fully.</div><hr><div id="divRplyFwdMsg"><b>Kwa:</b> Mark</div><div>Most teams</div>"""
)


def page(html: str, plain: str | None = None) -> EmailMessage:
    message = EmailMessage()
    message["From"] = "Ana Ruiz <ana@example.com>"
    if plain is None:
        message.set_content(html, subtype="html")
    else:
        message.set_content(plain)
        message.add_alternative(html, subtype="html")
    return message


@pytest.mark.parametrize(("html", "said"), pairs("written_pages.txt"))
def test_a_page_without_a_plain_part_says_what_its_writer_said(html: str, said: str) -> None:
    words = reader_words(page(html))
    assert squeezed(words.text) == squeezed(said)
    assert words.html_only


def test_the_plain_part_is_read_where_it_is_good() -> None:
    plain = "Agreed, fully.\n\nOn 5 Mar 2024, at 10:02, Mark <mark@letters.example> wrote:\n> Most teams"
    words = reader_words(page("<p>Something else</p>", plain))
    assert words.text == "Agreed, fully."
    assert (words.html_only, words.quoted) == (False, True)


@pytest.mark.parametrize(
    "plain",
    [
        "Agreed, fully.\n\nKwa: Mark\nMost teams",
        " \n",
        "This message is in HTML and your program does not support it.",
    ],
)
def test_the_markup_is_read_where_the_plain_part_is_poor(plain: str) -> None:
    assert reader_words(page(OUTLOOK_PAGE, plain)).text == "Agreed, fully."


def test_an_attached_text_is_not_the_readers_words() -> None:
    message = page("<p>See the file.</p>", "See the file.")
    message.add_attachment("Minutes of the meeting", filename="minutes.txt")
    assert reader_words(message).text == "See the file."


def test_text_under_a_picture_is_read_too() -> None:
    message = EmailMessage()
    message.set_content("Look:")
    message.add_attachment(
        b"\x89PNG", maintype="image", subtype="png", disposition="inline", filename="a.png"
    )
    message.add_attachment("That is our queue.", disposition="inline")
    assert squeezed(reader_words(message).text) == "Look:Thatisourqueue."


def test_flowed_lines_are_put_together() -> None:
    message = EmailMessage()
    message.set_content(
        "This one sentence went over \nthree lines \non a phone.\n\n> quoted \n> more\n",
        params={"format": "flowed"},
    )
    assert reader_words(message).text == "This one sentence went over three lines on a phone."


def test_a_forward_is_said_to_be_one() -> None:
    words = reader_words(
        b"Subject: Fwd: Who?\n\nFYI\n\n---------- Forwarded message ---------\nFrom: Mark <m@l.example>\n\nMost"
    )
    assert (words.text, words.forwarded) == ("FYI", True)


def test_signed_links_scripts_and_pictures_of_the_quoted_letter_do_not_come_along() -> None:
    html = (
        "<p>Thanks!</p><script>steal()</script><img src='https://t.example/o.gif'><div class='gmail_quote'>"
        "<blockquote class='gmail_quote'><a href='https://letters.example/unsubscribe/abc'>leave</a></blockquote></div>"
    )
    assert reader_words(page(html)).text == "Thanks!"


def test_template_syntax_in_a_reply_is_only_text() -> None:
    assert (
        reader_words(page("<p>{{ config }} {% include '/etc/passwd' %}</p>")).text
        == "{{ config }} {% include '/etc/passwd' %}"
    )


def test_a_plain_part_that_lies_about_its_charset_is_read_all_the_same() -> None:
    body = "Größer geht’s nicht.\n\nLe 5 mars 2024 à 10:02, Jean Dupont <j@example.com> a écrit :\n> x\n"
    raw = b"Content-Type: text/plain; charset=iso-8859-1\n\n" + body.encode()
    assert reader_words(raw).text == "Größer geht’s nicht."
