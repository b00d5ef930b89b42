import sys
from pathlib import Path

import pytest

from chassis.texts import CatalogueBroken, Texts

FR = 'hello = "Bonjour {name}"\n[report]\ndays = "Voici {count} journées"\nnone = "Aucune {{journée}}"\n'
EN = 'hello = "Hello {name}"\nreport.days = "{count} days"\nreport.none = "No {{day}}"\n'


def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, fr: str = FR, en: str = EN) -> Texts:
    folder = tmp_path / name / "texts"
    folder.mkdir(parents=True)
    (tmp_path / name / "__init__.py").write_text("")
    (folder / "fr.toml").write_text(fr)
    (folder / "en.toml").write_text(en)
    monkeypatch.syspath_prepend(tmp_path)
    try:
        return Texts.of(name)
    finally:
        sys.modules.pop(name, None)


def test_a_text_is_found_in_its_language_and_filled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = package(tmp_path, monkeypatch, "shop_one")
    assert texts.get("hello", "fr", name="Ana") == "Bonjour Ana"
    assert texts.get("report.days", "en", count=3) == "3 days"
    assert texts.get("report.none", "fr") == "Aucune {journée}"
    assert texts.keys() == {"hello", "report.days", "report.none"}


@pytest.mark.parametrize(
    ("locale", "text"), [("en-GB", "Hello x"), ("fr_FR.UTF-8", "Bonjour x"), ("pl", "Bonjour x"), ("", "Bonjour x")]
)
def test_an_unknown_locale_reads_french(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, locale: str, text: str
) -> None:
    assert package(tmp_path, monkeypatch, "shop_two").get("hello", locale, name="x") == text


def test_values_may_be_called_key_and_locale() -> None:
    texts = Texts({"fr": {"a": "{key} {locale}"}})
    assert texts.get("a", "fr", key="1", locale="2") == "1 2"


def test_a_missing_key_or_value_is_named() -> None:
    texts = Texts({"fr": {"a": "{name}"}})
    with pytest.raises(CatalogueBroken, match="no text has the key b"):
        texts.get("b", "fr")
    with pytest.raises(CatalogueBroken, match="the text a needs the value 'name'"):
        texts.get("a", "fr")


def test_whole_catalogues_do_not_differ(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert package(tmp_path, monkeypatch, "shop_three").differences() == []


def test_differences_of_keys_and_placeholders_are_told() -> None:
    texts = Texts({"fr": {"a": "x", "b": "{count} jours"}, "en": {"b": "{counts} days", "c": "x"}})
    assert texts.differences() == ["b: en fills ['counts'], fr ['count']", "en has c, fr not", "en lacks a"]


def test_what_is_no_text_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(CatalogueBroken, match=r"report\.days is neither"):
        package(tmp_path, monkeypatch, "shop_four", fr="report.days = 3\n")
