"""What probes and monitoring get to see."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from panel.domain.delivery import DeliveryState
from panel.storage.models import Worker
from tests.factories.mail import a_delivery, an_attempt
from tests.factories.providers import a_provider


def a_worker(session, *, silent_s: int) -> None:
    seen_at = datetime.now(UTC) - timedelta(seconds=silent_s)
    session.add(Worker(id="w", host="here", pid=1, started_at=seen_at, seen_at=seen_at))
    session.commit()


def test_process_that_answers_is_alive(client):
    assert client.get("/healthz").json == {"status": "alive"}


def test_with_a_live_worker_the_installation_is_ready(session, client):
    a_worker(session, silent_s=5)

    answer = client.get("/readyz")

    assert (answer.status_code, answer.json["ready"], answer.json["reasons"]) == (200, True, [])


def test_without_a_recent_sign_of_life_it_is_not_ready(session, client):
    a_worker(session, silent_s=31)

    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert answer.json["checks"] == {"database": True, "schema": True, "worker": False}
    assert "No worker is alive" in answer.json["reasons"][0]


def test_database_of_another_version_is_not_ready(session, client):
    session.execute(text("UPDATE alembic_version SET version_num = 'elsewhere'"))
    session.commit()

    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert "postroom migrate" in answer.json["reasons"][0]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_database_that_does_not_answer_is_said(app, client, tmp_path):
    with app.app_context():
        (tmp_path / "postroom.db").write_bytes(b"this is no database" * 500)

    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert answer.json["reasons"] == ["The database does not answer."]


def test_metrics_count_deliveries_attempts_and_workers(session, client):
    provider = a_provider(session)
    a_delivery(session, state=DeliveryState.HELD)
    an_attempt(session, provider_id=provider.id, started_at=datetime.now(UTC))
    a_worker(session, silent_s=5)

    answer = client.get("/metrics")

    assert answer.content_type.startswith("text/plain")
    for line in (
        "postroom_waiting_deliveries 2.0",
        'postroom_deliveries{state="held"} 1.0',
        "postroom_workers_alive 1.0",
        "postroom_attempts_total 1.0",
        f'postroom_attempts_last_hour{{provider_id="{provider.id}"}} 1.0',
    ):
        assert line in answer.text.splitlines()


@pytest.mark.parametrize(
    ("address", "headers"),
    [
        ("192.0.2.7", {}),
        ("2001:db8::1", {}),
        ("127.0.0.1", {"X-Forwarded-For": "192.0.2.7"}),
        ("127.0.0.1", {"Forwarded": "for=192.0.2.7"}),
    ],
)
def test_metrics_are_for_this_machine_only(client, address, headers):
    answer = client.get("/metrics", headers=headers, environ_overrides={"REMOTE_ADDR": address})

    assert answer.status_code == 404
