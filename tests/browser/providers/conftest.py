"""A running panel, a signed-in operator with and without script, and some providers."""

from collections.abc import Iterator

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page

from panel.domain.provider import ServiceType
from tests.factories.provider_forms import SECRET
from tests.factories.providers import a_provider
from tests.kit.serving import serving
from tests.web.pages import session_cookie


@pytest.fixture
def site(app: Flask) -> Iterator[str]:
    """The address of the running panel, with CSRF tokens as in use."""
    with serving(app) as address:
        yield address


@pytest.fixture
def cookie(app, sign_in, site):
    """The cookie of a signed-in operator."""
    value = session_cookie(sign_in())
    app.config["WTF_CSRF_ENABLED"] = True
    return {"name": "postroom_session", "value": value, "url": site}


@pytest.fixture
def operator(page: Page, cookie) -> Page:
    """The page of a signed-in operator."""
    page.context.add_cookies([cookie])
    return page


@pytest.fixture
def plain(browser: Browser, cookie) -> Iterator[Page]:
    """The same person with a browser that runs no script."""
    with browser.new_context(java_script_enabled=False) as context:
        context.add_cookies([cookie])
        context.set_default_timeout(10_000)
        yield context.new_page()


@pytest.fixture
def server(make_smtp_server):
    return make_smtp_server(users={"kim": SECRET})


@pytest.fixture
def three(session):
    """Ids of two primaries and a fallback: first, second, spare."""
    kinds = {"first": "primary", "second": "primary", "spare": "fallback"}
    made = [
        a_provider(session, name=name, service_type=ServiceType(kind))
        for name, kind in kinds.items()
    ]
    session.commit()
    return [str(provider.id) for provider in made]


@pytest.fixture
def saved(session, vault, server):
    """An untested, inactive provider with a stored password."""
    login = {"vault": vault, "password": SECRET, "username": "kim"}
    a_provider(session, name="other")
    provider = a_provider(
        session, name="relay", port=server.port, verified=False, is_active=False, **login
    )
    session.commit()
    return provider
