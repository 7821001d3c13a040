"""Signed addresses prove what they say, and fit where mail servers have room for them."""

import pytest

from app.delivery.verp import (
    ReplyLane,
    SignedAddress,
    SignedKind,
    bounce_address,
    claims_signature,
    leave_address,
    read_address,
    reply_address,
)
from app.foundation.tokens import Purpose, Signer

SIGNER = Signer(b"a key for tests only")
OTHER = Signer(b"somebody else's key")
DOMAIN = "letters.example.com"


def test_each_address_says_what_it_is_about() -> None:
    assert read_address(SIGNER, bounce_address(SIGNER, DOMAIN, 7)) == SignedAddress(
        SignedKind.BOUNCE, delivery_id=7
    )
    assert read_address(SIGNER, reply_address(SIGNER, DOMAIN, 8)) == SignedAddress(
        SignedKind.REPLY, delivery_id=8
    )
    assert read_address(SIGNER, leave_address(SIGNER, DOMAIN, 5, 2, 9)) == SignedAddress(
        SignedKind.LEAVE, delivery_id=9, subscriber_id=5, topic_id=2
    )


@pytest.mark.parametrize("lane", ReplyLane)
def test_an_answer_says_by_which_of_the_three_links_it_came(lane: ReplyLane) -> None:
    address = reply_address(SIGNER, DOMAIN, 8, lane)
    assert read_address(SIGNER, address.upper()) == SignedAddress(SignedKind.REPLY, delivery_id=8, lane=lane)
    assert address != reply_address(SIGNER, DOMAIN, 8)


def test_a_lane_that_there_is_not_proves_nothing() -> None:
    token = SIGNER.sign(Purpose.REPLY, 8, 9)
    assert read_address(SIGNER, f"reply+{token}@{DOMAIN}") is None


def test_an_address_survives_a_server_that_shouts_and_angle_brackets() -> None:
    address = bounce_address(SIGNER, DOMAIN, 123_456)
    assert read_address(SIGNER, f"<{address.upper()}>") == SignedAddress(
        SignedKind.BOUNCE, delivery_id=123_456
    )


def test_local_parts_fit_64_octets_for_billions_of_deliveries() -> None:
    many = 2**40 - 1
    for address in (
        bounce_address(SIGNER, DOMAIN, 2**63),
        reply_address(SIGNER, DOMAIN, 2**63),
        reply_address(SIGNER, DOMAIN, 2**63, ReplyLane.HELLO),
        leave_address(SIGNER, DOMAIN, 2**32 - 1, 2**16 - 1, many),
    ):
        assert len(address.partition("@")[0]) <= 64


@pytest.mark.parametrize("change", ["swap", "other key", "other door", "cut", "bare"])
def test_an_altered_address_proves_nothing(change: str) -> None:
    good = bounce_address(SIGNER, DOMAIN, 7)
    local = good.partition("@")[0]
    last = "a" if local[-1] != "a" else "b"
    address = {
        "swap": f"{local[:-1]}{last}@{DOMAIN}",
        "other key": bounce_address(OTHER, DOMAIN, 7),
        "other door": good.replace("bounce+", "reply+"),
        "cut": f"{local[:-3]}@{DOMAIN}",
        "bare": f"bounce@{DOMAIN}",
    }[change]
    assert read_address(SIGNER, address) is None


def test_a_forged_address_is_told_from_one_that_never_carried_a_token() -> None:
    assert claims_signature(bounce_address(OTHER, DOMAIN, 7))
    assert not claims_signature("mark@example.com")
