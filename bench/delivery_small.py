"""1,000 files of 2 KB over SFTP to sshd, each atomic: the whole service, and the programs that people use.

Ours: from the order to send until the last delivery is recorded; every file gets its temporary name, is synced on the
server's disk, verified and renamed. `sftp -b` puts and renames each file (and, for comparison, only puts it); rclone
copies as it does by default. Then fewer files behind a line whose round trip takes 50 ms. Rounds take turns and the
best of each counts. What arrived is judged by `sha256sum`.
"""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from bench import servers
from bench.delivery_big import clear
from bench.delivery_house import DeliveryHouse, best
from bench.figures import speed
from bench.peers.file_senders import RCLONE, SFTP, FileSenders, hashes
from bench.processes import ROOT, Processes
from tests.servers.openssh import SshServer

BENCH = "delivery-small"
FILES, FAR_FILES = 1_000, 200
SIZE = 2_000
ROUNDS = 3
ONE_WAY = 25  #: milliseconds


def main() -> None:
    server = SshServer()
    with servers.started() as both:
        house = DeliveryHouse(both)
        try:
            server.start()
            senders = FileSenders(server, both.folder)
            house.add_destination("near", server.method())
            with house.worker(both) as processes, delayed(server.port) as port:
                house.add_destination("far", server.method(port=port))
                measure_near(both, house, server, senders, processes)
                measure_far(both, house, server, senders, processes, port)
        finally:
            server.stop()
            house.close()


def measure_near(
    both: servers.Servers, house: DeliveryHouse, server: SshServer, senders: FileSenders, processes: Processes
) -> None:
    """On this machine."""
    folder, files = make_files(both.folder / "near", FILES)
    renamed, plain = f"{SFTP}: put and rename", f"{SFTP}: put"
    ours: list[float] = []
    theirs: dict[str, list[float]] = {renamed: [], plain: [], RCLONE: []}
    for _ in range(ROUNDS):
        both.settle()
        ours.append(send(house, processes, server, "near", folder, files))
        commands = [
            line for name in files for line in (f"put {folder}/{name} {name}.part", f"rename {name}.part {name}")
        ]
        theirs[renamed].append(senders.sftp(commands))
        clear(server)
        theirs[plain].append(senders.sftp([f"put {folder}/{name} {name}" for name in files]))
        clear(server)
        theirs[RCLONE].append(senders.rclone("copy", folder, ""))
        clear(server)
    for name, taken in theirs.items():
        speed(BENCH, f"{FILES} files of 2 KB", FILES / best(ours), "files/s", name, FILES / best(taken)).show()


def measure_far(
    both: servers.Servers,
    house: DeliveryHouse,
    server: SshServer,
    senders: FileSenders,
    processes: Processes,
    port: int,
) -> None:
    """Behind a slow line."""
    folder, files = make_files(both.folder / "far", FAR_FILES)
    ours, theirs = [], []
    for _ in range(ROUNDS - 1):
        ours.append(send(house, processes, server, "far", folder, files))
        theirs.append(senders.rclone("copy", folder, "", port=port))
        clear(server)
    figure = f"{FAR_FILES} files of 2 KB, round trip of {2 * ONE_WAY} ms"
    speed(BENCH, figure, FAR_FILES / best(ours), "files/s", RCLONE, FAR_FILES / best(theirs)).show()


def send(
    house: DeliveryHouse,
    processes: Processes,
    server: SshServer,
    destination: str,
    folder: Path,
    files: Mapping[str, bytes],
) -> float:
    """One round of ours."""
    taken = house.send(processes, destination, {name: [content] for name, content in files.items()})
    if hashes(server.root) != hashes(folder):
        raise SystemExit("what arrived is not what was sent")
    clear(server)
    return taken


def make_files(folder: Path, count: int) -> tuple[Path, Mapping[str, bytes]]:
    """So many files of random bytes."""
    folder.mkdir()
    files = {f"{number:04}.csv": os.urandom(SIZE) for number in range(count)}
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return folder, files


@contextmanager
def delayed(port: int) -> Iterator[int]:
    """A slow line to a port; answers the port at its near end."""
    command = [sys.executable, "-m", "bench.delay_proxy", str(port), str(ONE_WAY)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield int(process.stdout.readline())
        finally:
            process.terminate()
