"""Saves the reply that a server sent before it hung up on us.

A server that refuses a mail half-way says so and closes. Our next write then fails, and the event
loop gives the connection up without reading what had arrived before.
"""

from __future__ import annotations

import asyncio
import os
import socket

_CHUNK = 65536


def unread(transport: asyncio.Transport | None) -> bytes:
    """What lies unread in the socket of a transport that is being lost; often nothing."""
    held = transport.get_extra_info("socket") if transport else None
    if held is None or transport is None or transport.get_extra_info("ssl_object") is not None:
        return b""
    try:
        with socket.socket(fileno=os.dup(held.fileno())) as copy:
            copy.setblocking(False)
            return copy.recv(_CHUNK)
    except OSError:
        return b""
