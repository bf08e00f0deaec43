"""What the demo says when it cannot be started, and that it leaves nothing behind when stopped."""

import signal
import socket
from dataclasses import replace

import pytest

from tests.kit.ports import free_port
from tests.kit.processes import Program
from tools.demo.beside import listening
from tools.demo.folder import open_place
from tools.demo.place import CannotDemo, is_free
from tools.demo.servers import LEFT, SERVERS


def started(folder, port):
    arguments = ["--port", str(port), "--instance", str(folder), "--mails", "1", "--every", "0"]
    return Program(arguments, {}, module="tools.demo")


def test_taken_port_of_the_panel_is_one_sentence_with_a_port_to_take(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with started(tmp_path / "demo", port) as program:
            assert program._end() == 2

    assert len(program.lines) == 1
    assert f"Port {port} on 127.0.0.1 is in use." in program.output
    assert f"make demo PORT={port + 1}" in program.output


def test_taken_port_of_a_server_is_one_sentence(tmp_path):
    place = open_place(tmp_path / "demo", fresh=False, servers=(*SERVERS, LEFT))
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        taken = replace(place, ports={**place.ports, "beta": port})

        with (
            pytest.raises(CannotDemo, match=f"Port {port} on .* the server Beta .* FRESH=1"),
            listening(taken),
        ):
            raise AssertionError


def test_interrupt_while_it_is_made_leaves_nothing_running(tmp_path):
    folder, port = tmp_path / "demo", free_port()
    with started(folder, port) as program:
        program.wait_for("Writing the past")
        program._process.send_signal(signal.SIGINT)
        program._process.send_signal(signal.SIGINT)
        assert program._end() == 130

    assert program.lines[-1] == "postroom demo: Ended before it was ready. `make demo` starts it."
    assert "Traceback" not in program.output
    assert program.family == []
    assert is_free(port)
