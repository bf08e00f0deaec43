"""Duplicate, export and import in the panel: by plain forms and by htmx, with hostile input."""

import html
import io
import json
import re

import pytest

from panel.domain.provider import ServiceType
from panel.services.provider_document_reader import LARGEST
from panel.storage.models import AuditEvent, Provider
from tests.factories.provider_documents import ENTRY, a_document, changed
from tests.factories.provider_forms import SECRET
from tests.factories.providers import a_provider

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""What the databases do differently is asked in tests/services/providers/."""

HX = {"HX-Request": "true"}
HIDDEN = re.compile(r'type="hidden" name="(\w+)" value="([^"]*)"')


@pytest.fixture
def operator(sign_in):
    return sign_in()


@pytest.fixture
def three(session, vault):
    """Two primaries, the first with a password, and a fallback."""
    a_provider(session, name="first", vault=vault, password=SECRET, username="kim")
    a_provider(session, name="second")
    a_provider(session, name="spare", service_type=ServiceType.FALLBACK)
    session.commit()


def exported(operator):
    return operator.get("/providers/export").json


def look_at(operator, document, *, headers=None, **fields):
    """The preview of a pasted document."""
    text = document if isinstance(document, str) else json.dumps(document)
    data = {"document": text, **fields}
    return operator.post("/providers/import/previews", data=data, headers=headers)


def confirmation(preview):
    """The hidden fields by which a preview is carried out."""
    form = preview.text[preview.text.index('id="import-confirmation"') :]
    return {name: html.unescape(value) for name, value in HIDDEN.findall(form)}


def names(session):
    session.expire_all()
    rows = session.query(Provider).filter_by(deleted_at=None)
    order = (Provider.service_type.desc(), Provider.position)
    found = [provider.name for provider in rows.order_by(*order)]
    session.commit()
    return found


@pytest.mark.parametrize("headers", [{}, HX], ids=["plain", "htmx"])
def test_duplicate_opens_the_form_of_the_copy_and_says_what_is_missing(
    headers, operator, session, three
):
    answer = operator.post("/providers/1/duplicates", headers=headers)

    place = answer.headers["HX-Redirect"] if headers else answer.location
    assert (answer.status_code, place) == (204 if headers else 303, "/providers/4")
    page = operator.get(place).text
    assert 'value="first (copy)"' in page
    assert "Enter its password" in page
    assert names(session) == ["first", "first (copy)", "second", "spare"]


def test_duplicate_of_what_is_not_there_is_404(operator):
    assert operator.post("/providers/4711/duplicates").status_code == 404


def test_export_is_a_file_without_secrets(operator, three):
    answer = operator.get("/providers/export")

    assert answer.mimetype == "application/json"
    kind, _, name = answer.headers["Content-Disposition"].partition("; filename=")
    assert kind == "attachment"
    assert re.fullmatch(r'"postroom-providers-\d{4}-\d\d-\d\d\.json"', name)
    assert [p["name"] for p in answer.json["providers"]] == ["first", "second", "spare"]
    assert SECRET not in answer.text
    assert "password" not in answer.text


@pytest.mark.parametrize("headers", [{}, HX], ids=["plain", "htmx"])
def test_import_is_looked_at_and_then_done(headers, operator, session, three):
    document = changed(exported(operator), "second", per_hour=70, from_name="Zoë <b>")
    document["providers"].insert(0, ENTRY)

    preview = look_at(operator, document, headers=headers)

    assert preview.status_code == 200
    assert ("<html" in preview.text) is not bool(headers)
    assert "Zoë &lt;b&gt;" in preview.text
    assert "Needs a connection test" in preview.text
    assert names(session) == ["first", "second", "spare"]

    done = operator.post("/providers/import", data=confirmation(preview), headers=headers)

    place = done.headers["HX-Redirect"] if headers else done.location
    assert (done.status_code, place) == (204 if headers else 303, "/providers")
    assert "Imported: 1 added, 1 changed, 0 removed." in operator.get(place).text
    assert names(session) == ["new", "first", "second", "spare"]


def test_uploaded_file_goes_before_what_was_pasted(operator, three):
    file = (io.BytesIO(json.dumps(a_document(ENTRY)).encode()), "providers.json")

    preview = operator.post(
        "/providers/import/previews", data={"file": file, "document": "nonsense"}
    )

    assert preview.status_code == 200
    assert "smtp.new.test" in preview.text


def test_what_is_not_in_the_file_is_removed_only_when_asked_for(operator, session, three):
    document = exported(operator)
    document["providers"].pop(1)

    kept = look_at(operator, document)
    removed = look_at(operator, document, removes_missing="1")

    assert "not in the file, kept" in kept.text
    assert ("btn-danger" in kept.text, "btn-danger" in removed.text) == (False, True)
    operator.post("/providers/import", data=confirmation(removed))
    assert names(session) == ["first", "spare"]


def test_export_of_today_changes_nothing(operator, session, three):
    page = look_at(operator, exported(operator)).text

    assert "Nothing would change." in page
    assert ">Import</span>" not in page


@pytest.mark.parametrize("headers", [{}, HX], ids=["plain", "htmx"])
def test_list_that_changed_since_the_preview_gets_409_and_a_fresh_preview(
    headers, operator, session, three
):
    document = changed(exported(operator), "second", per_hour=70)
    seen = confirmation(look_at(operator, document))
    operator.post("/providers/2/activation", data={"active": "0"})

    answer = operator.post("/providers/import", data=seen, headers=headers)

    assert answer.status_code == 409
    assert "changed since the preview" in answer.text
    again = operator.post("/providers/import", data=confirmation(answer), headers=headers)
    assert again.status_code == (204 if headers else 303)
    session.expire_all()
    second = session.query(Provider).filter_by(name="second").one()
    assert (second.per_hour, second.is_active) == (70, True)


def test_import_without_a_preview_does_nothing(operator, session, three):
    document = json.dumps(a_document(ENTRY))

    answer = operator.post("/providers/import", data={"document": document})

    assert answer.status_code == 409
    assert names(session) == ["first", "second", "spare"]


def test_faults_are_named_with_their_places_and_the_text_stays(operator, session, three):
    document = a_document(ENTRY | {"port": 0}, ENTRY | {"name": "b", "domains": ["a b"]})

    page = look_at(operator, document)

    text = html.unescape(page.text)
    assert page.status_code == 422
    assert "2 faults, nothing was imported." in text
    assert "Provider 1 (new), Port: Enter a port from 1 to 65535." in text
    assert "Provider 2 (b), Domains:" in text
    assert json.dumps(document) in text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[" * 50_000,
        "{" + "9" * 5000,
        '{"format": "postroom-providers", "version": 1, "providers": [{"name": "\\ud800\\u0000"}]}',
        "\x00\x1b[2J",
        "x" * (LARGEST + 1),
    ],
    ids=["empty", "null", "deep", "long number", "half a character", "control characters", "large"],
)
def test_hostile_text_is_refused_politely(text, operator):
    answer = look_at(operator, text)

    assert answer.status_code == 422
    assert "One fault" in answer.text or "faults" in answer.text
    assert "\x1b" not in answer.text


@pytest.mark.parametrize("raw", [b"\xff\xfe\x00", b"PK\x03\x04" * 90_000], ids=["bytes", "archive"])
def test_hostile_file_is_refused_politely(raw, operator):
    file = (io.BytesIO(raw), "../../etc/passwd")

    answer = operator.post("/providers/import/previews", data={"file": file})

    assert answer.status_code == 422


@pytest.mark.parametrize(
    "name", ["<script>alert(1)</script>", "{{ 7 * 7 }}", "\u202eevil", "a\x07b", "\ud800"]
)
def test_hostile_name_is_only_text(name, operator, session, three):
    answer = look_at(operator, a_document(ENTRY | {"name": name}))

    assert answer.status_code in (200, 422)
    assert "<script>alert" not in answer.text
    assert "49" not in re.findall(r"<strong[^>]*>([^<]*)</strong>", answer.text)
    assert "\u202e" not in answer.text


def test_password_in_a_document_is_refused_and_shown_nowhere(operator, session, three, capfd):
    document = a_document(ENTRY | {"password": "hunter2-very-secret"})

    told = [
        look_at(operator, document).text,
        look_at(operator, json.dumps(document)[:-2]).text,
        operator.post("/providers/import", data={"document": json.dumps(document)}).text,
        "".join(capfd.readouterr()),
    ]

    assert all("hunter2" not in text for text in told)
    assert "takes no passwords" in told[0]
    assert session.query(AuditEvent).filter(AuditEvent.action.like("provider%")).count() == 0


def test_list_offers_all_three(operator, three):
    page = operator.get("/providers").text

    for address in ("/providers/export", "/providers/import", "/providers/1/duplicates"):
        assert f'"{address}"' in page
