"""A Postroom for one row: a fresh database, one provider (the sink), its worker and its panel."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from panel.domain.provider import Encryption, ProviderType, ServiceType
from panel.storage.database import make_engine, session_for
from panel.storage.models import Provider, ProviderList
from panel.storage.schema import migrate
from tests.kit.patience import until
from tests.kit.ports import free_port
from tests.kit.processes import answers
from tools.bench.line import NotMeasured
from tools.bench.processes import finished, running, until_printed

POSTROOM = [sys.executable, "-m", "panel"]
START_S = 60.0
CONNECTIONS = 10
"""To the sink, by everybody who is measured."""


@dataclass(frozen=True, slots=True)
class House:
    """An installation whose only provider is the sink."""

    url: str
    folder: Path

    @property
    def environment(self) -> dict[str, str]:
        """Its settings; all else is as delivered."""
        return {
            "POSTROOM_INSTANCE": str(self.folder / "instance"),
            "POSTROOM_DATABASE_URL": self.url,
            "POSTROOM_LOG_FORMAT": "json",
        }

    @contextmanager
    def worker(self, *, of: int = 1) -> Iterator[subprocess.Popen[bytes]]:
        """A worker that has begun: one of so many that share ten connections."""
        log = self.folder / f"worker-{free_port()}.log"
        command = [*POSTROOM, "worker", "--connections", str(CONNECTIONS // of)]
        with running(command, log=log, environment=self.environment) as process:
            until_printed(process, log, "worker_started", timeout_s=START_S)
            try:
                yield process
            except NotMeasured as reason:
                said = log.read_text("utf-8", "replace").splitlines()[1:][-2:]
                raise NotMeasured(f"{reason} The worker said: {' / '.join(said) or '-'}") from None

    @contextmanager
    def web(self, *, processes: int = 1) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
        """The panel and the API, answering; with the port."""
        port, log = free_port(), self.folder / "web.log"
        command = [*POSTROOM, "web", "--port", str(port), "--processes", str(processes)]
        with running(command, log=log, environment=self.environment) as process:
            try:
                until(lambda: answers(f"http://127.0.0.1:{port}/healthz"), timeout_s=START_S)
            except AssertionError:
                raise NotMeasured("The panel does not answer.") from None
            yield process, port

    def token(self) -> str:
        """What a new application of it signs in with."""
        command = [*POSTROOM, "application", "add", "bench", "--streams", "system", "--json"]
        printed = finished(command, timeout_s=START_S, environment=self.environment)
        token: str = json.loads(printed)["token"]
        return token


def open_house(url: str, folder: Path, *, sink_port: int) -> House:
    """Makes the tables in an empty database, and the provider."""
    folder.mkdir(parents=True, exist_ok=True)
    engine = make_engine(url)
    try:
        migrate(engine)
        with session_for(engine) as session:
            session.add(ProviderList(owner="house", version=1))
            session.add(_provider(sink_port, datetime.now(UTC)))
            session.commit()
    finally:
        engine.dispose()
    return House(url, folder)


def _provider(port: int, now: datetime) -> Provider:
    return Provider(
        type=ProviderType.SMTP,
        driver="smtp",
        name="sink",
        host="127.0.0.1",
        port=port,
        encryption=Encryption.NONE,
        from_email="post@house.test",
        service_type=ServiceType.PRIMARY,
        is_active=True,
        created_at=now,
        updated_at=now,
    )
