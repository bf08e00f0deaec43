"""The kit of the acceptance tests."""

import pytest
from sqlalchemy import Engine

from tests.acceptance.scene import Scene
from tests.kit.processes import Installation, installation
from tests.kit.smtp import MakeSmtpServer

__all__ = ["installation"]


@pytest.fixture
def scene(engine: Engine, installation: Installation, make_smtp_server: MakeSmtpServer) -> Scene:
    """An installation without providers, mail and processes as yet."""
    return Scene(engine, installation, make_smtp_server)
