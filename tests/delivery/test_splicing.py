"""However a text is split into stretches, every value comes out where its slot stands."""

from hypothesis import given
from hypothesis import strategies as st

from app.delivery.message import Piece, Use, Where
from app.delivery.splicing import splicer

USES = [Use(name, "", Where.TOKEN) for name in ("delivery_token", "first_name", "leave_token")]

texts = st.lists(st.one_of(st.binary(max_size=4), st.sampled_from(USES), st.just(USES[0])), max_size=40)


@given(pieces=texts, values=st.tuples(*[st.binary(max_size=6)] * 3))
def test_any_text_is_what_its_pieces_are_one_after_the_other(
    pieces: list[Piece], values: tuple[bytes, ...]
) -> None:
    given_ = dict(zip(USES, values, strict=True))
    expected = b"".join(given_[piece] if isinstance(piece, Use) else piece for piece in pieces)
    assert b"".join(splicer(pieces, USES)(values)) == expected


def test_a_hundred_links_with_one_token_are_few_pieces() -> None:
    links: list[Piece] = [piece for _ in range(100) for piece in (b"https://", USES[0])]
    pieces: list[Piece] = [b"Dear ", USES[1], b",\r\n", *links, b"\r\n"]
    assert len(splicer(pieces, USES)((b"token", b"Alice", b""))) <= 4
