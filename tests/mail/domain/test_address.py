import pytest

from services.mail.domain.address import BadAddress, parse_address, plausible_address


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("anne@client.example", "anne@client.example"),
        ("  Anne.Durand+x@Client.EXAMPLE ", "Anne.Durand+x@client.example"),
        ("anne@bücher.example", "anne@xn--bcher-kva.example"),
        ("anne@straße.example", "anne@xn--strae-oqa.example"),
    ],
)
def test_an_address_is_kept_as_smtp_wants_it(typed: str, stored: str) -> None:
    assert str(parse_address(typed)) == stored


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "=?utf-8?q?a=0D=0ABcc=3A_x?=@client.example",
        "anne",
        "@client.example",
        "anne@",
        "anne@localhost",
        "anne@client..example",
        "anne@-client.example",
        "anne@127.0.0.1",
        "an ne@client.example",
        ".anne@client.example",
        "anne..d@client.example",
        "anne@client.example\r\nBcc: x@y.example",
        "anne\r\n@client.example",
        "<anne@client.example>",
        "anne@client.example, bob@client.example",
        "a" * 65 + "@client.example",
        "a@" + "b." * 130 + "example",
        "anne@cli\x00ent.example",
    ],
)
def test_what_is_no_address_is_refused(typed: str) -> None:
    with pytest.raises(BadAddress):
        parse_address(typed)
    assert plausible_address(typed) is None


def test_a_name_outside_ascii_is_refused_with_its_reason() -> None:
    with pytest.raises(BadAddress, match="outside ASCII before the @"):
        parse_address("françoise@client.example")


def test_a_masked_address_cannot_be_written_to() -> None:
    masked = parse_address("anne.durand@client.example").masked
    assert masked == "a…@client.example"
    assert plausible_address(masked) is None
