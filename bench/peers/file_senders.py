"""The programs that people send files with: OpenSSH's sftp and rclone, as they come."""

import os
import shutil
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.servers.openssh import SshServer

SFTP, RCLONE = "OpenSSH sftp", "rclone"
#: sshd's cheapest cipher and the longest writes that it takes: what a single connection to it can reach.
FASTEST = ("-c", "aes128-gcm@openssh.com", "-B", "261120")


class FileSenders:
    """Both, with what they need to log in."""

    def __init__(self, server: SshServer, folder: Path) -> None:
        for program in ("sftp", "rclone", "sha256sum"):
            if shutil.which(program) is None:
                raise SystemExit(f"{program} is missing: run `make bench-setup` as root")
        self._server = server
        self._folder = folder
        self._key = folder / "key"
        self._key.write_text(server.login_key.read_text())
        self._key.chmod(0o600)

    def sftp(self, commands: Sequence[str], *further: str) -> float:
        """Seconds that `sftp -b` takes for these commands, with `further` options."""
        batch = self._folder / "batch"
        batch.write_text("\n".join(commands) + "\n")
        options = ["-q", "-b", str(batch), "-P", str(self._server.port), "-i", str(self._key), "-o", "BatchMode=yes"]
        options += ["-o", f"UserKnownHostsFile={self._known(self._server.port)}"]
        return timed(["sftp", *options, *further, f"{self._server.user_name}@127.0.0.1"])

    def rclone(self, command: str, source: Path, target: str, *, port: int | None = None) -> float:
        """Seconds that `rclone copy` or `copyto` takes."""
        port = port or self._server.port
        remote = (
            f":sftp,host=127.0.0.1,port={port},user={self._server.user_name},key_file={self._key},"
            f"known_hosts_file={self._known(port)}:{target}"
        )
        return timed(["rclone", "--config", "/dev/null", command, source, remote])

    def _known(self, port: int) -> Path:
        known = self._folder / f"known-{port}"
        known.write_text(f"[127.0.0.1]:{port} {self._server.host_key.with_suffix('.pub').read_text()}")
        return known


def timed(command: Sequence[str | Path]) -> float:
    """Runs a program that must end well."""
    os.sync()
    begun = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    taken = time.perf_counter() - begun
    if done.returncode != 0:
        raise SystemExit(f"{command[0]} failed:\n{done.stderr[-2000:]}")
    return taken


def hashes(folder: Path) -> Mapping[str, str]:
    """What `sha256sum` says of the files of a folder."""
    names = sorted(path.name for path in folder.iterdir() if path.is_file())
    done = subprocess.run(["sha256sum", *names], cwd=folder, capture_output=True, text=True, check=True)
    return {line[66:]: line[:64] for line in done.stdout.splitlines()}
