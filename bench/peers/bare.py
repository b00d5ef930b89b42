"""The least that planning can be asked to do: claim what is due, move it on, COPY the runs, ring a bell for each.

No trigger is read, no instant computed, no occurrence proved, no first step stored. The tables are copies of ours, and
the rows are what ours wrote, read back before the clock starts.
"""

from time import perf_counter

import psycopg
import redis
from psycopg import sql
from psycopg.types.json import Jsonb

from bench.servers import dsn_of

NAME = "bare claim, COPY and pipelined bells"
BATCH = 500
BELL = b"x" * 150  #: a message of Dramatiq's is about so long

CLAIM = """
    SELECT task FROM bare_schedule WHERE fire_time <= now() ORDER BY fire_time LIMIT %s FOR UPDATE SKIP LOCKED
"""
ADVANCE = """
    UPDATE bare_schedule SET next_time = next_time + interval '1 day', fire_time = fire_time + interval '1 day'
    WHERE task = ANY(%s)
"""


def measure(url: str, broker_url: str, batch: int = BATCH) -> float:
    """Occurrences per second, for as many tasks as `url`'s table of runs has rows."""
    broker = redis.Redis.from_url(broker_url)
    with psycopg.connect(dsn_of(url)) as connection:
        columns = prepare(connection)
        rows = read(connection, columns)
        copy = sql.SQL("COPY bare_run ({}) FROM STDIN").format(sql.SQL(", ").join(map(sql.Identifier, columns)))
        connection.commit()
        done = 0
        begun = perf_counter()
        while claimed := [task for (task,) in connection.execute(CLAIM, (batch,))]:
            connection.execute(ADVANCE, (claimed,))
            with connection.cursor() as cursor, cursor.copy(copy) as stream:
                for row in rows[done : done + len(claimed)]:
                    stream.write_row(row)
            connection.commit()
            bells = broker.pipeline(transaction=False)
            for _ in claimed:
                bells.rpush("bare", BELL)
            bells.execute()
            done += len(claimed)
        seconds = perf_counter() - begun
        assert done == len(rows), f"{done} of {len(rows)} were claimed"
        connection.execute("DROP TABLE bare_run, bare_schedule")
    broker.delete("bare")
    broker.close()
    return done / seconds


def prepare(connection: psycopg.Connection[tuple[object, ...]]) -> list[str]:
    """Copies of our tables of runs and schedules, the latter due as a whole; answers a run's columns."""
    connection.execute("CREATE TABLE bare_run (LIKE run INCLUDING ALL)")
    connection.execute("CREATE TABLE bare_schedule (LIKE task_schedule INCLUDING ALL)")
    connection.execute(
        "INSERT INTO bare_schedule (task, next_time, fire_time)"
        " SELECT number, now() - interval '1 second', now() - interval '1 second' FROM run ORDER BY number"
    )
    connection.execute("ANALYZE bare_schedule")
    found = connection.execute(
        "SELECT attname FROM pg_attribute"
        " WHERE attrelid = 'run'::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum"
    )
    return [str(name) for (name,) in found]


def read(connection: psycopg.Connection[tuple[object, ...]], columns: list[str]) -> list[tuple[object, ...]]:
    """Every run, as values that a Python program has in hand when it makes one."""
    query = sql.SQL("SELECT {} FROM run").format(sql.SQL(", ").join(map(sql.Identifier, columns)))
    return [
        tuple(Jsonb(value) if isinstance(value, dict | list) else value for value in row)
        for row in connection.execute(query)
    ]
