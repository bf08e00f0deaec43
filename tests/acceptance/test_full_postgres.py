"""The disk of PostgreSQL fills up, and has room again."""

import re

import pytest

from tests.acceptance.intake import a_token
from tests.acceptance.load import Load
from tests.acceptance.own_postgres import OwnPostgres
from tests.acceptance.small_postgres import small_postgres
from tests.acceptance.test_full_disk import until_refused
from tests.kit.patience import until


@pytest.fixture
def small(tmp_path):
    """The server's folder and its disk."""
    folder = tmp_path / "disk"
    folder.mkdir()
    with small_postgres(folder) as made:
        yield made


@pytest.fixture
def database_url(small):
    """Its database."""
    return OwnPostgres.furnished(small[0]).url


def test_a_full_disk_of_postgresql_refuses_mail_and_loses_none(scene, small):
    folder, disk = small
    scene.provider("house")
    token = a_token(scene.engine)
    program = scene.installation.everything()
    intake = scene.intake
    with Load(scene.installation.port, [token], intake):
        scene.wait_for_taken(50)
        disk.fill()
        accepted = until_refused(intake)
        disk.free()
        until(lambda: len(intake.accepted) > accepted + 50, timeout_s=60)
    until(lambda: scene.taken >= len(intake.accepted), timeout_s=60)
    scene.wait_for_quiet()

    reckoning = scene.reckon()

    assert re.search("No space left on device|File too large", (folder / "log").read_text())
    assert program.stop() == 0
    assert set(intake.statuses) <= {"202", "503"}, intake.statuses
    assert reckoning.unanswered == 0
