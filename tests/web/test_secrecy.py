"""No page, file, answer, audit row or line of the log ever holds a password."""

import json

import pytest

from panel.log import configure_log
from panel.storage.models import AuditEvent
from tests.factories.provider_forms import posted_provider
from tests.web.test_access import address, routes

FIRST, SECOND, TYPO = "first-secret-Zq7", "second-secret-Zq8", "mistyped-secret-Zq9"
PROVIDER = {"username": "kim", "status": "active"}


@pytest.fixture
def server(make_smtp_server):
    return make_smtp_server(users={"kim": SECOND})


def everything_done_to_a_provider(operator, port):
    """Every change that there is, with passwords right and wrong; the texts of all answers."""
    form = posted_provider(**PROVIDER, port=str(port))
    told = []

    def post(path, **data):
        answer = operator.post(path, data=data)
        told.append(answer.text + str(answer.headers))
        return answer

    post("/providers", **form | {"password": FIRST})
    post("/providers", **form | {"password": TYPO, "port": "no number"})
    post("/providers/connection-tests", **form | {"password": TYPO})
    post("/providers/1", **form | {"password": SECOND, "version": "1"})
    post("/providers/1/connection-tests")
    post("/providers/1", **form | {"host": "localhost", "version": "2"})
    post("/providers", **form | {"name": "spare", "username": "", "status": "active"})
    post("/providers/1/activation", active="0", override_reason="Because.")
    post("/providers/1/duplicates")
    document = operator.get("/providers/export").text
    told.append(document)
    preview = post("/providers/import/previews", document=document.replace("kim", "lena"))
    hidden = json.dumps(json.loads(document))
    told.append(preview.text)
    post("/providers/import", document=hidden, fingerprint="x")
    post(
        "/providers/import/previews",
        document=document.replace('"kim"', f'"kim", "password": "{TYPO}"'),
    )
    post("/providers/3/deletion")
    return told


def test_no_password_leaves_the_vault(app, sign_in, server, session, capsys):
    operator = sign_in()
    configure_log("debug", "json")
    told = everything_done_to_a_provider(operator, server.port)

    for name, rule in routes(app).items():
        if name.startswith("GET ") and not name.startswith("GET /static"):
            told.append(operator.get(address(rule)).text)
    told.append(operator.get("/audit").text)
    events = session.query(AuditEvent).order_by(AuditEvent.id).all()
    told.extend(json.dumps([event.actor, event.before, event.after]) for event in events)
    log = "".join(capsys.readouterr())
    told.append(log)

    assert "/providers/1/connection-tests" in log
    for secret in (FIRST, SECOND, TYPO):
        assert [text for text in told if secret in text] == []
    done = {event.action for event in events if event.action.startswith("provider")}
    assert done == {
        "provider.created",
        "provider.changed",
        "provider.tested",
        "provider.deactivated",
        "provider.duplicated",
        "provider.deleted",
    }
    assert any(event.after.get("password") == "changed" for event in events)
