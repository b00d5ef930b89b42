"""Folders of the catalogue."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.scheduler.domain.folders import folders, title_problems

PATHS = st.lists(st.text(min_size=1, max_size=12), max_size=6)


def test_the_folders_of_the_manual_have_ids_that_people_can_type() -> None:
    found = folders(["Système/Base de données", "Editions", "Import - Export", "Système/Base de données"], {})
    assert [(each.id, each.title, each.parent) for each in found] == [
        ("editions", "Editions", ""),
        ("import-export", "Import - Export", ""),
        ("systeme", "Système", ""),
        ("systeme.base-de-donnees", "Base de données", "systeme"),
    ]


def test_a_title_that_people_gave_counts_and_keeps_its_folder_whoever_is_away() -> None:
    (top, inner) = folders([], {"Système/Réplication": "Copies"})
    assert (top.title, inner.title, inner.id) == ("Système", "Copies", "systeme.replication")


def test_what_no_latin_letter_spells_has_an_id_of_its_own() -> None:
    ids = [each.id for each in folders(["报表", "Отчёты", "Import Export", "Import - Export"], {})]
    assert len(set(ids)) == 4
    assert all(each.isascii() for each in ids)


@given(PATHS)
def test_every_folder_has_an_id_of_its_own_and_the_same_each_time(paths: list[str]) -> None:
    found = folders(paths, {})
    assert len({each.id for each in found}) == len(found)
    assert found == folders(reversed(paths), {})
    assert all(each.id and "/" not in each.id for each in found)
    assert {each.parent for each in found} <= {"", *(each.id for each in found)}


@pytest.mark.parametrize("title", ["a/b", "x" * 101, "a\0", "  "])
def test_a_title_may_not_be_anything(title: str) -> None:
    assert [problem.field for problem in title_problems(title)] == ["title"]


def test_an_empty_title_gives_the_folder_its_own_back() -> None:
    assert not list(title_problems(""))
    assert not list(title_problems("Ventes & stocks"))
