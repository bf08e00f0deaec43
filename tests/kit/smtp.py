"""Fixtures that give tests scripted SMTP servers on loopback, stopped and checked at their end."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from tests.fakes.smtp_features import Features
from tests.fakes.smtp_server import SmtpServer

MakeSmtpServer = Callable[..., SmtpServer]


@pytest.fixture
def make_smtp_server() -> Iterator[MakeSmtpServer]:
    """Makes started servers; the arguments are those of `Features`."""
    with ExitStack() as servers:

        def make(**features: object) -> SmtpServer:
            return servers.enter_context(SmtpServer(Features(**features)))  # type: ignore[arg-type]

        yield make


@pytest.fixture
def smtp_server(make_smtp_server: MakeSmtpServer) -> SmtpServer:
    """A started server in clear text and without users."""
    return make_smtp_server()
