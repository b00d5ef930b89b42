"""OpenSSH's sshd with nothing of the system's: its own keys, its own folder, one user, who is whoever runs it."""

import os
import pwd
import socket
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from chassis.embedded.server import HOST, free_port
from services.delivery.domain.destinations import Sftp
from services.delivery.domain.host_keys import HostKeyPin
from services.delivery.domain.logins import Login
from tests.servers.children import ServerFolder, ServerProcess

PROGRAM = "/usr/sbin/sshd"
#: As root it runs as somebody who may do nothing: sshd as root insists on the system's folders.
USER = "nobody"


class SshServer:
    """One server. `sftp` is what its SFTP subsystem is started with, `settings` are further lines of sshd_config."""

    def __init__(self, *, sftp: str = "", settings: Sequence[str] = (), key_type: str = "ed25519") -> None:
        self._folder = ServerFolder(USER)
        self.port = free_port()
        here = self._folder.path
        self.root = here / "root"
        self.root.mkdir()
        self.user_name = self._folder.user or pwd.getpwuid(os.geteuid()).pw_name
        self.host_key = self._make_key("host", key_type)
        self.login_key = self._make_key("login", "ed25519")
        (here / "authorized").write_text(self.login_key.with_suffix(".pub").read_text())
        (here / "sshd_config").write_text(
            "\n".join(
                [
                    f"ListenAddress {HOST}:{self.port}",
                    f"HostKey {self.host_key}",
                    f"AuthorizedKeysFile {here}/authorized",
                    "PidFile none",
                    "StrictModes no",  # its folder lies below one that everybody may write to
                    "UsePAM yes",  # without it an account that has no password counts as locked
                    "PasswordAuthentication no",
                    "KbdInteractiveAuthentication no",
                    f"Subsystem sftp internal-sftp -d {self.root} {sftp}",
                    *settings,
                ]
            )
            + "\n"
        )
        for path in here.iterdir():
            self._give(path)
        self._process: ServerProcess | None = None

    def start(self) -> None:
        """Starts it and returns once it serves."""
        self._process = ServerProcess([PROGRAM, "-D", "-e", "-f", f"{self._folder.path}/sshd_config"], self._folder, {})
        self._process.wait_until(self._serves)

    def stop(self) -> None:
        """Ends all of it."""
        if self._process is not None:
            self._process.stop()
        self._folder.remove()

    def method(self, *, folder: str = "", port: int | None = None, host_key: str | None = "") -> Sftp:
        """The destination that it is; `host_key` pins another than its own, or none."""
        if host_key == "":
            host_key = " ".join(self.host_key.with_suffix(".pub").read_text().split()[:2])
        return Sftp(
            host=HOST,
            port=port or self.port,
            user_name=self.user_name,
            host_key=None if host_key is None else HostKeyPin(host_key),
            folder=folder,
            login=Login(password="privkey://", private_key=self.login_key.read_text()),
        )

    def make_folder(self, name: str, mode: int) -> Path:
        """A folder of the server's user."""
        path = self.root / name
        path.mkdir()
        self._give(path)
        path.chmod(mode)
        return path

    @contextmanager
    def full_disk(self) -> Iterator[str]:
        """A folder whose disk has no room, with a file "1" in it, which a process of the server's user holds open."""
        user = self._folder.user
        with Path("/dev/full").open("wb") as full:
            holder = subprocess.Popen(
                ["/usr/bin/sleep", "infinity"],
                stdout=full,
                user=user,
                group=None if user is None else pwd.getpwnam(user).pw_gid,
                extra_groups=None if user is None else [],
            )
        try:
            yield f"/proc/{holder.pid}/fd"
        finally:
            holder.kill()
            holder.wait()

    def _make_key(self, name: str, kind: str) -> Path:
        path = self._folder.path / name
        subprocess.run(["/usr/bin/ssh-keygen", "-q", "-t", kind, "-N", "", "-f", path], check=True)
        return path

    def _give(self, path: Path) -> None:
        if self._folder.user is not None:
            entry = pwd.getpwnam(self._folder.user)
            os.chown(path, entry.pw_uid, entry.pw_gid)

    def _serves(self) -> bool:
        try:
            with socket.create_connection((HOST, self.port), timeout=1) as connection:
                return connection.recv(4) == b"SSH-"
        except OSError:
            return False
