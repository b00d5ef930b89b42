"""Settings, and the service as its processes put it together."""

from pathlib import Path

import pytest

from chassis.metrics import new_registry
from chassis.secrets import KeyRing
from chassis.service import Runtime
from chassis.settings import SettingsRefused, load
from services.mail.domain.states import MailState
from services.mail.gateways.metrics import PrometheusMeter
from services.mail.settings import MailSettings
from services.mail.wiring import SERVICE, house_of, relay_of

NEEDED = {
    "BACKROOM_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
    "BACKROOM_BROKER_URL": "redis://127.0.0.1:1/0",
    "BACKROOM_SENDER_ADDRESS": "tickets@Brico.example",
    "BACKROOM_COMPANY": "BRICO",
}


def settings(monkeypatch: pytest.MonkeyPatch, **more: str) -> MailSettings:
    for name, value in (NEEDED | more).items():
        monkeypatch.setenv(name, value)
    return load(MailSettings)


def test_the_sender_names_our_domain_and_the_company_has_its_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    told = settings(monkeypatch, BACKROOM_COMPANY_LINES="1 rue de la Paix | 75002 Paris|")
    assert told.own_domain == "brico.example"
    assert house_of(told).company_lines == ("1 rue de la Paix", "75002 Paris")
    assert relay_of(told).command_timeout == 30.0


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("BACKROOM_SENDER_ADDRESS", "nobody"),
        ("BACKROOM_COMPANY", "BRICO\nx"),
        ("BACKROOM_TIME_ZONE", "Paris"),
        ("BACKROOM_SMTP_SERVER", "mx"),
        ("BACKROOM_SMTP_SECURITY", "maybe"),
    ],
)
def test_a_wrong_setting_is_named(monkeypatch: pytest.MonkeyPatch, variable: str, value: str) -> None:
    with pytest.raises(SettingsRefused, match=variable):
        settings(monkeypatch, **{variable: value})


def test_a_login_is_never_sent_in_clear_over_a_network(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SettingsRefused, match="BACKROOM_SMTP_USER"):
        settings(monkeypatch, BACKROOM_SMTP_USER="brico", BACKROOM_SMTP_SERVER="mx.example:25")
    assert settings(monkeypatch, BACKROOM_SMTP_SERVER="127.0.0.1:25").smtp_user == "brico"
    told = settings(monkeypatch, BACKROOM_SMTP_SERVER="mx.example:587", BACKROOM_SMTP_SECURITY="starttls")
    assert told.smtp.host == "mx.example"


def test_the_service_is_whole(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    KeyRing.create(tmp_path / "keyring")
    told = settings(monkeypatch, BACKROOM_KEYRING=str(tmp_path / "keyring"))
    runtime = Runtime(SERVICE, told, "serve", 1)
    try:
        wiring = SERVICE.wire(runtime)
    finally:
        runtime.close()
    assert {kind.name for kind in wiring.kinds} == {"mail.send-outbox", "mail.send-tickets"}
    assert {offered.name for offered in wiring.task_types} <= {kind.name for kind in wiring.kinds}
    assert {kind.lane for kind in wiring.kinds} <= {"default"} | {lane.name for lane in wiring.lanes}
    assert [(purge.what, purge.kept.days) for purge in wiring.purges] == [("purge.addresses", 30), ("purge.mails", 400)]


def test_the_metrics_of_the_outbox_are_served() -> None:
    registry, meter = new_registry("mail", "work"), PrometheusMeter()
    before = registry.get_sample_value("backroom_mail_messages_total", {"state": "sent"}) or 0.0
    meter.moved(MailState.SENT, 3)
    meter.outbox({MailState.UNCERTAIN: 2})
    assert registry.get_sample_value("backroom_mail_messages_total", {"state": "sent"}) == before + 3
    assert registry.get_sample_value("backroom_mail_outbox", {"state": "uncertain"}) == 2
