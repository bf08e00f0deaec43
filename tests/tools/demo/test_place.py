"""A demo's folder: kept, thrown away when asked, and never that of another instance."""

from dataclasses import replace

import pytest

from tools.demo.place import CannotDemo, Place, open_place

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

    again = open_place(folder, fresh=fresh, servers=SERVERS)

    assert again.password != made.password
    assert not (folder / "postroom.db").exists()


@pytest.mark.parametrize("fresh", [True, False])
def test_another_instance_is_left_alone(tmp_path, fresh):
    (tmp_path / "postroom.db").write_text("mine", "utf-8")

    with pytest.raises(CannotDemo, match="is not empty and no demo is in it"):
        open_place(tmp_path, fresh=fresh, servers=SERVERS)

    assert (tmp_path / "postroom.db").read_text("utf-8") == "mine"
    assert [path.name for path in tmp_path.iterdir()] == ["postroom.db"]


def test_note_is_for_its_user_only(tmp_path):
    open_place(tmp_path / "demo", fresh=False, servers=SERVERS)

    assert (tmp_path / "demo" / "demo.json").stat().st_mode & 0o077 == 0
    assert (tmp_path / "demo").stat().st_mode & 0o077 == 0


def test_folder_without_a_note_is_no_demo(tmp_path):
    with pytest.raises(CannotDemo):
        Place.read(tmp_path)
