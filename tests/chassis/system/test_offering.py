"""Every service offers the system tasks, whatever its own wiring says."""

import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from chassis.operations import Kind
from chassis.operations.purging import Purge, older
from chassis.service import Runtime, Service, Wiring
from chassis.settings import ServiceSettings
from chassis.system import offering
from chassis.texts import LOCALES, CatalogueBroken, Texts
from tests.chassis.system.conftest import TEXTS, Shop

SERVICES = ("clients", "delivery", "mail", "sales", "scheduler")
OWN = Purge(what="defectives.none", statement=older("visit", "number"), kept=timedelta(days=7))
WIRING = Wiring(servicers=[], kinds=[Kind(name="sales.mine", run=lambda execution: None)], purges=[OWN])


@pytest.fixture
def wired(shop: Shop, tmp_path: Path) -> Iterator[Callable[[str], Wiring]]:
    """What a process of sales does and offers."""
    opened: list[Runtime[ServiceSettings]] = []

    def make(process: str) -> Wiring:
        settings = ServiceSettings.model_validate(
            {
                "database_url": SecretStr(shop.database.url),
                "broker_url": SecretStr("redis://127.0.0.1:1/0"),
                "token": tmp_path / "token",
            }
        )
        service = Service(name="sales", settings=ServiceSettings, migrations="", wire=lambda runtime: WIRING)
        opened.append(Runtime(service, settings, process, 2))
        return offering.with_system_tasks(opened[-1], service.wire(opened[-1]))

    yield make
    for runtime in opened:
        runtime.close()


def test_a_serving_process_offers_them_in_the_seed_s_folder(wired: Callable[[str], Wiring]) -> None:
    offered = {each.name: each for each in wired("serve").task_types}
    assert sorted(offered) == ["sales.backup", "sales.maintenance", "sales.purge"]
    assert {each.folder for each in offered.values()} == {"Système/Base de données"}
    assert [name for name, each in offered.items() if each.produces_files] == ["sales.backup"]
    assert [name for name, each in offered.items() if each.unspooled] == ["sales.backup"]


def test_a_backup_that_cannot_be_made_is_not_offered(
    wired: Callable[[str], Wiring], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(offering, "find_pg_dump", lambda version: None)
    assert [each.name for each in wired("serve").task_types] == ["sales.maintenance", "sales.purge"]
    assert "sales.backup" in {kind.name for kind in wired("work").kinds}  # what was started elsewhere is not stuck


def test_whatever_is_offered_is_done_in_a_lane_of_its_own(wired: Callable[[str], Wiring]) -> None:
    wiring = wired("serve")
    lanes = {kind.name: kind.lane for kind in wiring.kinds}
    assert {lanes[each.name] for each in wiring.task_types} == {"system"}
    assert "system" in {lane.name for lane in wiring.lanes}
    assert lanes["sales.mine"] == "default"


def test_a_service_s_own_purges_come_after_those_of_every_service(wired: Callable[[str], Wiring]) -> None:
    assert [purge.what for purge in wired("work").purges] == [
        "system.purge.operations",
        "system.purge.cancels",
        "system.purge.repeats",
        "system.purge.technical",
        "system.purge.business",
        "defectives.none",
    ]


def test_a_purge_without_a_name_is_found_at_the_start(
    wired: Callable[[str], Wiring], monkeypatch: pytest.MonkeyPatch
) -> None:
    nameless = replace(OWN, what="purge.nothing")
    monkeypatch.setattr(sys.modules[__name__], "WIRING", replace(WIRING, purges=[nameless]))
    with pytest.raises(CatalogueBroken, match=r"purge\.nothing"):
        wired("work")


def test_no_key_may_stand_in_two_catalogues() -> None:
    with pytest.raises(CatalogueBroken, match="two catalogues have the key"):
        TEXTS.beside(TEXTS)


def test_both_languages_have_the_same_texts_and_they_stand_beside_those_of_every_service() -> None:
    assert TEXTS.differences() == []
    for service in SERVICES:
        assert Texts.of(f"services.{service}").beside(TEXTS).keys() > TEXTS.keys()


@pytest.mark.parametrize("locale", LOCALES)
def test_titles_and_purges_have_their_words(wired: Callable[[str], Wiring], locale: str) -> None:
    wiring = wired("serve")
    for each in wiring.task_types:
        assert TEXTS.get(each.title, locale)
        assert TEXTS.get(each.description, locale)
    assert TEXTS.get("system.maintenance.title", "fr") == "Maintenance de la base"
    assert TEXTS.get("system.backup.title", "fr") == "Sauvegarde de la base"
