"""What a soak plays on: an installation with providers, partners, servers and a database."""

from __future__ import annotations

import shutil
import tempfile
import threading
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from panel.storage.database import make_engine, session_for
from panel.storage.schema import migrate
from tests.acceptance.intake import Intake, a_token
from tests.acceptance.own_postgres import OwnPostgres, own_postgres
from tests.acceptance.scene import Scene
from tests.acceptance.trial_clock import TrialClock
from tests.factories.people import a_partner
from tests.fakes.smtp_features import Features
from tests.fakes.smtp_ledger import Ledger, Mail
from tests.fakes.smtp_server import SmtpServer
from tests.kit.processes import Installation, Program, descendants
from tools.bench.processes import tied

KINDS = (
    *[""] * 300,
    *["greylist-1"] * 6,
    *["greylist-rcpt-1"] * 3,
    *["reply-550-5.1.1"] * 6,
    *["final-554-5.6.0"] * 3,
    *["slow-50"] * 6,
    "drop-after-dot",
)
"""What the recipients ask of the servers; most of them nothing."""
WORKERS = 3
HOUSE = ("first", "second", "fallback")
PARTNER = "partner"


class Tally(Ledger):
    """A ledger for very many mails: of each it keeps the Message-ID and the recipients."""

    def take(self, mail: Mail) -> None:
        """Enters a mail without its content."""
        super().take(replace(mail, content=f"Message-ID: {mail.message_id}\r\n\r\n".encode()))

    def note(self, connection: int, line: str) -> None:
        """Commands are not kept."""


@dataclass
class Stage:
    """Where faults happen and mail flows."""

    scene: Scene
    tokens: list[str]
    postgres: OwnPostgres | None
    clock: TrialClock
    """That of all processes."""
    programs: list[Program] = field(default_factory=list)
    ended: threading.Event = field(default_factory=threading.Event)

    def start(self) -> None:
        """Panel and workers under their supervisor."""
        self.programs.append(self.scene.installation.everything("--workers", str(WORKERS)))

    def pids(self, word: str) -> list[int]:
        """Processes whose command begins with `postroom` and this word."""
        family = [pid for program in self.programs for pid in descendants(program.pid)]
        return [pid for pid in family if word in _arguments(pid)]


def open_stage(database: str, stack: ExitStack) -> Stage:
    """An installation on a fresh database; all of it is gone when the stack is closed."""
    folder = Path(tempfile.mkdtemp(prefix="postroom-soak-"))
    stack.callback(shutil.rmtree, folder, ignore_errors=True)
    postgres = stack.enter_context(own_postgres()) if database == "postgresql" else None
    url = postgres.url if postgres else f"sqlite:///{folder}/postroom.db"
    engine = make_engine(url)
    stack.callback(engine.dispose)
    migrate(engine)
    clock = TrialClock(folder / "clock")
    installation = Installation({**_settings(folder, url), **clock.environment}, stack)
    installation.prefix = tied(())

    def make_smtp_server(**features: Any) -> SmtpServer:
        return stack.enter_context(SmtpServer(Features(**features), ledger=Tally()))

    scene = Scene(engine, installation, make_smtp_server, Intake(kinds=KINDS))
    return Stage(scene, _furnish(scene), postgres, clock)


def _settings(folder: Path, url: str) -> dict[str, str]:
    return {
        "POSTROOM_INSTANCE": str(folder / "instance"),
        "POSTROOM_DATABASE_URL": url,
        "POSTROOM_SECRET_KEY": "s" * 32,
        "POSTROOM_ENCRYPTION_KEYS": "a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s=",
        "POSTROOM_LOG_FORMAT": "json",
        "POSTROOM_PARTNER_EGRESS": "127.0.0.1/32:1-65535",
    }


def _furnish(scene: Scene) -> list[str]:
    """Providers of the house and of a partner, and applications of all; their tokens."""
    for name in HOUSE:
        scene.provider(name, features={"latency_s": 0.002})
    with session_for(scene.engine) as session:
        one, other = a_partner(session, slug="one"), a_partner(session, slug="other")
        session.commit()
    scene.provider(PARTNER, features={"latency_s": 0.002}, partner_id=one.id)
    owners = ("", one.slug, other.slug)
    return [a_token(scene.engine, partner_slug=slug) for slug in owners]


def _arguments(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text("utf-8").split("\0")
    except OSError:
        return []
