"""Account is who a server runs as: ourselves, or, as root, a user without rights."""

import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path

from chassis.embedded.errors import EmbeddedUnavailable

UNPRIVILEGED = "nobody"

#: What servers and their tools see of our environment: nothing that could steer them (PGDATA, PGOPTIONS,
#: LC_ALL…).
ENVIRONMENT = {"LC_ALL": "C", "TZ": "UTC", "PATH": os.defpath}


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """The user that a server runs as."""

    uid: int
    gid: int
    name: str
    other: bool  #: not the user we are ourselves: children must change to it

    def reaches(self, folder: Path, *, program: Path | None = None, readable: Path | None = None) -> bool:
        """Whether this user can enter the folder, run the program and read the file.

        Asked of the system itself, by a process of that user: modes alone say nothing about ACLs and mounts.
        """
        if not self.other:
            return True
        test = 'cd "$1" && { [ -z "$2" ] || "$2" --version; } && { [ -z "$3" ] || [ -r "$3" ]; }'
        words = [str(folder), str(program or ""), str(readable or "")]
        try:
            done = subprocess.run(
                ["/bin/sh", "-c", test, "sh", *words],
                user=self.uid,
                group=self.gid,
                extra_groups=[],
                cwd="/",
                env=ENVIRONMENT,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                check=False,
            )
        except PermissionError as error:
            raise EmbeddedUnavailable(
                f"cannot become the user {self.name}: {error}; run as an ordinary user instead of root"
            ) from error
        return done.returncode == 0


def server_account() -> Account:
    """Ourselves; as root the user "nobody", because PostgreSQL refuses to run as root and Valkey need not."""
    if os.geteuid() != 0:
        return Account(uid=os.geteuid(), gid=os.getegid(), name=str(os.geteuid()), other=False)
    try:
        entry = pwd.getpwnam(UNPRIVILEGED)
    except KeyError as error:
        raise EmbeddedUnavailable(
            f'as root, embedded servers run as the user "{UNPRIVILEGED}", which this system does not have;'
            " run as an ordinary user"
        ) from error
    return Account(uid=entry.pw_uid, gid=entry.pw_gid, name=UNPRIVILEGED, other=True)
