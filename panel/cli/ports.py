"""Whether this machine lets us listen where we are asked to."""

from __future__ import annotations

import errno
import socket

import click


def check_port(host: str, port: int) -> None:
    """Raises UsageError, with what to do, when nobody can listen there now."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (socket.gaierror, UnicodeError):
        raise click.UsageError(
            f"There is no address {host} to listen on. Example: --host 127.0.0.1"
        ) from None
    family, kind, protocol, _name, address = found[0]
    with socket.socket(family, kind, protocol) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind(address)
        except OSError as error:
            raise click.UsageError(_sentence(host, port, error)) from None


def _sentence(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} on {host} is in use. Stop what uses it, or choose another: --port 8001"
    if error.errno == errno.EACCES:
        return f"This user may not listen on port {port}. Choose one above 1023: --port 8000"
    return f"Nobody can listen on {host} port {port}: {error.strerror}. Try --host 127.0.0.1"
