"""What holds for every address of the site."""

import pytest

from app.web.factory import create_app
from app.wiring import Runtime


@pytest.mark.parametrize("path", ["/dev/mailbox/{}", "/dev/mailbox/{}/raw", "/t/c/token/{}"])
def test_a_number_that_no_database_holds_leads_nowhere(runtime: Runtime, path: str) -> None:
    client = create_app(runtime).test_client()
    for number in (2**63 - 1, 2**63, 10**40):
        assert client.get(path.format(number)).status_code == 404
