"""The disk of an SQLite database fills up, or fails, and has room again."""

import shutil
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from panel.storage.database import make_engine
from tests.acceptance.intake import a_token
from tests.acceptance.load import Load
from tests.acceptance.small_disk import Limited, SmallDisk, mounted
from tests.kit.patience import until
from tests.kit.processes import Program

REFUSALS = 40
"""So many in a row, and the disk counts as full."""


@pytest.fixture
def database_url(tmp_path, sqlite_template):
    """An SQLite database in a folder that the small disk will cover."""
    shutil.copyfile(sqlite_template, tmp_path / "postroom.db")
    (tmp_path / "disk").mkdir()
    return f"sqlite:///{tmp_path}/postroom.db"


@pytest.fixture
def programs() -> list[Program]:
    """Those that run on the small disk."""
    return []


@pytest.fixture(params=["full", "failing"])
def disk(request, programs, tmp_path) -> Iterator[SmallDisk]:
    """A disk that fills up, or one that fails; a failing one too where none may be mounted."""
    with ExitStack() as stack:
        small = None
        if request.param == "full":
            small = stack.enter_context(mounted(tmp_path / "disk"))
        yield small or Limited(tmp_path / "disk", lambda: [one.pid for one in programs])


@pytest.fixture
def load(scene, disk, programs, tmp_path):
    """Applications at work, a worker and the panel, with the database on the small disk."""
    scene.provider("house")
    token = a_token(scene.engine)
    scene.engine.dispose()
    shutil.copyfile(tmp_path / "postroom.db", disk.files / "postroom.db")
    url = f"sqlite:///{tmp_path}/disk/postroom.db"
    scene.installation.environment["POSTROOM_DATABASE_URL"] = url
    scene.installation.prefix = disk.prefix
    programs.append(scene.installation.everything())
    return Load(scene.installation.port, [token], scene.intake)


def test_a_full_disk_refuses_mail_and_loses_none(scene, disk, load, programs, tmp_path):
    (program,) = programs
    intake = scene.intake
    with load:
        scene.wait_for_taken(50)
        disk.fill()
        accepted = until_refused(intake)
        disk.free()
        until(lambda: len(intake.accepted) > accepted + 50, timeout_s=90)
    until(lambda: scene.taken >= len(intake.accepted), timeout_s=60)

    assert not [line for line in program.lines if "process_ended" in line], program.output
    assert program.stop() == 0
    assert set(intake.statuses) <= {"202", "503"}, intake.statuses
    shutil.copytree(disk.files, tmp_path / "afterwards")
    scene.engine = make_engine(f"sqlite:///{tmp_path}/afterwards/postroom.db")
    assert scene.reckon().unanswered == 0
    scene.engine.dispose()


def until_refused(intake):
    """Until nothing is accepted any more; how many mails were."""
    while True:
        accepted = len(intake.accepted)
        until_answered(intake, "503", REFUSALS)
        if len(intake.accepted) == accepted:
            return accepted


def until_answered(intake, status, times):
    """Until so many more requests have been answered by that status."""
    enough = intake.statuses[status] + times
    until(lambda: intake.statuses[status] >= enough, timeout_s=60)
