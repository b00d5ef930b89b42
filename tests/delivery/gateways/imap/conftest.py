"""Servers that the IMAP gateway is tried on."""

from collections.abc import Iterator, Mapping

import pytest

from tests.delivery.imap_script import ImapScript, Reply, Scripts


@pytest.fixture
def scripts() -> Iterator[Scripts]:
    """Makes servers that say what they are told to."""
    made: list[ImapScript] = []

    def make(replies: Mapping[str, Reply] | None = None, **options: object) -> ImapScript:
        made.append(ImapScript(replies or {}, **options))  # type: ignore[arg-type]  # passed on as they are
        return made[-1]

    yield make
    for script in made:
        script.close()
