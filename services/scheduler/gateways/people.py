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

    def address_of(self, principal: str) -> str:
        """The e-mail address of somebody; empty where none is known."""
        found = self._principals.get(principal)
        return "" if found is None else found.email

    def keepers(self) -> Sequence[str]:
        return [each.name for each in self._principals.with_role(Role.ADMIN)]

    def everyone(self) -> Sequence[str]:
        people = (Role.VIEWER, Role.OPERATOR, Role.ADMIN)
        return sorted({each.name for role in people for each in self._principals.with_role(role)})

    def known(self, principal: str) -> bool:
        return self._principals.get(principal) is not None
