"""`python -m bench NAME`: runs one benchmark; without a name, says which there are."""

import importlib
import sys

BENCHES = {
    "operations": "no-op durable operations per second against procrastinate's no-op jobs, on one PostgreSQL",
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
