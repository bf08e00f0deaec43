"""PostgreSQL is restarted, and loses its answers, while mail comes in and goes out."""

import pytest

from tests.acceptance.intake import a_token
from tests.acceptance.load import Load
from tests.acceptance.own_postgres import own_postgres
from tests.kit.patience import until

STEP = 60
"""Mails that the server takes between two faults."""
ROUNDS = 4


@pytest.fixture
def postgres():
    """The server that a test mistreats."""
    with own_postgres() as server:
        yield server


@pytest.fixture
def database_url(postgres):
    """The database of that server."""
    return postgres.url


@pytest.fixture
def load(scene):
    """Applications at work, a worker and the panel; none of them is told of the troubles."""
    scene.provider("house")
    scene.installation.everything()
    return Load(scene.installation.port, [a_token(scene.engine)], scene.intake)


def test_a_restart_of_postgresql_loses_nothing(scene, postgres, load):
    with load:
        for mode in ("fast", "immediate", "immediate", "fast"):
            scene.wait_for_taken(scene.taken + STEP)
            postgres.restart(mode)
        scene.wait_for_taken(scene.taken + STEP)
    scene.wait_for_quiet()

    reckoning = scene.reckon()
    assert reckoning.accepted >= 5 * STEP
    assert reckoning.unanswered == 0
    assert set(scene.intake.statuses) <= {"202", "503", "none"}, scene.intake.statuses


def test_commits_whose_answers_are_lost_are_neither_lost_nor_repeated(scene, postgres, load):
    lost = 0
    with load, postgres.administrator() as connection:
        for _ in range(ROUNDS):
            scene.wait_for_taken(scene.taken + STEP)
            lost += lose_answers(connection)
        scene.wait_for_taken(scene.taken + STEP)
    scene.wait_for_quiet()

    reckoning = scene.reckon()
    assert lost >= ROUNDS
    assert reckoning.unanswered == 0
    assert set(scene.intake.statuses) <= {"202", "503", "none"}, scene.intake.statuses


def lose_answers(connection):
    """Ends sessions whose commit is done and not yet answered; how many there were.

    They wait for a standby that does not exist, which the server does after it has committed.
    """
    ended = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
    counts: list[int] = []
    connection.execute("ALTER SYSTEM SET synchronous_standby_names = 'nobody'")
    connection.execute("SELECT pg_reload_conf()")

    def has_ended_some():
        counts.append(connection.execute(ended).rowcount)
        return counts[-1]

    until(has_ended_some)
    connection.execute("ALTER SYSTEM RESET synchronous_standby_names")
    connection.execute("SELECT pg_reload_conf()")
    return counts[-1]
