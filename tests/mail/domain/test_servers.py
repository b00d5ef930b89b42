import pytest

from services.mail.domain.retry import LONGEST_OUTAGE_DELAY, own_server_delays
from services.mail.domain.servers import OwnServer, Security, TypedServer, read_server


def typed(address: str = "mail.example:587", **more: object) -> TypedServer:
    facts = {"user_name": "", "password": "", "security": Security.STARTTLS, "sender": ""}
    return TypedServer(address=address, **(facts | more))  # type: ignore[arg-type]  # the test's shorthand


def read(address: str = "mail.example:587", **more: object) -> OwnServer:
    server, problems = read_server(typed(address, **more))
    assert problems == []
    assert server is not None
    return server


def wrong(address: str = "mail.example:587", **more: object) -> list[str]:
    server, problems = read_server(typed(address, **more))
    assert server is None
    return [problem.field for problem in problems]


@pytest.mark.parametrize(
    ("address", "security", "reached"),
    [
        ("mail.vega-net.net:587", Security.STARTTLS, "mail.vega-net.net:587"),
        ("Mail.Example", Security.STARTTLS, "mail.example:587"),
        ("mail.example", Security.TLS, "mail.example:465"),
        (" localhost ", Security.NONE, "localhost:25"),
        ("10.1.2.3:2525", Security.NONE, "10.1.2.3:2525"),
        ("10.1.2.3", Security.TLS, "10.1.2.3:465"),
        ("::1", Security.NONE, "[::1]:25"),
        ("[2001:DB8::1]:26", Security.NONE, "[2001:db8::1]:26"),
        ("bücher.example", Security.TLS, "xn--bcher-kva.example:465"),
    ],
)
def test_an_address_is_read_with_the_port_of_its_security(address: str, security: Security, reached: str) -> None:
    assert read(address, security=security).address == reached


NO_ADDRESSES = """
:587
mail.example:
mail.example:x
mail.example:0
mail.example:70000
a b:25
-a:25
mail.example/x:25
user@mail.example
1.2.3.400
a..b
http://mail.example:25
mail.example,:25
"""


@pytest.mark.parametrize("address", NO_ADDRESSES.split("\n"))
def test_what_is_no_address_is_refused(address: str) -> None:
    assert wrong(address) == ["server.address"]


def test_an_account_goes_with_its_password_and_never_in_clear_over_a_network() -> None:
    assert read(user_name="edi", password="é" * 20).user_name == "edi"
    assert wrong(user_name="edi") == ["server.password"]
    assert wrong(password="secret") == ["server.user_name"]
    assert wrong(user_name="edi", password="secret", security=Security.NONE) == ["server.security"]
    assert read("127.0.0.1", user_name="edi", password="secret", security=Security.NONE).port == 25
    assert wrong(user_name="a\nb", password="x\0y") == ["server.user_name", "server.password"]


def test_every_wrong_field_is_named_and_no_password_is_shown() -> None:
    assert wrong("", user_name="edi", sender="nobody") == ["server.address", "server.password", "server.sender"]
    given = typed(user_name="edi", password="geheim")
    assert "geheim" not in repr(given)
    assert "geheim" not in repr(read_server(given))


def test_a_mail_waits_some_four_hours_for_such_a_server() -> None:
    delays = own_server_delays()
    assert delays == sorted(delays)
    assert delays[-1] == LONGEST_OUTAGE_DELAY
    assert 4 <= sum(delay.total_seconds() for delay in delays) / 3600 <= 5
