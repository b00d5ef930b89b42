"""256 MiB over SFTP to sshd: the whole service, and the programs that people use; then the worker's memory.

Ours: from the order to send until the delivery is recorded: the bell, the worker's commits, login, temporary name, sync
on the server's disk, size verified, renamed. The others: login, put and rename, no sync; for comparison also with it,
and with sshd's cheapest cipher and longest writes: the bound of a single connection.
Rounds take turns and the best of each counts. What arrived is judged by `sha256sum`.
"""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from bench import servers
from bench.delivery_house import WORKER, DeliveryHouse, best, memory
from bench.figures import Figure, speed
from bench.peers.file_senders import FASTEST, RCLONE, SFTP, FileSenders, hashes
from tests.servers.openssh import SshServer

BENCH = "delivery-big"
SIZE = 256  #: MiB
HUGE = 2048  #: MiB, all of them zeros
ROUNDS = 5
MEBIBYTE = 1 << 20


def main() -> None:
    server = SshServer()
    with servers.started() as both:
        house = DeliveryHouse(both)
        try:
            server.start()
            measure(both, house, server)
        finally:
            server.stop()
            house.close()


def measure(both: servers.Servers, house: DeliveryHouse, server: SshServer) -> None:
    """Shows every figure."""
    senders = FileSenders(server, both.folder)
    folder = both.folder / "source"
    folder.mkdir()
    source = folder / "big.bin"
    with source.open("wb") as stream:
        for _ in range(SIZE):
            stream.write(os.urandom(MEBIBYTE))
    house.add_destination("sshd", server.method())
    ours: list[float] = []
    theirs: dict[str, list[float]] = {SFTP: [], f"{SFTP}, synced": [], f"{SFTP}, tuned": [], RCLONE: []}
    with house.worker(both) as processes:
        idle, _ = memory(processes.pid(WORKER))
        for _ in range(ROUNDS):
            both.settle()
            ours.append(house.send(processes, "sshd", {source.name: chunks(source)}))
            judge(hashes(folder), server)
            put = f"put {{}} {source} peer.part"
            theirs[SFTP].append(senders.sftp([put.format(""), "rename peer.part peer"]))
            clear(server)
            theirs[f"{SFTP}, synced"].append(senders.sftp([put.format("-f"), "rename peer.part peer"]))
            clear(server)
            theirs[f"{SFTP}, tuned"].append(senders.sftp([put.format(""), "rename peer.part peer"], *FASTEST))
            clear(server)
            theirs[RCLONE].append(senders.rclone("copyto", source, "peer"))
            clear(server)
        _, peak = memory(processes.pid(WORKER))
        for name, taken in theirs.items():
            speed(BENCH, "256 MiB, durable and verified", SIZE / best(ours), "MiB/s", name, SIZE / best(taken)).show()
        Figure(
            bench=BENCH, figure="memory above an idle worker, 256 MiB", value=round(peak - idle, 1), unit="MiB"
        ).show()
        seconds = house.send(processes, "sshd", {"huge.bin": zeros()})
        if (server.root / "huge.bin").stat().st_size != HUGE * MEBIBYTE:
            raise SystemExit("huge.bin has another length than was sent")
        _, peak = memory(processes.pid(WORKER))
        Figure(bench=BENCH, figure="2 GiB", value=round(HUGE / seconds, 1), unit="MiB/s").show()
        Figure(bench=BENCH, figure="memory above an idle worker, 2 GiB", value=round(peak - idle, 1), unit="MiB").show()


def judge(sent: Mapping[str, str], server: SshServer) -> None:
    """Ends the run where something else arrived than was sent."""
    if hashes(server.root) != sent:
        raise SystemExit("what arrived is not what was sent")
    clear(server)


def clear(server: SshServer) -> None:
    """Leaves the server as it was found."""
    for path in server.root.iterdir():
        path.unlink()


def chunks(path: Path) -> Iterator[bytes]:
    """A file's bytes."""
    with path.open("rb") as stream:
        while piece := stream.read(MEBIBYTE):
            yield piece


def zeros() -> Iterator[bytes]:
    """So many that no memory would hold them."""
    nothing = bytes(MEBIBYTE)
    for _ in range(HUGE):
        yield nothing
