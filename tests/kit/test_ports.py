"""The kit's free ports."""

import socket

from tests.kit.ports import free_port


def test_free_port_can_be_bound():
    with socket.create_server(("127.0.0.1", free_port())) as server:
        assert server.getsockname()[1] > 1023
