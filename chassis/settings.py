"""What a process is told by its environment: documented, checked at start, shown with secrets hidden."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Literal, NoReturn, TypeVar, get_args, get_origin

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    PlainSerializer,
    SecretStr,
    ValidationError,
    model_validator,
)
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined
from pydantic_settings import BaseSettings, SettingsConfigDict

from chassis.addresses import Address
from chassis.durations import parse_duration, render_duration
from chassis.errors import BackroomError

PREFIX = "BACKROOM_"
HIDDEN = "********"


def check_address(value: str) -> str:
    """Lets `host:port` pass."""
    return str(Address.parse(value))


def check_broker(value: SecretStr) -> SecretStr:
    """Lets the address of a broker pass whose bells we can ring."""
    if not value.get_secret_value().startswith(("redis://", "rediss://", "amqp://", "amqps://")):
        raise ValueError("begin with redis:// or rediss:// (Redis, Valkey), or with amqp:// or amqps:// (RabbitMQ)")
    return value


Duration = Annotated[
    timedelta,
    BeforeValidator(parse_duration),
    PlainSerializer(render_duration, return_type=str),
    Field(gt=timedelta()),
]
HostPort = Annotated[str, AfterValidator(check_address)]


class ServiceSettings(BaseSettings):
    """What every service is told. A service derives its own and adds what only it needs."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, env_ignore_empty=True, extra="ignore")

    database_url: SecretStr = Field(
        description="The service's own PostgreSQL database, `postgresql://user:password@host:port/name`. "
        "`backroom up` starts an embedded one and sets this."
    )
    broker_url: Annotated[SecretStr, AfterValidator(check_broker)] = Field(
        description="The broker that rings workers: Redis or Valkey, `redis://:password@host:port/number`, or "
        "RabbitMQ, `amqp://user:password@host:port/vhost` (`%2F` is the default); with TLS `rediss://`, `amqps://`, "
        "for which `SSL_CERT_FILE` names an authority of your own. "
        "`backroom up` starts an embedded one and sets this."
    )
    var: Path = Field(
        default=Path("var"),
        description="Folder of everything a process keeps in files, the spool among them.",
    )
    keyring: Path = Field(
        default=Path("var/keyring"),
        description="File of the keys that encrypt secrets at rest, first key first.",
    )
    principals: Path = Field(
        default=Path("var/principals.toml"),
        description="File of everyone who may call: token hashes, roles, rights. Read again when it changes.",
    )
    token: Path = Field(
        default=Path("var/token"),
        description="File with the token that this process sends to other services.",
    )
    listen: HostPort = Field(
        default="127.0.0.1:50051",
        description="Where gRPC calls are answered. Outside loopback only with TLS.",
    )
    health_listen: HostPort = Field(
        default="127.0.0.1:50151", description="Where gRPC health checks are answered, in plaintext."
    )
    metrics_listen: HostPort = Field(
        default="127.0.0.1:9151", description="Where `/metrics` and `/live` are answered, in plaintext."
    )
    tls_certificate: Path | None = Field(default=None, description="PEM file of this service's certificate chain.")
    tls_key: Path | None = Field(default=None, description="PEM file of this service's private key.")
    tls_ca: Path | None = Field(
        default=None,
        description="PEM file of the authority that other services' certificates are checked against.",
    )
    scheduler_address: HostPort = Field(default="127.0.0.1:50051", description="Where the scheduler is reached.")
    delivery_address: HostPort = Field(default="127.0.0.1:50052", description="Where delivery is reached.")
    sales_address: HostPort = Field(default="127.0.0.1:50053", description="Where sales is reached.")
    clients_address: HostPort = Field(default="127.0.0.1:50054", description="Where clients is reached.")
    mail_address: HostPort = Field(default="127.0.0.1:50055", description="Where mail is reached.")
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="Least level that is logged."
    )
    log_format: Literal["json", "console"] = Field(
        default="json", description="One JSON object a line, or lines for people."
    )
    locale: Literal["fr", "en"] = Field(
        default="fr", description="Language of texts for people who have not chosen one."
    )
    otlp_endpoint: str | None = Field(
        default=None, description="Base URL of an OTLP/HTTP collector for traces; none are sent without it."
    )
    worker_threads: int = Field(default=8, ge=1, le=256, description="Operations that a worker process runs at once.")
    database_pool: int = Field(
        default=5, ge=1, le=200, description="Database connections that a process keeps, at most."
    )
    max_concurrent_calls: int = Field(
        default=32, ge=1, le=1000, description="Calls answered at once; more are refused with UNAVAILABLE."
    )
    call_timeout: Duration = Field(default=timedelta(seconds=60), description="Deadline of a call that brings none.")
    stream_timeout: Duration = Field(
        default=timedelta(minutes=20),
        description="The same for calls that stream, and the longest that any call may ask for.",
    )
    lease: Duration = Field(
        default=timedelta(seconds=15), description="How long a silent worker process keeps its operations."
    )
    heartbeat: Duration = Field(
        default=timedelta(seconds=5), description="How often a worker process says that it lives."
    )
    relay: Duration = Field(
        default=timedelta(seconds=2), description="How often lanes with claimable operations are rung again."
    )
    journal_days: int = Field(default=10, ge=5, le=30, description="Days that technical journals are kept.")
    business_journal_years: int = Field(
        default=10,
        ge=1,
        le=100,
        description="Years that business journals are kept, as the law asks.",
    )
    operation_days: int = Field(default=30, ge=1, description="Days that ended operations are kept.")
    repeat_days: int = Field(
        default=30, ge=1, description="Days that the answers of writes are kept for repeats by request_id."
    )
    drain_notice: Duration = Field(
        default=timedelta(milliseconds=500),
        description="On SIGTERM: time between NOT_SERVING and the first refused call.",
    )
    drain_seconds: float = Field(
        default=20.0, gt=0, description="On SIGTERM: seconds that running calls and operations get to end."
    )
    reflection: bool = Field(default=True, description="Whether the contracts can be asked for (role `viewer`).")

    @property
    def operations_kept(self) -> timedelta:
        """How long ended operations are kept."""
        return timedelta(days=self.operation_days)

    @property
    def repeats_kept(self) -> timedelta:
        """How long the answers of writes are kept."""
        return timedelta(days=self.repeat_days)

    @property
    def journal_kept(self) -> timedelta:
        """How long technical journals are kept."""
        return timedelta(days=self.journal_days)

    @property
    def business_journals_kept(self) -> timedelta:
        """How long business journals are kept."""
        return timedelta(days=366 * self.business_journal_years)

    @model_validator(mode="after")
    def _check_pairs(self) -> "ServiceSettings":
        if (self.tls_certificate is None) != (self.tls_key is None):
            raise ValueError(f"{PREFIX}TLS_CERTIFICATE and {PREFIX}TLS_KEY go together; set both or neither")
        if self.lease < 2 * self.heartbeat:
            raise ValueError(f"{PREFIX}LEASE must be at least twice {PREFIX}HEARTBEAT, or a late heartbeat loses work")
        return self


class SettingsRefused(BackroomError):
    """The environment is not as it should be; one sentence for each variable."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """One variable of the environment."""

    name: str
    type: str
    default: str | None  #: None where it must be set
    meaning: str


S = TypeVar("S", bound=ServiceSettings)


def load(settings: type[S]) -> S:
    """Reads the environment, or raises SettingsRefused."""
    try:
        return settings()
    except ValidationError as error:
        raise SettingsRefused(_sentences(settings, error)) from None  # the cause repeats the input, secrets too


def load_or_exit(settings: type[S]) -> S:
    """Reads the environment; a process that was told wrongly says so on stderr and ends with status 2."""
    try:
        return load(settings)
    except SettingsRefused as refused:
        _exit(refused)


def describe(settings: type[ServiceSettings]) -> list[Variable]:
    """Every variable, in the order of the class."""
    return [
        Variable(
            name=PREFIX + name.upper(),
            type=_type_name(field),
            default=None if field.is_required() else _render(field.default),
            meaning=field.description or "",
        )
        for name, field in settings.model_fields.items()
    ]


def shown(settings: ServiceSettings) -> dict[str, str]:
    """Every variable with its value, secrets hidden."""
    return {PREFIX + name.upper(): _render(getattr(settings, name)) for name in type(settings).model_fields}


def _exit(refused: SettingsRefused) -> NoReturn:
    sys.stderr.write(f"{refused}\n")
    raise SystemExit(2)


def _sentences(settings: type[ServiceSettings], error: ValidationError) -> list[str]:
    return list(dict.fromkeys(_each_sentence(settings, error)))


def _each_sentence(settings: type[ServiceSettings], error: ValidationError) -> Iterator[str]:
    for problem in error.errors(include_url=False, include_input=False):
        message = problem["msg"].removeprefix("Value error, ")
        if not problem["loc"]:
            yield f"{message}."
            continue
        name = str(problem["loc"][0])
        variable = PREFIX + name.removeprefix(PREFIX.lower()).upper()
        field = settings.model_fields[name.removeprefix(PREFIX.lower())]
        if problem["type"] == "missing":
            yield f"{variable} is not set: {field.description}"
        else:
            yield f"{variable} is wrong ({message}): {field.description}"


def _render(value: object) -> str:
    if value is None or value is PydanticUndefined:
        return ""
    if isinstance(value, SecretStr):
        return HIDDEN
    if isinstance(value, timedelta):
        return render_duration(value)
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)


def _type_name(field: FieldInfo) -> str:
    kind = field.annotation
    if get_origin(kind) is Literal:
        return " or ".join(f"`{choice}`" for choice in get_args(kind))
    kinds = [_bare(each) for each in get_args(kind) if each is not type(None)] or [kind]
    names = {
        datetime: "instant",
        SecretStr: "secret",
        Path: "path",
        str: "text",
        int: "whole number",
        float: "number",
        bool: "true or false",
        timedelta: "duration",
    }
    if any(isinstance(each, AfterValidator) and each.func is check_address for each in field.metadata):
        return "host:port"
    return " or ".join(names.get(each, str(each)) if isinstance(each, type) else str(each) for each in kinds)


def _bare(kind: object) -> object:
    """The type itself where it is annotated."""
    return get_args(kind)[0] if get_origin(kind) is Annotated else kind
