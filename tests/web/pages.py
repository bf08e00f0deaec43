"""Pages as a browser without script uses them: find the token, fill in a form."""

import re

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


def csrf_token(page: TestResponse) -> str:
    """The token in the first form of a page."""
    found = TOKEN.search(page.text)
    assert found, page.text
    return found[1]


def fill_in(client: FlaskClient, path: str, **fields: str) -> TestResponse:
    """Opens a page and sends its form with these fields."""
    return client.post(path, data={"csrf_token": csrf_token(client.get(path)), **fields})


def is_signed_in(client: FlaskClient) -> bool:
    """Whether this browser still opens pages that need somebody."""
    return client.get("/account").status_code == 200


def session_cookie(client: FlaskClient) -> str:
    """The token that names the session."""
    cookie = client.get_cookie("postroom_session")
    assert cookie is not None
    return cookie.value
