"""Fixtures that the tests of the kit try out."""

from tests.kit.postgres import postgres_url

__all__ = ["postgres_url"]
