"""`python -m bench NAME`: runs one benchmark; without a name, says which there are."""

import importlib
import sys

BENCHES = {
    "operations": "no-op durable operations per second against procrastinate's no-op jobs, on one PostgreSQL",
    "scheduler-due-scan": "a planner's cycle with 100 tasks due among 1,000 to 1,000,000",
    "scheduler-midnight": "10,000 tasks due in one second, against APScheduler's jobs and the least there is",
    "scheduler-throughput": "no-op runs per second through the whole path, against procrastinate and Celery",
    "delivery-big": "256 MiB to sshd through the whole service, against OpenSSH's sftp and rclone; memory, up to 2 GiB",
    "delivery-small": "1,000 small files, and 200 behind a round trip of 50 ms, against OpenSSH's sftp and rclone",
    "night": "tonight's tasks on the January slice: lines per second, peak memory per process",
}


def main() -> None:
    names = sys.argv[1:]
    if len(names) != 1 or names[0] not in BENCHES:
        for name, what in BENCHES.items():
            print(f"{name:24} {what}")
        raise SystemExit(0 if not names else 2)
    importlib.import_module(f"bench.{names[0].replace('-', '_')}").main()


if __name__ == "__main__":
    main()
