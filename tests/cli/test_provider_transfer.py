"""`postroom provider export` and `import`: the same document, preview and rules as in the panel."""

import io
import json
import sys

import pytest

from panel.cli import main
from panel.services.provider_document_reader import LARGEST
from panel.storage.models import AuditEvent, Provider
from tests.cli.test_provider import environment
from tests.factories.provider_documents import ENTRY, a_document, changed
from tests.factories.provider_forms import SECRET
from tests.factories.providers import a_provider

__all__ = ["environment"]


@pytest.fixture
def two(session, vault):
    """Two active providers, the first with a password."""
    a_provider(session, name="first", vault=vault, password=SECRET, username="kim")
    a_provider(session, name="second")
    session.commit()


@pytest.fixture
def bring_in(tmp_path, capsys):
    """Runs the import of a document; exit status, what was printed, what was complained about."""

    def bring_in(document, *options):
        file = tmp_path / "providers.json"
        file.write_text(document if isinstance(document, str) else json.dumps(document), "utf-8")
        status = main(["provider", "import", str(file), *options])
        told = capsys.readouterr()
        return status, told.out, told.err

    return bring_in


@pytest.fixture
def exported(two, capsys):
    """The document of the two."""
    assert main(["provider", "export"]) == 0
    return json.loads(capsys.readouterr().out)


def stored(session):
    session.expire_all()
    found = {p.name: p for p in session.query(Provider).filter_by(deleted_at=None)}
    session.commit()
    return found


def test_export_goes_to_a_file_or_to_standard_output(exported, tmp_path, capsys):
    path = tmp_path / "out.json"

    assert main(["provider", "export", str(path)]) == 0
    assert main(["provider", "export", "-"]) == 0

    printed = capsys.readouterr().out
    for text in (path.read_text("utf-8"), printed):
        assert json.loads(text)["providers"] == exported["providers"]
        assert SECRET not in text


def test_import_shows_the_preview_and_changes_nothing(exported, bring_in, session):
    document = changed(exported, "second", per_hour=7)
    document["providers"].append(ENTRY)

    status, out, err = bring_in(document)

    assert (status, err) == (0, "")
    lines = out.splitlines()
    assert lines[0].split() == ["1", "unchanged", "first"]
    assert [line.strip() for line in lines[1:3]] == ["2  changed   second", "per_hour: null -> 7"]
    assert lines[-1] == "Nothing was changed yet; repeat this with --yes to import."
    assert list(stored(session)) == ["first", "second"]


def test_import_is_done_with_yes(exported, bring_in, session):
    document = changed(exported, "second", per_hour=7)
    document["providers"].pop(0)

    status, out, _ = bring_in(document, "--yes", "--remove-missing")

    assert (status, out.splitlines()[-1]) == (0, "Imported.")
    assert {name: p.per_hour for name, p in stored(session).items()} == {"second": 7}
    actors = {event.actor for event in session.query(AuditEvent)}
    assert actors == {"command line"}


def test_import_reads_standard_input(exported, monkeypatch, capsys):
    text = io.TextIOWrapper(io.BytesIO(json.dumps(exported).encode()))
    monkeypatch.setattr(sys, "stdin", text)

    assert main(["provider", "import", "-", "--yes"]) == 0

    assert "unchanged" in capsys.readouterr().out


def test_import_as_json_tells_everything(exported, bring_in, session):
    status, out, _ = bring_in(changed(exported, "first", port=2600), "--json", "--yes")

    told = json.loads(out)
    assert (status, told["imported"], told["errors"]) == (0, True, [])
    first = told["providers"][0]
    assert (first["name"], first["what"], first["note"]) == ("first", "changed", "loses_password")
    assert first["changes"][0] == {"field": "port", "before": 2599, "after": 2600}
    assert stored(session)["first"].secret is None


def test_single_fault_is_one_sentence_with_its_place(exported, bring_in, session):
    status, out, err = bring_in(changed(exported, "second", port=0), "--yes")

    assert (status, out) == (2, "")
    assert err == (
        "postroom: Nothing was imported. Provider 2 (second), port: Enter a port from 1 to 65535.\n"
    )
    assert stored(session)["second"].port == 2599


def test_faults_are_listed_before_the_sentence(bring_in, session):
    status, out, err = bring_in(a_document(ENTRY | {"port": 0, "from_email": "x"}), "--yes")

    assert (status, len(out.splitlines())) == (2, 2)
    assert err == "postroom: Nothing was imported: 2 faults.\n"
    assert stored(session) == {}


def test_faults_come_as_json_too(bring_in, session):
    status, out, _ = bring_in(a_document(ENTRY | {"port": 0}), "--json")

    assert status == 2
    (fault,) = json.loads(out)["errors"]
    assert (fault["provider"], fault["name"], fault["field"]) == (1, "new", "port")


@pytest.mark.parametrize("text", ["", "{", "[" * 99_999, "\x00", "x" * (LARGEST + 9), "\ud83d{"])
def test_what_is_no_document_is_one_sentence(text, tmp_path, capsys, session):
    file = tmp_path / "bad.json"
    file.write_bytes(text.encode("utf-8", errors="surrogatepass"))

    assert main(["provider", "import", str(file), "--yes"]) == 2

    told = capsys.readouterr()
    assert told.out == ""
    assert len(told.err.splitlines()) == 1
    assert "Traceback" not in told.err


@pytest.mark.parametrize(
    "wrong",
    [
        ["import"],
        ["import", "/nowhere/at/all.json"],
        ["import", "."],
        ["export", "/nowhere/at/all.json"],
        ["export", "a", "b"],
        ["activate", "4711"],
        ["deactivate"],
        ["move", "1", "sideways"],
        ["move", "4711", "up"],
        ["duplicate", "4711"],
        ["delete", "4711", "--yes"],
    ],
    ids=" ".join,
)
def test_wrong_use_is_one_sentence_and_changes_nothing(wrong, session, two, capsys):
    assert main(["provider", *wrong]) == 2

    told = capsys.readouterr()
    assert told.out == ""
    assert len(told.err.strip().splitlines()) == 1
    assert session.query(AuditEvent).count() == 0
