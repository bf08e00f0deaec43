"""A private Postfix, the rival: own settings, own queue, loopback ports; never the system's.

It is a tool of the bench only. docs/performance.md gives the reason of each setting.
"""

from __future__ import annotations

import os
import shutil
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from tests.kit.ports import free_port
from tools.bench.line import NotMeasured
from tools.bench.processes import finished, running

MISSING = (
    "Postfix is not installed. On Debian and Ubuntu: "
    "apt-get install -y --no-install-recommends postfix"
)
START_S = 20.0
MASTER = """\
127.0.0.1:{port} inet n - n - 100 smtpd
pickup    unix  n - n 60 1 pickup
cleanup   unix  n - n - 0 cleanup
qmgr      unix  n - n 300 1 qmgr
tlsmgr    unix  - - n 1000? 1 tlsmgr
rewrite   unix  - - n - - trivial-rewrite
bounce    unix  - - n - 0 bounce
defer     unix  - - n - 0 bounce
trace     unix  - - n - 0 bounce
verify    unix  - - n - 1 verify
flush     unix  n - n 1000? 0 flush
proxymap  unix  - - n - - proxymap
smtp      unix  - - n - 100 smtp
showq     unix  n - n - - showq
error     unix  - - n - - error
retry     unix  - - n - - error
discard   unix  - - n - - discard
anvil     unix  - - n - 1 anvil
scache    unix  - - n - 1 scache
"""
ALWAYS = {
    "compatibility_level": "3.6",
    "command_directory": "/usr/sbin",
    "inet_interfaces": "loopback-only",
    "inet_protocols": "ipv4",
    "myhostname": "rival.test",
    "mydestination": "",
    "mynetworks": "127.0.0.0/8",
    "alias_maps": "",
    "alias_database": "",
    "local_recipient_maps": "",
    "disable_dns_lookups": "yes",
    "smtpd_recipient_restrictions": "permit_mynetworks,reject",
    "smtpd_peername_lookup": "no",
    "smtpd_client_connection_count_limit": "0",
    "smtpd_client_connection_rate_limit": "0",
    "receive_override_options": "no_address_mappings,no_header_body_checks,"
    "no_unknown_recipient_checks,no_milters",
    "in_flow_delay": "0",
    "qmgr_message_active_limit": "50000",
    "qmgr_message_recipient_limit": "50000",
    "initial_destination_concurrency": "10",
    "default_destination_concurrency_limit": "10",
    "smtp_tls_security_level": "none",
    "smtpd_tls_security_level": "none",
    "smtp_destination_concurrency_failed_cohort_limit": "100",
}


SENDING: dict[str, dict[str, str]] = {
    "connections used again": {},
    "a connection for each mail": {"smtp_connection_cache_on_demand": "no"},
}
"""What is tried in turn; the best counts. A new connection may cost less than the cache."""


@dataclass(frozen=True, slots=True)
class Postfix:
    """A Postfix that runs."""

    folder: Path
    port: int
    """Where it takes mail."""

    def inject(self, mails: int, *, size: int, timeout_s: float) -> float:
        """Seconds that ten SMTP sessions take to hand in that many mails of `size` octets."""
        began = time.monotonic()
        command = ["smtp-source", "-d", "-s", "10", "-m", str(mails), "-l", str(size)]
        command += ["-f", "post@house.test", "-t", "kim@contoso.test", f"127.0.0.1:{self.port}"]
        finished(command, timeout_s=timeout_s)
        return time.monotonic() - began

    def release(self, *, timeout_s: float) -> None:
        """Lets go of all mail on hold and has it sent now."""
        finished([*self._tool("postsuper"), "-H", "ALL"], timeout_s=timeout_s)
        finished([*self._tool("postqueue"), "-f"], timeout_s=timeout_s)

    def _tool(self, name: str) -> list[str]:
        return [name, "-c", str(self.folder / "etc")]


@contextmanager
def postfix(
    folder: Path,
    sink_port: int,
    *,
    is_holding: bool = False,
    settings: Mapping[str, str] = MappingProxyType({}),
) -> Iterator[Postfix]:
    """A Postfix that sends everything to the sink, or keeps it on hold until it is released."""
    if shutil.which("postfix") is None or shutil.which("smtp-source") is None:
        raise NotMeasured(MISSING)
    if os.geteuid() != 0:
        raise NotMeasured("Postfix can be started by root only; run the bench as root.")
    port = free_port()
    own = _settings(folder, sink_port, is_holding=is_holding)
    _prepare(folder, port, {**own, **settings})
    finished(["postfix", "-c", str(folder / "etc"), "check"], timeout_s=START_S)
    # Not `postfix start`: in the foreground it ends with the bench.
    command = [f"{own['daemon_directory']}/master", "-c", str(folder / "etc"), "-d"]
    log = folder / "log"
    try:
        with running(command, log=log):
            _until_it_listens(port, log)
            yield Postfix(folder, port)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def version() -> str:
    """Its version, or empty when it is not installed."""
    if shutil.which("postconf") is None:
        return ""
    return finished(["postconf", "-dh", "mail_version"], timeout_s=10).strip()


def _settings(folder: Path, sink_port: int, *, is_holding: bool) -> dict[str, str]:
    own = {
        "queue_directory": str(folder / "queue"),
        "data_directory": str(folder / "data"),
        "daemon_directory": finished(["postconf", "-dh", "daemon_directory"], timeout_s=10).strip(),
        "relayhost": f"[127.0.0.1]:{sink_port}",
    }
    if is_holding:
        own["smtpd_client_restrictions"] = "static:HOLD"
    return ALWAYS | own


def _prepare(folder: Path, port: int, settings: dict[str, str]) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    for name in ("etc", "queue", "data"):
        (folder / name).mkdir(parents=True)
    for above in (folder, *folder.parents[:2]):
        above.chmod(above.stat().st_mode | 0o711)
    shutil.chown(folder / "data", "postfix")
    lines = "".join(f"{name} = {value}\n" for name, value in settings.items())
    (folder / "etc" / "main.cf").write_text(lines, "utf-8")
    (folder / "etc" / "master.cf").write_text(MASTER.format(port=port), "utf-8")


def _until_it_listens(port: int, log: Path) -> None:
    began = time.monotonic()
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=5).close()
        except OSError:
            if time.monotonic() - began > START_S:
                said = " / ".join(log.read_text("utf-8", "replace").strip().splitlines()[-3:])
                raise NotMeasured(f"Postfix does not start. {said}") from None
            time.sleep(0.1)
        else:
            return
