"""The app behind a real socket on loopback, for browsers."""

import logging
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import IO, Any

from flask import Flask
from werkzeug.serving import make_server


@contextmanager
def serving(app: Flask) -> Iterator[str]:
    """The address at which the app answers, with a thread for each request."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)

    def answer(environ: dict[str, Any], start: Any) -> Any:
        environ["wsgi.file_wrapper"] = _at_once
        return app(environ, start)

    server = make_server("127.0.0.1", 0, answer, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _at_once(file: IO[bytes], _size: int = 0) -> list[bytes]:
    """A file as a whole: the server forgets to close one when the browser hangs up meanwhile."""
    with closing(file):
        return [file.read()]
