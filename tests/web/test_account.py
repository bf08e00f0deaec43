"""The own account in the browser."""

import pytest

from panel.domain.permission import Role
from tests.factories.people import PASSWORD, a_user
from tests.web.pages import is_signed_in

NEW = "four other words together"
CHANGE = {"current_password": PASSWORD, "password": NEW, "password_again": NEW}


def test_new_password_ends_all_other_sessions(session, sign_in):
    user = a_user(session)
    here, elsewhere = sign_in(user), sign_in(user)

    answer = here.post("/account/password", data=CHANGE)

    assert answer.status_code == 303
    assert is_signed_in(here)
    assert not is_signed_in(elsewhere)


def test_new_password_is_the_one_that_counts(session, sign_in, app):
    user = a_user(session)
    sign_in(user).post("/account/password", data=CHANGE)
    browser = app.test_client()

    old = browser.post("/sign-in", data={"email": user.email, "password": PASSWORD})
    new = browser.post("/sign-in", data={"email": user.email, "password": NEW})

    assert (old.status_code, new.status_code) == (422, 303)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"current_password": "wrong"}, "This is not your present password."),
        ({"password": "short", "password_again": "short"}, "The password is too short."),
        ({"password_again": "different"}, "The two passwords differ."),
    ],
)
def test_refused_password_changes_nothing(session, sign_in, app, change, message):
    user = a_user(session)
    here, elsewhere = sign_in(user), sign_in(user)

    answer = here.post("/account/password", data=CHANGE | change)

    assert answer.status_code == 422
    assert message in answer.text
    assert is_signed_in(elsewhere)


def test_all_other_browsers_can_be_signed_out(session, sign_in):
    user = a_user(session)
    stranger = sign_in(Role.SUPPORT)
    here, elsewhere, further = sign_in(user), sign_in(user), sign_in(user)

    answer = here.post("/account/sessions/deletions", follow_redirects=True)

    assert "2 other browsers are signed out." in answer.text
    assert [is_signed_in(browser) for browser in (here, elsewhere, further, stranger)] == [
        True,
        False,
        False,
        True,
    ]


def test_account_lists_the_own_browsers_only(session, sign_in, app):
    user = a_user(session)
    other = a_user(session)
    for who, name in ((user, "Lynx/2"), (other, "NetSurf/3")):
        sign_in(who)
        app.test_client().post(
            "/sign-in",
            data={"email": who.email, "password": PASSWORD},
            headers={"User-Agent": f"{name} <b>"},
        )

    page = sign_in(user).get("/account").text

    assert "Lynx/2 &lt;b&gt;" in page
    assert "NetSurf" not in page
    assert page.count("This browser") == 1


def test_language_is_remembered_with_the_account(session, sign_in, app):
    user = a_user(session)
    sign_in(user).post("/account/language", data={"language": "tr"})

    page = sign_in(user).get("/account").text

    assert '<html lang="tr">' in page


def test_language_is_remembered_by_the_browser_of_a_visitor(client):
    answer = client.post("/account/language", data={"language": "tr"})

    assert answer.location == "/sign-in"
    assert '<html lang="tr">' in client.get("/sign-in").text


def test_browser_that_asks_for_turkish_gets_it(client):
    page = client.get("/sign-in", headers={"Accept-Language": "tr-TR,tr;q=0.9,en;q=0.5"})

    assert '<html lang="tr">' in page.text


def test_unknown_language_is_refused(client):
    assert client.post("/account/language", data={"language": "xx"}).status_code == 422


def test_partner_admin_sees_no_part_of_the_house_in_the_side_bar(sign_in):
    page = sign_in(Role.PARTNER_ADMIN).get("/account").text

    assert "Mail Providers" not in page
    assert "Overview" not in page
    assert "No worker is running." not in page


def test_operator_is_warned_when_nothing_can_send(sign_in):
    page = sign_in(Role.OPERATOR).get("/account").text

    assert "No worker is running." in page
    assert "No mail provider is active." in page
