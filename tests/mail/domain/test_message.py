import pytest

from chassis.errors import InvalidInput
from services.mail.domain.message import Attachment, read_message


def attachment(**more: object) -> Attachment:
    facts = {"file_name": "ventes.csv", "media_type": "text/csv", "content": b"1;2"}
    return Attachment(**(facts | more))  # type: ignore[arg-type]  # the test's shorthand


def fields_refused(
    *recipients: str, subject: str = "s", body: str = "", files: tuple[Attachment, ...] = ()
) -> list[str]:
    with pytest.raises(InvalidInput) as refused:
        read_message(recipients, subject, body, files)
    return [problem.field for problem in refused.value.problems]


def test_a_message_keeps_each_recipient_once_and_its_lines_as_line_feeds() -> None:
    message = read_message(["a@b.example", "c@d.example", "A@b.example", "a@B.example"], "é", "1\r\n2\r3\n")
    assert [str(address) for address in message.recipients] == ["a@b.example", "c@d.example", "A@b.example"]
    assert message.body == "1\n2\n3\n"


def test_every_wrong_field_is_named_at_once() -> None:
    files = (attachment(file_name="a/b.csv"), attachment(media_type="csv"), attachment(file_name="x\r\ny"))
    assert fields_refused("nobody", "a@b.example", subject="a\nBcc: x@y.example", body="\x00", files=files) == [
        "recipients[0]",
        "subject",
        "body",
        "attachments[0].file_name",
        "attachments[1].media_type",
        "attachments[2].file_name",
    ]


@pytest.mark.parametrize(
    "subject", ["", "   ", "x" * 501, "a\rb", "a\x7fb", "a\u2028b", "=?utf-8?q?a=0D=0ABcc:x@y.example?="]
)
def test_a_subject_is_one_line_of_1_to_500_characters(subject: str) -> None:
    assert "subject" in fields_refused("a@b.example", subject=subject)


def test_recipients_are_1_to_100() -> None:
    assert fields_refused() == ["recipients"]
    assert fields_refused(*[f"a{number}@b.example" for number in range(101)]) == ["recipients"]


def test_attachments_have_3_mib_together() -> None:
    half = attachment(content=bytes(3 * 512 * 1024))
    assert len(read_message(["a@b.example"], "s", "", [half, half]).attachments) == 2
    assert fields_refused("a@b.example", files=(half, half, attachment())) == ["attachments"]


@pytest.mark.parametrize(
    "media_type", ["", "text", "text/", "text/csv; name=x", "a b/c", "message/rfc822", "multipart/mixed"]
)
def test_a_media_type_is_that_of_a_file(media_type: str) -> None:
    assert fields_refused("a@b.example", files=(attachment(media_type=media_type),)) == ["attachments[0].media_type"]


@pytest.mark.parametrize("name", ["", ".", "..", "a\\b", "é" * 128, "=?utf-8?q?a=0D=0Ab?="])
def test_a_file_name_has_no_folder_and_255_bytes_at_most(name: str) -> None:
    assert fields_refused("a@b.example", files=(attachment(file_name=name),)) == ["attachments[0].file_name"]
