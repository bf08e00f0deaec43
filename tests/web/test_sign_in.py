"""Signing in and out: what the browser gets, and what a stolen or old cookie is worth."""

import re
from datetime import UTC, datetime

import argon2
import pytest

from panel.domain.permission import COMMAND_LINE, Role
from panel.services import passwords
from panel.services.throttles import SIGN_IN_OF_ACCOUNT
from panel.services.users import disable_user
from tests.conftest import HASHER
from tests.factories.people import PASSWORD, a_user
from tests.web.pages import fill_in, is_signed_in, session_cookie

WRONG = "The e-mail address or the password is wrong."


def same(page: str, email: str) -> str:
    """The page without the address typed in and without its tokens, which differ each time."""
    return re.sub(r"[\w-]{30,}\.[\w-]+\.[\w-]+", "TOKEN", page.replace(email, "EMAIL"))


def try_to_sign_in(client, email: str, password: str = "not the right password"):
    """One try with the form."""
    return client.post("/sign-in", data={"email": email, "password": password})


def test_signed_in_person_lands_on_the_wanted_page(session, sign_in, app):
    browser = sign_in(Role.SUPPORT)
    browser.post("/sign-out")
    user = a_user(session, email="anna@house.test", password_hash=argon2.PasswordHasher().hash("x"))
    session.commit()

    answer = app.test_client().post(
        "/sign-in?next=/account", data={"email": user.email, "password": "x"}
    )

    assert (answer.status_code, answer.location) == (303, "/account")


def test_sign_in_does_not_lead_to_another_site(session, sign_in, app):
    user = a_user(session)
    sign_in(user)

    answer = app.test_client().post(
        "/sign-in?next=//elsewhere.test/", data={"email": user.email, "password": PASSWORD}
    )

    assert answer.location == "/"


def test_address_is_found_whatever_its_case(session, sign_in, app):
    user = a_user(session, email="anna@house.test")
    sign_in(user)

    answer = try_to_sign_in(app.test_client(), " Anna@House.TEST ", PASSWORD)

    assert answer.status_code == 303


@pytest.mark.parametrize("role", Role)
def test_every_role_can_sign_in(sign_in, role):
    assert is_signed_in(sign_in(role))


def test_wrong_password_and_unknown_account_read_the_same(session, sign_in, client):
    user = a_user(session)
    sign_in(user)

    wrong = try_to_sign_in(client, user.email)
    unknown = try_to_sign_in(client, "nobody@house.test")

    assert (wrong.status_code, unknown.status_code) == (422, 422)
    assert WRONG in wrong.text
    assert same(wrong.text, user.email) == same(unknown.text, "nobody@house.test")


@pytest.fixture
def hashing(app, monkeypatch):
    """Passwords are hashed as slowly as they are for people."""
    monkeypatch.setattr(passwords, "_HASHER", HASHER)
    passwords._nobodys_hash.cache_clear()


@pytest.mark.usefixtures("hashing")
@pytest.mark.parametrize("account", ["known", "unknown", "without password", "disabled"])
def test_every_try_computes_a_hash(session, sign_in, client, monkeypatch, account):
    known = a_user(session)
    sign_in(known)
    a_user(session, email="new@house.test")
    a_user(session, email="gone@house.test", is_enabled=False)
    session.commit()
    emails = {
        "known": known.email,
        "unknown": "nobody@house.test",
        "without password": "new@house.test",
        "disabled": "gone@house.test",
    }
    try_to_sign_in(client, "warm-up@house.test")
    seen = []
    verify = argon2.PasswordHasher.verify

    def spy(hasher, stored, password):
        seen.append(argon2.extract_parameters(stored))
        return verify(hasher, stored, password)

    monkeypatch.setattr(argon2.PasswordHasher, "verify", spy)

    answer = try_to_sign_in(client, emails[account])

    assert WRONG in answer.text
    assert [(item.memory_cost, item.time_cost) for item in seen] == [(19 * 1024, 2)]


def test_empty_form_names_the_fields(client):
    answer = client.post("/sign-in", data={})

    assert answer.status_code == 422
    assert answer.text.count("Fill in this field.") >= 2


def test_too_many_tries_are_refused_with_the_time_to_wait(session, sign_in, client):
    user = a_user(session)
    sign_in(user)
    for _try in range(SIGN_IN_OF_ACCOUNT.tries):
        assert try_to_sign_in(client, user.email).status_code == 422

    refused = try_to_sign_in(client, user.email, PASSWORD)

    assert refused.status_code == 429
    assert "Too many tries. Wait 15 minutes" in refused.text
    assert 800 < int(refused.headers["Retry-After"]) <= 900
    assert not is_signed_in(client)


def test_cookie_is_worthless_after_signing_out(sign_in, app):
    browser = sign_in()
    stolen = session_cookie(browser)

    answer = browser.post("/sign-out")

    thief = app.test_client()
    thief.set_cookie("postroom_session", stolen)
    assert (answer.status_code, answer.location) == (303, "/sign-in")
    assert not is_signed_in(thief)
    assert browser.get_cookie("postroom_session") is None


def test_cookie_given_to_a_victim_is_not_taken_over(session, sign_in, app):
    user = a_user(session)
    sign_in(user)
    victim = app.test_client()
    victim.set_cookie("postroom_session", "chosen-by-the-attacker")

    try_to_sign_in(victim, user.email, PASSWORD)

    attacker = app.test_client()
    attacker.set_cookie("postroom_session", "chosen-by-the-attacker")
    assert session_cookie(victim) != "chosen-by-the-attacker"
    assert is_signed_in(victim)
    assert not is_signed_in(attacker)


def test_signing_in_again_ends_the_session_before(session, sign_in, app):
    user = a_user(session)
    browser = sign_in(user)
    before = session_cookie(browser)

    try_to_sign_in(browser, user.email, PASSWORD)

    old = app.test_client()
    old.set_cookie("postroom_session", before)
    assert session_cookie(browser) != before
    assert is_signed_in(browser)
    assert not is_signed_in(old)


def test_page_cookie_says_nothing_of_who_is_signed_in(sign_in, app):
    browser = sign_in()
    browser.get("/account")
    thief = app.test_client()
    page_cookie = browser.get_cookie("postroom_page")

    if page_cookie is not None:
        thief.set_cookie("postroom_page", page_cookie.value)

    assert not is_signed_in(thief)


def test_disabled_user_is_out_at_once(session, sign_in):
    a_user(session)
    user = a_user(session, Role.SUPPORT)
    browser = sign_in(user)
    assert is_signed_in(browser)

    disable_user(session, COMMAND_LINE, user.id, now=datetime.now(UTC))

    assert not is_signed_in(browser)


def test_who_is_signed_in_is_not_asked_again(sign_in):
    assert sign_in().get("/sign-in").location == "/"


def test_cookie_cannot_be_read_by_scripts_or_sent_from_elsewhere(session, sign_in, app):
    user = a_user(session)
    sign_in(user)

    answer = try_to_sign_in(app.test_client(), user.email, PASSWORD)

    cookie = next(item for item in answer.headers.getlist("Set-Cookie") if "_session=" in item)
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Path=/" in cookie
    assert "Domain" not in cookie


def test_form_with_its_token_signs_in(session, sign_in, app):
    app.config["WTF_CSRF_ENABLED"] = False
    user = a_user(session)
    sign_in(user)
    app.config["WTF_CSRF_ENABLED"] = True
    browser = app.test_client()

    answer = fill_in(browser, "/sign-in", email=user.email, password=PASSWORD)

    assert answer.status_code == 303
    assert is_signed_in(browser)
