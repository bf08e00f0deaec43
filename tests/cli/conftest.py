"""The kit of tests with whole processes."""

from tests.kit.processes import installation
from tests.sending.conftest import accept

__all__ = ["accept", "installation"]
