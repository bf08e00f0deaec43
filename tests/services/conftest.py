"""What use cases need beside a session."""

import pytest
from sqlalchemy import Engine

from panel.services.submission_desk import Desk


@pytest.fixture
def desk(engine: Engine) -> Desk:
    """Where mail is handed in; a test's own session must not be writing meanwhile."""
    return Desk(engine)
