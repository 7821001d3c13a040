"""The reader's address is taken from the proxy's header only where the operator named it."""

import dataclasses

import pytest

from app.web.factory import create_app
from app.web.state import client_ip
from app.wiring import Runtime

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

PEER = {"REMOTE_ADDR": "192.0.2.1"}


def seen(runtime: Runtime, header: str, said: str) -> str:
    settings = runtime.settings.model_copy(update={"client_ip_header": header})
    app = create_app(dataclasses.replace(runtime, settings=settings))
    with app.test_request_context(environ_base=PEER, headers={"Fly-Client-IP": said} if said else {}):
        return client_ip()


def test_a_named_header_is_believed(runtime: Runtime) -> None:
    assert seen(runtime, "Fly-Client-IP", "198.51.100.7") == "198.51.100.7"


def test_a_header_nobody_named_is_not(runtime: Runtime) -> None:
    assert seen(runtime, "", "198.51.100.7") == "192.0.2.1"


@pytest.mark.parametrize("said", ["", "not an address", "198.51.100.7, 203.0.113.9"])
def test_what_is_no_address_falls_back_to_the_peer(runtime: Runtime, said: str) -> None:
    assert seen(runtime, "Fly-Client-IP", said) == "192.0.2.1"
