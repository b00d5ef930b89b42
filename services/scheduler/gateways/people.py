"""Those who are told, as the principals' file has them."""

from collections.abc import Sequence

from chassis.auth import Principals, Role


class FilePeople:
    """Principals by name."""

    def __init__(self, principals: Principals, locale: str) -> None:
        self._principals = principals
        self._locale = locale

    def locale_of(self, principal: str) -> str:
        """The language somebody reads; the default for one who has gone."""
        found = self._principals.get(principal)
        return self._locale if found is None else found.locale

    def keepers(self) -> Sequence[str]:
        return [each.name for each in self._principals.with_role(Role.ADMIN)]

    def known(self, principal: str) -> bool:
        return self._principals.get(principal) is not None
