"""The kit of the acceptance tests."""

from tests.kit.processes import installation

__all__ = ["installation"]
