"""Settings, and the service as its processes put it together."""

import ipaddress
import threading
from pathlib import Path

import pytest
import structlog

from chassis.metrics import new_registry
from chassis.network import PortDenied
from chassis.secrets import KeyRing
from chassis.service import Runtime
from chassis.settings import SettingsRefused, load
from services.mail.application.watch_outbox import tell_of_legacy
from services.mail.domain.states import MailState
from services.mail.gateways.metrics import PrometheusMeter
from services.mail.settings import MailSettings
from services.mail.wiring import SERVICE, gate_of, house_of, relay_of
from services.mail.workers.legacy import telling
from tests.mail.conftest import OpenMailWork
from tests.mail.office import Office

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
    assert told.house_relay.address.host == "mx.example"


LEGACY = {
    "BACKROOM_LEGACY_SMTP_SERVER": "old.example:25",
    "BACKROOM_LEGACY_SMTP_SENDER": "caisse@Old.example",
}


def test_the_legacy_settings_are_used_only_where_no_server_of_the_domain_is_given(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    by_default = settings(monkeypatch)
    assert (str(by_default.house_relay.address), by_default.house_relay.legacy) == ("127.0.0.1:25", False)
    old = settings(monkeypatch, **LEGACY)
    assert (str(old.house_relay.address), old.house_relay.legacy) == ("old.example:25", True)
    assert (str(old.house_relay.sender), old.own_domain) == ("caisse@old.example", "old.example")
    assert relay_of(old).host == "old.example"
    # Even where it is given as what it is by default.
    new = settings(monkeypatch, BACKROOM_SMTP_SERVER="127.0.0.1:25", **LEGACY)
    assert (str(new.house_relay.address), new.house_relay.legacy) == ("127.0.0.1:25", False)
    assert str(new.house_relay.sender) == "tickets@brico.example"
    monkeypatch.setenv("BACKROOM_SMTP_SERVER", "")
    assert load(MailSettings).house_relay.legacy


def test_the_legacy_password_is_never_sent_in_clear_over_a_network(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SettingsRefused, match="BACKROOM_LEGACY_SMTP_USER"):
        settings(monkeypatch, BACKROOM_LEGACY_SMTP_USER="brico", **LEGACY)


def test_networks_that_are_none_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SettingsRefused, match="BACKROOM_DENIED_NETWORKS"):
        settings(monkeypatch, BACKROOM_DENIED_NETWORKS="10.0.0.0/8 somewhere")
    gate = gate_of(settings(monkeypatch, BACKROOM_DENIED_NETWORKS="10.0.0.0/8"))
    assert not gate.permits(ipaddress.ip_address("10.1.2.3"))
    assert not gate_of(settings(monkeypatch, BACKROOM_DENIED_NETWORKS="")).permits(
        ipaddress.ip_address("169.254.169.254")
    )


def test_ports_at_which_named_servers_are_called_can_be_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SettingsRefused, match="BACKROOM_ALLOWED_PORTS"):
        settings(monkeypatch, BACKROOM_ALLOWED_PORTS="smtp")
    with pytest.raises(PortDenied):
        gate_of(settings(monkeypatch, BACKROOM_ALLOWED_PORTS="25 465 587")).connect("127.0.0.1", 6379)


def test_legacy_settings_in_use_are_told_in_log_journal_and_metrics(open_work: OpenMailWork, office: Office) -> None:
    told: list[str] = []

    def tell() -> None:
        told.append("now")
        tell_of_legacy(open_work, "ancienne configuration")

    with structlog.testing.capture_logs() as logged:
        stop = threading.Event()
        stop.set()
        telling(tell, "old.example:25")(stop)
    assert told == ["now"]
    assert [(entry["log_level"], entry["server"]) for entry in logged] == [("warning", "old.example:25")]
    assert office.journal() == ["ancienne configuration"]


@pytest.mark.parametrize(("more", "loops", "gauge"), [({}, 1, 0.0), (LEGACY, 2, 1.0)])
def test_a_process_by_legacy_settings_has_a_notice_to_give(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, more: dict[str, str], loops: int, gauge: float
) -> None:
    KeyRing.create(tmp_path / "keyring")
    runtime = Runtime(SERVICE, settings(monkeypatch, BACKROOM_KEYRING=str(tmp_path / "keyring"), **more), "work", 1)
    try:
        wiring = SERVICE.wire(runtime)
    finally:
        runtime.close()
    assert len(wiring.background) == loops
    assert new_registry("mail", "work").get_sample_value("backroom_mail_legacy_server") == gauge


def test_the_service_is_whole(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    KeyRing.create(tmp_path / "keyring")
    told = settings(monkeypatch, BACKROOM_KEYRING=str(tmp_path / "keyring"))
    runtime = Runtime(SERVICE, told, "serve", 1)
    try:
        wiring = SERVICE.wire(runtime)
    finally:
        runtime.close()
    assert {kind.name for kind in wiring.kinds} == {
        "mail.send-outbox",
        "mail.send-by-server",
        "mail.send-tickets",
    }
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
