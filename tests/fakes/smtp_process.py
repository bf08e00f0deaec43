"""The scripted server, or the sink, as a process: prints its port, ends on SIGTERM or SIGINT."""

from __future__ import annotations

import argparse
import asyncio
import importlib
import json
import signal
import sys
import threading
from contextlib import suppress
from pathlib import Path

from tests.fakes.smtp_certificates import Certificate
from tests.fakes.smtp_features import Features
from tests.fakes.smtp_ledger import Ledger
from tests.fakes.smtp_server import SmtpServer
from tests.fakes.smtp_sink import Count, Sink

_ENDINGS = (signal.SIGTERM, signal.SIGINT)


def main() -> None:
    """Runs what the arguments say."""
    options = _parser().parse_args()
    if options.sink:
        with suppress(ImportError):
            importlib.import_module("uvloop").install()
        asyncio.run(_sink(options))
    else:
        _serve(options)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.fakes.smtp_server")
    add = parser.add_argument
    add("--port", type=int, default=0)
    add("--ledger", type=Path, help="JSON lines, each synced before its mail is answered")
    add("--content", action="store_true", help="keep the content in the ledger (base64)")
    add("--sink", action="store_true", help="only count, as fast as possible; figures at the end")
    add("--until", type=int, help="with --sink: tell the figures after so many mails")
    add("--latency-ms", type=float, default=0.0, help="before each batch of replies")
    add("--user", action="append", default=[], metavar="NAME:PASSWORD")
    add("--tls", choices=("none", "starttls", "implicit"), default="none")
    add("--certificate", type=Certificate, choices=list(Certificate), default=Certificate.GOOD)
    add("--ca-file", type=Path, help="write the authority's certificate there")
    add("--no-pipelining", action="store_true")
    add("--chunking", action="store_true", help="offer BDAT")
    add("--answer", action="append", default=[], metavar="STAGE=REPLY")
    add("--drop", action="append", default=[], metavar="STAGE")
    add("--stall", action="append", default=[], metavar="STAGE")
    return parser


def _features(options: argparse.Namespace) -> Features:
    return Features(
        pipelining=not options.no_pipelining,
        chunking=options.chunking,
        starttls=options.tls == "starttls",
        implicit_tls=options.tls == "implicit",
        certificate=options.certificate,
        users=dict(entry.split(":", 1) for entry in options.user),
        latency_s=options.latency_ms / 1000,
    )


def _serve(options: argparse.Namespace) -> None:
    ended = threading.Event()
    for number in _ENDINGS:
        signal.signal(number, lambda *_: ended.set())
    ledger = Ledger(options.ledger, with_content=options.content)
    with SmtpServer(_features(options), port=options.port, ledger=ledger) as server:
        for order in options.answer:
            server.answers(*order.split("=", 1))
        for stage in options.drop:
            server.drop(stage)
        for stage in options.stall:
            server.stall(stage)
        if options.ca_file:
            options.ca_file.write_bytes(server.ca_pem)
        _print(str(server.port))
        ended.wait()


async def _sink(options: argparse.Namespace) -> None:
    loop = asyncio.get_running_loop()
    count, ended = Count(until=options.until), asyncio.Event()
    for number in _ENDINGS:
        loop.add_signal_handler(number, _end, count, ended)
    latency_s = options.latency_ms / 1000
    server = await loop.create_server(
        lambda: Sink(count, latency_s=latency_s), "127.0.0.1", options.port, backlog=1024
    )
    _print(str(server.sockets[0].getsockname()[1]))
    await count.reached.wait()
    _print(json.dumps(count.summary()))
    await ended.wait()
    server.close()


def _end(count: Count, ended: asyncio.Event) -> None:
    count.reached.set()
    ended.set()


def _print(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
