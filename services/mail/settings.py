"""What a process of mail is told."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field, SecretStr, model_validator

from chassis.addresses import Address as NetworkAddress
from chassis.settings import Duration, HostPort, ServiceSettings
from services.mail.domain.address import parse_address


def check_sender(value: str) -> str:
    """Lets an e-mail address pass."""
    return str(parse_address(value))


def check_zone(value: str) -> str:
    """Lets an IANA zone pass."""
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ValueError(f"{value!r} is no time zone; write e.g. Europe/Paris") from error
    return value


def check_line(value: str) -> str:
    """Lets one line of text pass."""
    if not value.isprintable():
        raise ValueError("has a line break or another control character; write one line")
    return value


Line = Annotated[str, AfterValidator(check_line)]
Zone = Annotated[str, AfterValidator(check_zone)]
Sender = Annotated[str, AfterValidator(check_sender)]


class MailSettings(ServiceSettings):
    """Mail needs a server that takes its mails, and to know in whose name it writes."""

    sender_address: Sender = Field(description="Address in whose name every mail is sent.")
    sender_label: Line = Field(default="", description="Name shown beside the sender's address.")
    company: Line = Field(min_length=1, description="Company name, on tickets and in the names of their files.")
    company_lines: Line = Field(
        default="",
        description="Lines below the company on tickets (address, registration), separated by `|`.",
    )
    time_zone: Zone = Field(default="Europe/Paris", description="IANA zone of the times printed on tickets.")
    message_id_domain: Line = Field(
        default="",
        description="Our own domain, in Message-ID headers and greetings; by default the sender's.",
    )
    smtp_server: HostPort = Field(default="127.0.0.1:25", description="SMTP server that takes our mails, host:port.")
    smtp_security: Literal["none", "starttls", "tls"] = Field(
        default="none",
        description="How the connection is protected: not at all, upgraded (587) or from the start (465).",
    )
    smtp_user: str = Field(default="", description="Account at the SMTP server; empty: no login.")
    smtp_password: SecretStr = Field(default=SecretStr(""), description="Its password.")
    smtp_ca: Path | None = Field(
        default=None,
        description="PEM file of the authority of the SMTP server, in the place of the system's.",
    )
    smtp_timeout: Duration = Field(
        default=timedelta(seconds=30),
        description="How long to wait for the SMTP server's connection and each reply.",
    )
    smtp_content_timeout: Duration = Field(
        default=timedelta(minutes=5),
        description="How long to wait for its reply to the content, which it scans first.",
    )
    outbox_watch: Duration = Field(
        default=timedelta(seconds=15),
        description="How often the outbox is counted, and sent if it was forgotten.",
    )
    mail_days: int = Field(
        default=400,
        ge=31,
        description="Days that mails are kept, those that wait to be sent apart. A ticket whose mail is forgotten "
        "counts as never mailed.",
    )
    address_days: int = Field(
        default=30, ge=1, description="Days that a mail keeps whom it went to once it is sent; then they are masked."
    )

    @model_validator(mode="after")
    def _check_login(self) -> Self:
        if self.smtp_user and self.smtp_security == "none" and not self.smtp.is_loopback:
            raise ValueError("BACKROOM_SMTP_USER would be sent in clear; set BACKROOM_SMTP_SECURITY to starttls or tls")
        return self

    @property
    def smtp(self) -> NetworkAddress:
        """The SMTP server."""
        return NetworkAddress.parse(self.smtp_server)

    @property
    def own_domain(self) -> str:
        """Ours, in Message-ID headers."""
        return self.message_id_domain or parse_address(self.sender_address).domain
