"""The scripted servers of the kit, for all drivers."""

from tests.kit.smtp import make_smtp_server, smtp_server

__all__ = ["make_smtp_server", "smtp_server"]
