"""A demo's folder: kept, thrown away when asked, and never that of another instance."""

from dataclasses import replace

import pytest

from tools.demo.folder import LOCK, open_place, own_folder
from tools.demo.place import NOTE, CannotDemo, Place

SERVERS = ("one", "other")


def test_demo_is_kept_between_starts(tmp_path):
    made = replace(open_place(tmp_path / "demo", fresh=False, servers=SERVERS), is_complete=True)
    made.write()

    assert open_place(tmp_path / "demo", fresh=False, servers=SERVERS) == made


@pytest.mark.parametrize(("is_complete", "fresh"), [(True, True), (False, False)])
def test_demo_begins_again_when_asked_or_half_made(tmp_path, is_complete, fresh):
    folder = tmp_path / "demo"
    made = replace(open_place(folder, fresh=False, servers=SERVERS), is_complete=is_complete)
    made.write()
    (folder / "postroom.db").touch()
    (folder / "servers").mkdir()

    again = open_place(folder, fresh=fresh, servers=SERVERS)

    assert again.password != made.password
    assert [path.name for path in folder.iterdir()] == [NOTE]


def test_another_instance_is_left_alone(tmp_path):
    (tmp_path / "postroom.db").write_text("mine", "utf-8")

    with (
        pytest.raises(CannotDemo, match="is not empty and no demo is in it"),
        own_folder(tmp_path, port=8000),
    ):
        raise AssertionError

    assert (tmp_path / "postroom.db").read_text("utf-8") == "mine"
    assert [path.name for path in tmp_path.iterdir()] == ["postroom.db"]


def test_note_is_for_its_user_only(tmp_path):
    open_place(tmp_path / "demo", fresh=False, servers=SERVERS)

    assert (tmp_path / "demo" / "demo.json").stat().st_mode & 0o077 == 0
    assert (tmp_path / "demo").stat().st_mode & 0o077 == 0


def test_folder_without_a_note_is_no_demo(tmp_path):
    with pytest.raises(CannotDemo):
        Place.read(tmp_path)


def test_second_demo_in_a_folder_is_told_where_the_first_one_is(tmp_path):
    folder = tmp_path / "demo"
    with own_folder(folder, port=8123):
        made = open_place(folder, fresh=False, servers=SERVERS)

        with (
            pytest.raises(CannotDemo, match=r"runs already, at http://127\.0\.0\.1:8123\."),
            own_folder(folder, port=8000),
        ):
            raise AssertionError

    assert Place.read(folder) == made
    with own_folder(folder, port=8000):
        assert (folder / LOCK).read_text("utf-8") == "8000"


@pytest.mark.parametrize("left", [(), (LOCK,), (NOTE, "postroom.db"), (LOCK, "demo.json.new")])
def test_demo_that_was_interrupted_at_any_moment_is_made_anew(tmp_path, left):
    folder = tmp_path / "demo"
    open_place(folder.parent / "made", fresh=False, servers=SERVERS)
    folder.mkdir()
    for name in left:
        (folder / name).write_bytes((folder.parent / "made" / NOTE).read_bytes())

    with own_folder(folder, port=8000):
        place = open_place(folder, fresh=False, servers=SERVERS)

    assert place == Place.read(folder)
    assert {path.name for path in folder.iterdir()} == {LOCK, NOTE}


def test_folder_that_cannot_be_written_is_one_sentence(tmp_path):
    (tmp_path / "file").touch()

    with (
        pytest.raises(CannotDemo, match=r"cannot write to its folder .* Not a directory"),
        own_folder(tmp_path / "file" / "demo", port=8000),
    ):
        raise AssertionError
