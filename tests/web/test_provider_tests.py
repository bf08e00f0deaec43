"""Connection tests in the panel: live for htmx, JSON for programs, a page without script."""

import http.client
import threading
from collections.abc import Iterator

import pytest
from werkzeug.serving import make_server

from panel.domain.permission import Role
from panel.storage.models import Provider
from tests.factories.provider_forms import SECRET, posted_provider
from tests.factories.providers import a_provider
from tests.web.pages import session_cookie

HX = {"HX-Request": "true"}
JSON = {"Accept": "application/json"}
STEPS = ["resolve", "connect", "banner", "ehlo", "starttls", "ehlo_tls", "auth", "quit"]


@pytest.fixture
def operator(sign_in):
    return sign_in(Role.OPERATOR)


@pytest.fixture
def server(make_smtp_server):
    return make_smtp_server(users={"kim": SECRET}, mechanisms=("PLAIN",))


@pytest.fixture
def saved(session, vault, server):
    """An untested provider with a stored password."""
    provider = a_provider(
        session, vault=vault, password=SECRET, username="kim", port=server.port, verified=False
    )
    session.commit()
    return provider


def typed(server, **overrides):
    fields = {"port": server.port, "username": "kim", "password": SECRET}
    return posted_provider(**fields | overrides)


def is_verified(session, provider):
    session.expire_all()
    found = session.get(Provider, provider.id).is_verified
    session.commit()
    return found


def test_json_of_a_passed_test(operator, saved, server, session):
    answer = operator.post(f"/providers/{saved.id}/connection-tests", headers=JSON)

    assert answer.status_code == 200
    told = answer.json
    assert sorted(told) == sorted(
        ["ok", "connection", "steps", "extensions", "tls", "auth", "error"]
    )
    assert told["ok"] is True
    assert told["connection"] == {
        "host": "127.0.0.1",
        "port": server.port,
        "security": "none",
        "username": "kim",
        "timeout_s": 10,
    }
    assert [step["name"] for step in told["steps"]] == STEPS
    assert set(told["steps"][0]) == {"name", "status", "ms", "detail", "reply"}
    assert "PIPELINING" in told["extensions"]
    assert told["auth"] == {"mechanism": "PLAIN", "ok": True}
    assert (told["tls"], told["error"]) == (None, None)
    assert SECRET not in answer.text
    assert is_verified(session, saved)


def test_json_of_a_failed_test(operator, saved, server):
    server.refuse_login()

    answer = operator.post(f"/providers/{saved.id}/connection-tests", headers=JSON)

    assert answer.status_code == 400
    assert answer.json["ok"] is False
    error = answer.json["error"]
    assert sorted(error) == ["advice", "message", "reply", "step"]
    assert error["step"] == "auth"
    assert error["reply"].startswith("535 5.7.8")
    assert error["message"]
    assert error["advice"]
    assert "QUIT" in server.verbs


def test_json_of_entered_values(operator, server, session):
    answer = operator.post(
        "/providers/connection-tests", data=typed(server, name="", from_email=""), headers=JSON
    )

    assert (answer.status_code, answer.json["ok"]) == (200, True)
    assert session.query(Provider).count() == 0


def test_json_names_the_fields_that_cannot_be_tested(operator):
    fields = posted_provider(host="127.1", port="")

    answer = operator.post("/providers/connection-tests", data=fields, headers=JSON)

    assert answer.status_code == 422
    assert answer.json["ok"] is False
    assert sorted(error["field"] for error in answer.json["errors"]) == ["host", "port"]


def test_plain_form_gets_a_page_with_all_steps(operator, saved, server):
    passed = operator.post(f"/providers/{saved.id}/connection-tests")
    server.refuse_login()
    failed = operator.post(f"/providers/{saved.id}/connection-tests")

    assert (passed.status_code, failed.status_code) == (200, 400)
    assert "The connection works." in passed.text
    assert passed.text.count('<li class="step ') == len(STEPS)
    assert "535 5.7.8" in failed.text
    assert SECRET not in passed.text + failed.text


def test_plain_form_of_entered_values_keeps_them_beside_the_steps(operator, server):
    answer = operator.post("/providers/connection-tests", data=typed(server, name="typed before"))

    assert answer.status_code == 200
    assert "The connection works." in answer.text
    assert 'value="typed before"' in answer.text
    assert SECRET not in answer.text


def test_entered_values_that_cannot_be_tested_come_back_with_their_messages(operator):
    answer = operator.post(
        "/providers/connection-tests", data=posted_provider(host="127.1"), headers=HX
    )

    assert answer.status_code == 422
    assert answer.text.lstrip().startswith('<form id="provider-form"')
    assert 'id="host-error"' in answer.text
    assert 'id="name-error"' not in answer.text


@pytest.mark.parametrize("headers", [HX, JSON, {}], ids=["htmx", "json", "plain"])
def test_stored_password_is_not_sent_to_another_server(headers, operator, saved, make_smtp_server):
    other = make_smtp_server(users={"kim": SECRET})
    fields = typed(other, password="", id=saved.id)

    answer = operator.post("/providers/connection-tests", data=fields, headers=headers)

    assert answer.status_code == 422
    assert "password" in answer.text
    assert other.connections == 0


def test_stored_password_is_used_for_its_own_connection(operator, saved, server, session):
    fields = typed(server, password="", id=saved.id)

    answer = operator.post("/providers/connection-tests", data=fields, headers=JSON)

    assert answer.status_code == 200
    assert is_verified(session, saved)


def test_htmx_gets_one_event_for_the_start_each_step_and_the_end(operator, saved):
    answer = operator.post(f"/providers/{saved.id}/connection-tests", headers=HX)

    assert answer.mimetype == "text/event-stream"
    assert answer.headers["Cache-Control"] == "no-store"
    events = answer.text.strip().split("\n\n")
    assert len(events) == 1 + len(STEPS) + 1
    scope = f"test-provider-{saved.id}"
    assert f'id="{scope}-steps"' in events[0]
    assert all(f'hx-target="#{scope}-steps"' in event for event in events[1:-1])
    assert "Passed" in events[-1]
    assert f'hx-target="#provider-{saved.id}-verified"' in events[-1]
    assert "connection tested" in events[-1]
    assert all(line.startswith("data: ") for event in events for line in event.split("\n"))
    assert SECRET not in answer.text


def test_what_a_server_says_is_text(operator, saved, server):
    server.answers("auth", "535 5.7.8 <script>alert(1)</script>\x07")

    answer = operator.post(f"/providers/{saved.id}/connection-tests", headers=HX)

    assert "&lt;script&gt;" in answer.text
    assert "<script>" not in answer.text
    assert "\x07" not in answer.text


@pytest.fixture
def panel_port(app) -> Iterator[int]:
    """The app behind a real server with several threads."""
    running = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=running.serve_forever)
    thread.start()
    yield running.server_port
    running.shutdown()
    thread.join()
    running.server_close()


def next_event(response):
    lines = []
    while line := response.readline().strip():
        lines.append(line.decode())
    return "\n".join(lines)


def test_steps_arrive_while_the_server_still_thinks(operator, saved, server, panel_port):
    server.stall("ehlo")
    browser = http.client.HTTPConnection("127.0.0.1", panel_port, timeout=10)
    cookies = f"postroom_session={session_cookie(operator)}"
    browser.request(
        "POST", f"/providers/{saved.id}/connection-tests", headers={**HX, "Cookie": cookies}
    )
    response = browser.getresponse()

    events = [next_event(response) for _ in range(4)]

    server.wait_for_command("EHLO")
    assert [name in event for name, event in zip(
        ("steps", "Resolve", "Connect", "Greeting"), events, strict=True
    )] == [True] * 4  # fmt: skip
    server.stop()
    rest = response.read().decode()
    browser.close()
    assert "Failed" in rest


def test_reader_who_leaves_does_not_stop_the_test(operator, saved, server, panel_port):
    browser = http.client.HTTPConnection("127.0.0.1", panel_port, timeout=10)
    cookies = f"postroom_session={session_cookie(operator)}"
    browser.request(
        "POST", f"/providers/{saved.id}/connection-tests", headers={**HX, "Cookie": cookies}
    )
    next_event(browser.getresponse())

    browser.close()

    server.wait_for_command("QUIT")
