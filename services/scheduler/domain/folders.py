"""Folders of the catalogue: two levels, each with a title that people may change."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b

from chassis.errors import FieldProblem
from services.scheduler.domain.file_names import is_clean

SEPARATOR = "/"
MAX_TITLE = 100
MAX_ID = 63
#: What no other letter stands for once its accents are taken off.
LETTERS = str.maketrans({"œ": "oe", "æ": "ae", "ß": "ss", "ø": "o", "ł": "l", "đ": "d"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    """A folder of the catalogue."""

    id: str
    path: str  #: its own, e.g. `Système/Base de données`
    title: str
    parent: str  #: id of the folder it lies in; empty on the first level


def folders(paths: Iterable[str], titles: Mapping[str, str]) -> Sequence[Folder]:
    """The folders of these paths and those they lie in, in the order of their paths."""
    wanted = {path for each in (*paths, *titles) for path in _with_parents(each) if path}
    ids = _ids(wanted)
    return [
        Folder(
            id=ids[path],
            path=path,
            title=titles.get(path, path.rpartition(SEPARATOR)[2]),
            parent=ids.get(path.rpartition(SEPARATOR)[0], ""),
        )
        for path in sorted(wanted)
    ]


def title_problems(title: str) -> Iterator[FieldProblem]:
    """What is wrong with a title; an empty one gives the folder its own back."""
    if title and (len(title) > MAX_TITLE or not title.strip() or not is_clean(title)):
        yield FieldProblem("title", f"write at most {MAX_TITLE} printable characters, or none")
    if SEPARATOR in title:
        yield FieldProblem("title", f"may not hold `{SEPARATOR}`, which parts the levels")


def _with_parents(path: str) -> Iterator[str]:
    while path:
        yield path
        path = path.rpartition(SEPARATOR)[0]


def _ids(paths: Iterable[str]) -> dict[str, str]:
    """An id for each path; paths that would share one are told apart by a trace of themselves."""
    by_slug: dict[str, list[str]] = {}
    for path in paths:
        by_slug.setdefault(_slug(path), []).append(path)
    return {
        path: slug if slug and len(sharing) == 1 else f"{slug or 'folder'}-{_trace(path)}"
        for slug, sharing in by_slug.items()
        for path in sharing
    }


def _slug(path: str) -> str:
    """`Système/Base de données` is `systeme.base-de-donnees`."""
    levels = [_plain(level) for level in path.split(SEPARATOR)]
    slug = ".".join(levels)
    return slug if all(levels) and len(slug) <= MAX_ID else ""


def _plain(level: str) -> str:
    decomposed = unicodedata.normalize("NFKD", level.casefold().translate(LETTERS))
    letters = "".join(each for each in decomposed if not unicodedata.combining(each))
    if not letters.isascii():
        return ""
    return re.sub(r"[^a-z0-9]+", "-", letters).strip("-")


def _trace(path: str) -> str:
    return blake2b(path.encode(), digest_size=6).hexdigest()
