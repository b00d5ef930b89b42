"""A servicer with its table of roles, and the proof that the table is complete."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, cast

import grpc
from google.protobuf.descriptor_pool import Default

from chassis.auth import Role
from chassis.errors import BackroomError

Handlers = Mapping[str, "grpc.RpcMethodHandler[object, object]"]


@dataclass(frozen=True, slots=True)
class Servicer:
    """What answers one service of a contract."""

    name: str  #: full name, `backroom.sales.v1.SalesService`
    add: Callable[[Any, grpc.Server], None]  #: the generated `add_…Servicer_to_server`
    servicer: object
    roles: Mapping[str, Role]  #: least role of every method, by the method's short name
    unhurried: frozenset[str] = frozenset()  #: methods that may take as long as they move; they watch over that


class RolesIncomplete(BackroomError):
    """A method without a role, or a role without a method: the program is wrong and must not start."""


class Registered:
    """Stands in for a server while servicers are added, to learn what they register."""

    def __init__(self) -> None:
        self.methods: dict[str, set[str]] = {}

    def add_generic_rpc_handlers(self, handlers: Iterable[object]) -> None:
        """The same handlers in an older form."""

    def add_registered_method_handlers(self, service_name: str, method_handlers: Handlers) -> None:
        """Notes the methods."""
        self.methods.setdefault(service_name, set()).update(method_handlers)


def methods_of_contract(name: str) -> set[str]:
    """The methods of a service by its descriptor: older generated code, such as google's, registers no names."""
    try:
        return set(Default().FindServiceByName(name).methods_by_name)
    except KeyError:
        return set()


def roles_of(servicers: Iterable[Servicer]) -> dict[str, Role]:
    """The least role of every method by its full name, or RolesIncomplete."""
    roles: dict[str, Role] = {}
    for servicer in servicers:
        registered = Registered()
        servicer.add(servicer.servicer, cast(grpc.Server, registered))
        methods = registered.methods.get(servicer.name) or methods_of_contract(servicer.name)
        if not methods:
            raise RolesIncomplete(f"{servicer.name} is not what its servicer registers: {sorted(registered.methods)}")
        problems = [
            *(f"{method} has no role" for method in sorted(methods - servicer.roles.keys())),
            *(f"{method} has a role and does not exist" for method in sorted(servicer.roles.keys() - methods)),
        ]
        if problems:
            raise RolesIncomplete(f"{servicer.name}: {'; '.join(problems)}")
        roles.update({f"/{servicer.name}/{method}": role for method, role in servicer.roles.items()})
    return roles
