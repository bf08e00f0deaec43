"""The log: one line an event, no secret in it."""

import json
import os
import subprocess
import sys

import pytest
import structlog

from panel.log import configure_log


@pytest.fixture
def lines(capsys):
    """What was logged, as JSON."""
    yield lambda: [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    structlog.reset_defaults()


def test_event_is_one_line_of_json_with_its_fields(lines):
    configure_log("info", "json")

    structlog.get_logger().info("provider_tested", provider=7)

    (line,) = lines()
    assert (line["event"], line["provider"], line["level"]) == ("provider_tested", 7, "info")
    assert line["timestamp"].endswith("Z")


def test_quieter_events_are_left_out(lines):
    configure_log("warning", "json")

    structlog.get_logger().info("quiet")
    structlog.get_logger().warning("loud")

    assert [line["event"] for line in lines()] == ["loud"]


@pytest.mark.parametrize("name", ["password", "api_token", "Authorization", "secret", "Cookie"])
def test_fields_named_like_secrets_are_masked(lines, name):
    configure_log("info", "json")

    structlog.get_logger().info("event", **{name: "hunter2"})

    assert lines()[0][name] == "••••••"


def test_control_characters_are_shown_in_text(capsys):
    configure_log("info", "text")

    structlog.get_logger().info("request", path="/a\x1b[31m\nsecond line")

    said = capsys.readouterr().err
    assert "second line" in said
    assert "\x1b" not in said
    assert said.count("\n") == 1
    structlog.reset_defaults()


def test_text_is_for_people(capsys):
    configure_log("info", "text")

    structlog.get_logger().info("provider_tested", provider=7)

    assert "provider_tested" in capsys.readouterr().err
    structlog.reset_defaults()


def test_a_log_that_nobody_reads_any_more_stops_nothing():
    """As when the program behind the pipe has ended."""
    program = (
        "import structlog; from panel.log import configure_log; configure_log('info', 'json');"
        " [structlog.get_logger().info('on its way') for _ in range(3)]; print('alive')"
    )
    reader, writer = os.pipe()
    os.close(reader)
    try:
        ended = subprocess.run(
            [sys.executable, "-c", program],
            stdout=subprocess.PIPE,
            stderr=writer,
            timeout=60,
            check=False,
        )
    finally:
        os.close(writer)

    assert ended.stdout == b"alive\n"
