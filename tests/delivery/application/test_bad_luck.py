"""Whatever happens, in whatever order: in the end each file is there once, whole, the newest under each name."""

import shutil
from collections.abc import Iterator
from datetime import timedelta
from itertools import count

import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from services.delivery.domain.destinations import ServerPath
from services.delivery.domain.transfer_options import Existing
from tests.delivery.bad_luck import BadLuck, Fate
from tests.delivery.house import NIGHT, House
from tests.delivery.witnesses import Died

FATES = st.lists(st.one_of(st.just(Fate.FINE), st.sampled_from(Fate)), max_size=40)
RUNS = st.lists(
    st.lists(st.sampled_from(["a.csv", "b.csv", "c.csv"]), min_size=1, max_size=3, unique=True), min_size=1, max_size=4
)
NIGHTS = count()
TOLD = "SELECT count(*) FROM journal_entry WHERE text LIKE 'Fichier % envoyé vers %' AND level = 'information'"
EVERYTHING = "TRUNCATE spool_file, sending, delivery, destination, destination_lease, operation, journal_entry CASCADE"


@settings(
    max_examples=60,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # a night is long; shrinking it would take hours
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    runs=RUNS,
    fates=FATES,
    existing=st.sampled_from([Existing.REPLACE, Existing.KEEP_BOTH]),
    concurrency=st.sampled_from([0, 1, 2]),
)
def test_each_file_arrives_once_and_whole_and_the_newest_of_its_name_last(
    house: House, runs: list[list[str]], fates: list[Fate], existing: Existing, concurrency: int
) -> None:
    with house.database.begin() as connection:
        connection.execute(sa.text(EVERYTHING))
    night = next(NIGHTS)
    folder = house.outgoing / str(night)
    coming: Iterator[Fate] = iter(fates)
    house.around = lambda carrier: BadLuck(carrier, lambda step: next(coming, Fate.FINE))
    house.destination("shop", ServerPath(folder=str(folder)), existing=existing, concurrency=concurrency)
    for number, names in enumerate(runs, 1):
        files = [
            house.stage(content(number, name), file_name=name, run=number, ordinal=place)
            for place, name in enumerate(names)
        ]
        house.seal(*files, destination="shop", run=number, nominal_time=NIGHT + timedelta(days=number))
        drain(house)
    for _ in range(100):
        if set(house.states().values()) == {"DELIVERED"} and not house.count(
            "SELECT count(*) FROM spool_file WHERE state <> 'DELIVERED'"
        ):
            break
        house.come()
        drain(house)
    holds = {path.name: path.read_bytes() for path in folder.iterdir()}
    shutil.rmtree(folder)
    sent = [(number, name) for number, names in enumerate(runs, 1) for name in names]
    if existing is Existing.REPLACE:
        assert holds == {name: content(number, name) for number, name in sent}
    else:
        assert sorted(holds.values()) == sorted(content(number, name) for number, name in sent)
    assert house.count(TOLD) == len(sent)
    assert house.count("SELECT count(*) FROM delivery WHERE state = 'UNDER_WAY'") == 0
    assert house.count("SELECT count(*) FROM delivery WHERE state = 'DELIVERED'") == len(sent)


def content(run: int, name: str) -> bytes:
    return f"{name} of run {run};".encode() * (run + 3)


def drain(house: House) -> None:
    """As processes would that die and take over from one another."""
    for _ in range(60):
        try:
            house.drain()
        except Died:
            house.takeover()
        else:
            return
    raise AssertionError("it does not come to an end")
