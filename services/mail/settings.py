"""What a process of mail is told."""

from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field, SecretStr, model_validator

from chassis.addresses import Address as NetworkAddress
from chassis.network import DENIED, parse_networks, parse_ports
from chassis.settings import Duration, HostPort, ServiceSettings
from services.mail.domain.address import Address, parse_address
from services.mail.domain.servers import Security


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


def check_networks(value: str) -> str:
    """Lets networks pass, separated by blanks."""
    parse_networks(value)
    return value


def check_ports(value: str) -> str:
    """Lets ports and ranges of them pass, separated by blanks."""
    parse_ports(value)
    return value


@dataclass(frozen=True, slots=True, kw_only=True)
class HouseRelay:
    """The server that takes mails without one of their own, as the settings name it."""

    address: NetworkAddress
    security: Security
    user: str
    password: str = field(repr=False)
    sender: Address
    legacy: bool  #: by the legacy settings


Line = Annotated[str, AfterValidator(check_line)]
Zone = Annotated[str, AfterValidator(check_zone)]
Sender = Annotated[str, AfterValidator(check_sender)]
Networks = Annotated[str, AfterValidator(check_networks)]
Ports = Annotated[str, AfterValidator(check_ports)]
SecurityName = Literal["none", "starttls", "tls"]


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
    smtp_security: SecurityName = Field(
        default="none",
        description="How the connection is protected: not at all, upgraded (587) or from the start (465).",
    )
    smtp_user: str = Field(default="", description="Account at the SMTP server; empty: no login.")
    smtp_password: SecretStr = Field(default=SecretStr(""), description="Its password.")
    smtp_ca: Path | None = Field(
        default=None,
        description="PEM file of the authority of the SMTP server, in the place of the system's.",
    )
    legacy_smtp_server: HostPort | None = Field(
        default=None,
        description="The same of the legacy configuration, kept for compatibility: used, with a warning, where "
        "`BACKROOM_SMTP_SERVER` is not set.",
    )
    legacy_smtp_security: SecurityName = Field(default="none", description="How its connection is protected.")
    legacy_smtp_user: str = Field(default="", description="Account at the legacy server; empty: no login.")
    legacy_smtp_password: SecretStr = Field(default=SecretStr(""), description="Its password.")
    legacy_smtp_sender: Sender | None = Field(
        default=None, description="Address in whose name mails go by the legacy server; by default the sender's."
    )
    own_server_ca: Path | None = Field(
        default=None,
        description="PEM file of authorities trusted beside the system's, for mail servers that a mail names itself.",
    )
    denied_networks: Networks = Field(
        default=DENIED,
        description="Networks in which no mail server that a mail names for itself is called, separated by blanks; "
        "those where machines find their secrets by default.",
    )
    allowed_networks: Networks = Field(
        default="", description="The only networks in which such servers are called; all but the denied where empty."
    )
    allowed_ports: Ports = Field(
        default="",
        description="The only ports at which such servers are called, `25 465 587`, or ranges; all where empty.",
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
        for name, user, security, where in (
            ("", self.smtp_user, self.smtp_security, self.smtp_server),
            ("LEGACY_", self.legacy_smtp_user, self.legacy_smtp_security, self.legacy_smtp_server),
        ):
            if user and where and security == "none" and not NetworkAddress.parse(where).is_loopback:
                raise ValueError(
                    f"BACKROOM_{name}SMTP_USER would be sent in clear; "
                    f"set BACKROOM_{name}SMTP_SECURITY to starttls or tls"
                )
        return self

    @property
    def house_relay(self) -> HouseRelay:
        """The domain's settings where a server is given; else the legacy ones where theirs is; else this machine."""
        if self.legacy_smtp_server is not None and "smtp_server" not in self.model_fields_set:
            return HouseRelay(
                address=NetworkAddress.parse(self.legacy_smtp_server),
                security=Security(self.legacy_smtp_security),
                user=self.legacy_smtp_user,
                password=self.legacy_smtp_password.get_secret_value(),
                sender=parse_address(self.legacy_smtp_sender or self.sender_address),
                legacy=True,
            )
        return HouseRelay(
            address=NetworkAddress.parse(self.smtp_server),
            security=Security(self.smtp_security),
            user=self.smtp_user,
            password=self.smtp_password.get_secret_value(),
            sender=parse_address(self.sender_address),
            legacy=False,
        )

    @property
    def own_domain(self) -> str:
        """Ours, in Message-ID headers."""
        return self.message_id_domain or self.house_relay.sender.domain
