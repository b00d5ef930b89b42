"""Task types: the kinds of work a service offers to the scheduler."""

from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict


class NoOptions(BaseModel):
    """A task type without options."""

    model_config = ConfigDict(extra="forbid", frozen=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskType:
    """A kind of operation that tasks can start. The operation kind of the same name does it."""

    name: str  #: `<service>.<kebab-case>`
    folder: str  #: place in the catalogue, one or two levels separated by `/`
    title: str  #: key of the service's texts
    description: str  #: key of the service's texts
    options: type[BaseModel] = NoOptions  #: its JSON Schema is what the scheduler shows and checks
    produces_files: bool = False
    splits_by_store: bool = False  #: `{mag x}` makes one file per store
    unspooled: bool = False  #: its files are not staged: they stream straight to their destination, and fail whole
