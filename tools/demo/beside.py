"""What runs beside panel and workers as long as the demo does: the servers, and a trickle of mail.

Both live in threads of the process that supervises the others, so the servers are the last to go:
what a worker has in hand when it is told to end still finds them.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from tools.demo.place import HOST, CannotDemo, Place, is_free
from tools.demo.sandbox import Sandbox
from tools.demo.servers import SERVERS, TITLES, drawer

START_S = 10.0


@contextmanager
def listening(place: Place) -> Iterator[Callable[[], None]]:
    """The sandbox servers meanwhile; what is yielded makes them answer at once from then on.

    Raises CannotDemo when a port of theirs is taken.
    """
    for name in SERVERS:
        _check(place, name)
    loop = asyncio.new_event_loop()
    sandboxes = [_sandbox(place, name) for name in SERVERS]
    thread = threading.Thread(target=loop.run_forever, name="sandbox-servers")
    thread.start()
    running = asyncio.run_coroutine_threadsafe(_run(sandboxes), loop)
    try:
        _wait_until_they_listen(place)
        yield lambda: _hurry(loop, sandboxes)
    finally:
        running.cancel()
        asyncio.run_coroutine_threadsafe(_ended(), loop).result(START_S)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def _check(place: Place, name: str) -> None:
    port = place.ports[name]
    if not is_free(port):
        raise CannotDemo(
            f"Port {port} on {HOST}, at which the server {TITLES[name]} of this demo listens, "
            "is in use. Stop what uses it, begin again with other ports: make demo FRESH=1, or "
            f"leave this demo and make another: make demo INSTANCE={place.folder}-2"
        )


def _sandbox(place: Place, name: str) -> Sandbox:
    return Sandbox(
        drawer(place, name),
        port=place.ports[name],
        hostname=f"{name}.sandbox.example",
        password=place.password,
    )


def _hurry(loop: asyncio.AbstractEventLoop, sandboxes: Sequence[Sandbox]) -> None:
    for sandbox in sandboxes:
        loop.call_soon_threadsafe(sandbox.hurry)


async def _run(sandboxes: Sequence[Sandbox]) -> None:
    await asyncio.gather(*(sandbox.run() for sandbox in sandboxes))


async def _ended() -> None:
    """Once everything else on the loop is over."""
    others = asyncio.all_tasks() - {asyncio.current_task()}
    await asyncio.gather(*others, return_exceptions=True)


def _wait_until_they_listen(place: Place) -> None:
    ports = [place.ports[name] for name in SERVERS if drawer(place, name).is_on]
    pause = threading.Event()
    for _ in range(int(START_S / 0.05)):
        if not any(is_free(port) for port in ports):
            return
        pause.wait(0.05)
    raise CannotDemo("The sandbox servers did not start.")
