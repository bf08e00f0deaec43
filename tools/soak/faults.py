"""The faults of a soak: each is a function that does harm, waits a while, and undoes it."""

from __future__ import annotations

import os
import random
import resource
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from datetime import timedelta
from sqlite3 import connect as connect_sqlite

import psycopg
from sqlalchemy import make_url

from panel.domain.ruling import Choice
from panel.services.keys import CannotStart
from panel.storage.database import is_passing
from tests.acceptance import changes
from tests.fakes.smtp_server import SmtpServer
from tools.soak.stage import HOUSE, Stage

Fault = Callable[[Stage, random.Random], None]
BUSY = "421 4.3.2 Closing for a while"
INSISTING_S = 60.0
STAGES = ("banner", "ehlo", "mail", "rcpt", "data", "body", "final")


def kill_worker(stage: Stage, chance: random.Random) -> None:
    """Its supervisor starts another one."""
    _signal(chance.choice(stage.pids("worker") or [0]), signal.SIGKILL)


def kill_panel(stage: Stage, chance: random.Random) -> None:
    """Callers lose their answers; the supervisor starts it anew."""
    _signal(chance.choice(stage.pids("web") or [0]), signal.SIGKILL)


def stop_worker(stage: Stage, chance: random.Random) -> None:
    """For a moment, or for longer than its lease lasts."""
    pid = chance.choice(stage.pids("worker") or [0])
    _signal(pid, signal.SIGSTOP)
    try:
        stage.ended.wait(chance.choice((2, 10, 45)))
    finally:
        _signal(pid, signal.SIGCONT)


def break_conversations(stage: Stage, chance: random.Random) -> None:
    """A server breaks off at one step, some times or for a while."""
    server, at = _server(stage, chance), chance.choice(STAGES)
    times = chance.choice((1, 5, 30))
    if chance.random() < 0.5:
        server.drop(at, times)
    else:
        server.answers(at, BUSY, times)
    stage.ended.wait(chance.uniform(1, 8))
    server.heal()


def stall(stage: Stage, chance: random.Random) -> None:
    """A server does not answer any more; then its connections break."""
    server = _server(stage, chance)
    server.stall(chance.choice(("banner", "mail", "data", "final")))
    stage.ended.wait(chance.uniform(1, 15))
    server.stop()
    server.heal()
    server.start()


def take_server_down(stage: Stage, chance: random.Random) -> None:
    """Connections break, and new ones are refused."""
    server = _server(stage, chance)
    server.stop()
    stage.ended.wait(chance.uniform(0.5, 8))
    server.start()


def lock_database(stage: Stage, chance: random.Random) -> None:
    """Another program writes for a long time."""
    url = make_url(stage.scene.installation.environment["POSTROOM_DATABASE_URL"])
    if stage.postgres is None:
        with closing(connect_sqlite(str(url.database), isolation_level=None)) as connection:
            connection.execute("PRAGMA busy_timeout = 60000")
            connection.execute("BEGIN IMMEDIATE")
            stage.ended.wait(chance.uniform(0.5, 12))
        return
    dsn = url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(dsn) as postgres:
        postgres.execute("LOCK TABLE deliveries IN ACCESS EXCLUSIVE MODE")
        stage.ended.wait(chance.uniform(0.5, 12))


def fail_disk(stage: Stage, chance: random.Random) -> None:
    """No file may grow: SQLite cannot write."""
    with _limited(stage):
        stage.ended.wait(chance.uniform(0.5, 6))


def restart_postgres(stage: Stage, chance: random.Random) -> None:
    """In order, or as a crash."""
    if stage.postgres is not None:
        stage.postgres.restart(chance.choice(("fast", "immediate")))


def lose_answers(stage: Stage, chance: random.Random) -> None:
    """Sessions end when their commit is done and its answer is not out yet."""
    if stage.postgres is None:
        return
    ended = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
    with stage.postgres.administrator() as connection:
        connection.execute("ALTER SYSTEM SET synchronous_standby_names = 'nobody'")
        connection.execute("SELECT pg_reload_conf()")
        for _ in range(chance.randrange(1, 20)):
            connection.execute(ended)
            stage.ended.wait(0.02)
        connection.execute("ALTER SYSTEM RESET synchronous_standby_names")
        connection.execute("SELECT pg_reload_conf()")
        connection.execute(ended)


def switch_provider(stage: Stage, chance: random.Random) -> None:
    """Off and on again."""
    name = chance.choice(HOUSE)
    changes.switch(stage.scene, name, on=False)
    try:
        stage.ended.wait(chance.uniform(0.2, 5))
    finally:
        _insist(lambda: changes.switch(stage.scene, name, on=True))


def move_provider(stage: Stage, chance: random.Random) -> None:
    """To another server of its own."""
    name = chance.choice(HOUSE)
    servers = stage.scene.servers[name]
    if len(servers) < 2:
        stage.scene.server(name, latency_s=0.002)
    changes.move(stage.scene, name, port=chance.choice(servers).port)


def replace_provider(stage: Stage, chance: random.Random) -> None:
    """Deletes one, and adds another of the same name with the same server."""
    name = chance.choice(HOUSE)
    port = stage.scene.servers[name][-1].port
    changes.delete(stage.scene, name)
    stage.ended.wait(chance.uniform(0, 3))
    _insist(lambda: changes.add(stage.scene, name, port=port))


def decide(stage: Stage, chance: random.Random) -> None:
    """A person decides about mail of which nobody knows whether it left."""
    choice = chance.choice((Choice.SEND_AGAIN, Choice.COUNT_AS_SENT))
    changes.decide(stage.scene, choice, limit=chance.randrange(1, 20))


def set_clock(stage: Stage, chance: random.Random) -> None:
    """The machine's clock jumps, at most by an hour, and is set right after a while.

    Further jumps are for tests: a process that starts meanwhile believes the clock that it finds.
    """
    seconds = chance.choice((30, 600, 3600))
    stage.clock.set(timedelta(seconds=chance.choice((-1, 1)) * seconds))
    try:
        stage.ended.wait(chance.uniform(1, 20))
    finally:
        stage.clock.set(timedelta(0))


OF_PROCESSES: tuple[Fault, ...] = (
    kill_worker,
    kill_panel,
    stop_worker,
    lock_database,
    set_clock,
)
OF_SQLITE: tuple[Fault, ...] = (*OF_PROCESSES, fail_disk)
OF_POSTGRESQL: tuple[Fault, ...] = (*OF_PROCESSES, restart_postgres, lose_answers)
OF_PROVIDERS: tuple[Fault, ...] = (
    break_conversations,
    stall,
    take_server_down,
    switch_provider,
    move_provider,
    replace_provider,
    decide,
)


def _insist(act: Callable[[], None]) -> None:
    """Does it, again and again while the database is out of reach."""
    pause = threading.Event()
    ends_at_s = time.monotonic() + INSISTING_S
    while True:
        try:
            act()
        except Exception as error:
            is_away = is_passing(error) or isinstance(error, CannotStart)
            if not is_away or time.monotonic() > ends_at_s:
                raise
            pause.wait(1)
        else:
            return


def _server(stage: Stage, chance: random.Random) -> SmtpServer:
    group = chance.choice(list(stage.scene.servers.values()))
    return chance.choice(group)


def _signal(pid: int, number: signal.Signals) -> None:
    if pid:
        with suppress(ProcessLookupError):
            os.kill(pid, number)


@contextmanager
def _limited(stage: Stage) -> Iterator[None]:
    """Processes that were started meanwhile inherit the limit, and lose it too."""
    try:
        _limit(stage, 1)
        yield
    finally:
        _limit(stage, resource.RLIM_INFINITY)


def _limit(stage: Stage, size: int) -> None:
    for program in stage.programs:
        for pid in program.family:
            with suppress(ProcessLookupError):
                limits = (size, resource.RLIM_INFINITY)
                resource.prlimit(pid, resource.RLIMIT_FSIZE, limits)
