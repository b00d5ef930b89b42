"""Texts for people, from catalogues: French by default, English complete."""

import string
import tomllib
from collections.abc import Iterator, Mapping
from importlib import resources

from chassis.errors import BackroomError

DEFAULT_LOCALE = "fr"
LOCALES = ("fr", "en")


class CatalogueBroken(BackroomError):
    """A catalogue does not hold what it should; the program is wrong, not its user."""


class Texts:
    """The texts of a package: `texts/fr.toml` and `en.toml`, dotted keys, placeholders of str.format."""

    def __init__(self, catalogues: Mapping[str, Mapping[str, str]]) -> None:
        self._catalogues = catalogues

    @classmethod
    def of(cls, package: str) -> "Texts":
        """Loads the catalogues of a package, e.g. `services.sales`."""
        folder = resources.files(package) / "texts"
        return cls(
            {
                locale: dict(_flat(tomllib.loads((folder / f"{locale}.toml").read_text(encoding="utf-8"))))
                for locale in LOCALES
            }
        )

    def beside(self, other: "Texts") -> "Texts":
        """The texts of both; no key may stand in the two."""
        twice = self.keys() & other.keys()
        if twice:
            raise CatalogueBroken(f"two catalogues have the key {min(twice)}")
        return Texts({locale: {**mine, **other._catalogues[locale]} for locale, mine in self._catalogues.items()})

    def get(self, key: str, locale: str, /, **values: object) -> str:
        """The text in the locale (`fr`, `fr-FR`, `fr_FR.UTF-8`…); an unknown locale reads French."""
        catalogue = self._catalogues[self.locale(locale)]
        if key not in catalogue:
            raise CatalogueBroken(f"no text has the key {key}")
        try:
            return catalogue[key].format(**values) if values or "{" in catalogue[key] else catalogue[key]
        except KeyError as missing:
            raise CatalogueBroken(f"the text {key} needs the value {missing}") from missing

    def locale(self, wanted: str) -> str:
        """The locale whose catalogue answers for the one wanted."""
        language = wanted.replace("_", "-").split("-")[0].lower()
        return language if language in self._catalogues else DEFAULT_LOCALE

    def keys(self) -> frozenset[str]:
        """Every key of the default catalogue."""
        return frozenset(self._catalogues[DEFAULT_LOCALE])

    def differences(self) -> list[str]:
        """What one catalogue has and another lacks, keys and placeholders; a test of every service asks."""
        wanted = self._catalogues[DEFAULT_LOCALE]
        found: list[str] = []
        for locale, catalogue in self._catalogues.items():
            found += [f"{locale} lacks {key}" for key in wanted.keys() - catalogue.keys()]
            found += [f"{locale} has {key}, {DEFAULT_LOCALE} not" for key in catalogue.keys() - wanted.keys()]
            found += [
                f"{key}: {locale} fills {sorted(mine)}, {DEFAULT_LOCALE} {sorted(theirs)}"
                for key in wanted.keys() & catalogue.keys()
                if (mine := _placeholders(catalogue[key])) != (theirs := _placeholders(wanted[key]))
            ]
        return sorted(found)


def _flat(table: Mapping[str, object], prefix: str = "") -> Iterator[tuple[str, str]]:
    for key, value in table.items():
        if isinstance(value, str):
            yield prefix + key, value
        elif isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            raise CatalogueBroken(f"{prefix}{key} is neither a text nor a table of texts")


def _placeholders(text: str) -> frozenset[str]:
    return frozenset(name for _, name, _, _ in string.Formatter().parse(text) if name is not None)
