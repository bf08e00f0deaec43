"""Behind HTTPS, cookies demand it and carry the name that browsers guard."""

from dataclasses import replace

import pytest

from panel.app import create_app
from panel.services.passwords import hash_password
from panel.storage.database import db
from tests.factories.people import PASSWORD, a_user

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""Nothing here depends on the kind of database."""


@pytest.fixture
def secure_app(config):
    """The panel as people reach it through HTTPS, by one proxy in front."""
    app = create_app(replace(config, base_url="https://mail.house.test", trusted_proxies=1))
    app.config.update(TESTING=True, WTF_CSRF_ENABLED=False)
    yield app
    with app.app_context():
        db.engine.dispose()


def test_session_cookie_is_a_host_cookie(secure_app, session):
    user = a_user(session, password_hash=hash_password(PASSWORD))
    session.commit()
    browser = secure_app.test_client()

    answer = browser.post("/sign-in", data={"email": user.email, "password": PASSWORD})

    cookies = answer.headers.getlist("Set-Cookie")
    token = next(item for item in cookies if item.startswith("__Host-postroom_session="))
    assert "; Secure" in token
    assert "Path=/" in token
    assert "Domain" not in token


def test_address_behind_a_trusted_proxy_is_the_visitors(secure_app, session):
    user = a_user(session, password_hash=hash_password(PASSWORD))
    session.commit()
    browser = secure_app.test_client()
    from_afar = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https"}

    browser.post(
        "/sign-in",
        base_url="https://mail.house.test",
        data={"email": user.email, "password": PASSWORD},
        headers=from_afar,
    )

    page = browser.get("/account", base_url="https://mail.house.test", headers=from_afar)
    assert "203.0.113.9" in page.text


def test_forwarded_address_is_ignored_without_a_trusted_proxy(sign_in):
    page = sign_in().get("/account", headers={"X-Forwarded-For": "203.0.113.9"})

    assert "203.0.113.9" not in page.text


def test_origin_of_the_base_url_is_our_own_behind_a_proxy(secure_app):
    answer = secure_app.test_client().post(
        "/sign-in", data={}, headers={"Origin": "https://mail.house.test"}
    )

    assert answer.status_code == 422
