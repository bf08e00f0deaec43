"""What all rows share: how much of everything, a folder, the databases, remarks."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tools.bench.databases import KINDS, Databases
from tools.bench.house import House, open_house
from tools.bench.line import NotMeasured


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much of everything; times in seconds."""

    drained: int
    """Mails of a drained queue."""
    limit: int
    posts: int
    delayed: int
    """Mails over the slow line."""
    one_by_one: int
    """Mails for the latencies."""
    backlog: int
    asked: int
    """Requests to each mail API."""
    idle_s: float
    waiting: int
    """Mails in the queue of a large house, and rows of its mailing log."""
    attempts: int
    looks: int
    """At each page."""
    row_s: float
    """After which a row is given up."""


FULL = Sizes(
    drained=20_000,
    limit=20_000,
    posts=10_000,
    delayed=2_000,
    one_by_one=200,
    backlog=1_000_000,
    asked=2_000,
    idle_s=60,
    waiting=1_000_000,
    attempts=10_000_000,
    looks=40,
    row_s=600,
)
QUICK = Sizes(
    drained=2_000,
    limit=4_000,
    posts=500,
    delayed=400,
    one_by_one=20,
    backlog=20_000,
    asked=200,
    idle_s=5,
    waiting=20_000,
    attempts=100_000,
    looks=10,
    row_s=120,
)


@dataclass
class Bench:
    """One run."""

    sizes: Sizes
    folder: Path
    databases: Databases
    remarks: list[str] = field(default_factory=list)
    """For below the table."""
    places: int = 0

    def place(self) -> Path:
        """A new folder below that of the run."""
        self.places += 1
        made = self.folder / f"place-{self.places}"
        made.mkdir()
        return made

    @contextmanager
    def house(self, kind: str, *, sink_port: int) -> Iterator[House]:
        """A fresh Postroom on a database of that kind."""
        with self.databases.fresh(kind) as url:
            yield open_house(url, self.place(), sink_port=sink_port)

    def ours(self, what: str, measure: Callable[[Bench, str], float]) -> dict[str, float]:
        """Postroom's figure on each database, the better of two tries.

        Others on the machine can only slow one down; a rival has the same chance by its settings,
        of which the best counts. A database that fails is remarked on and left out.
        """
        figures: dict[str, float] = {}
        for kind in KINDS * 2:
            say(f"Postroom, {what}, {kind}")
            try:
                figure = measure(self, kind)
            except NotMeasured as reason:
                self.remarks.append(f"{what}, {kind}: {reason}")
                say(f"  not measured: {reason}")
            else:
                say(f"  {figure:,.0f}/s")
                figures[kind] = max(figure, figures.get(kind, 0))
        return figures

    def best(self, rival: str, tries: Mapping[str, Callable[[], float]]) -> float | None:
        """The best figure that a rival reaches with any of these settings; None without any."""
        figures = self.each(rival, tries)
        if not figures:
            return None
        best = max(figures, key=lambda setting: figures[setting])
        self.remarks.append(f"{rival} was best with {best}, of {len(figures)} settings.")
        return figures[best]

    def each(self, rival: str, tries: Mapping[str, Callable[[], float]]) -> dict[str, float]:
        """A rival's figure with each of these settings; a remark says why there is none."""
        figures: dict[str, float] = {}
        for setting, measure in tries.items():
            say(f"{rival}, {setting}")
            try:
                figures[setting] = measure()
            except NotMeasured as reason:
                say(f"  not measured: {reason}")
                self._remark_once(f"{rival} was not measured: {reason}")
            else:
                say(f"  {figures[setting]:,.0f}/s")
        return figures

    def _remark_once(self, text: str) -> None:
        if text not in self.remarks:
            self.remarks.append(text)


def say(text: str) -> None:
    """Tells whoever waits how it goes."""
    print(f"  {time.strftime('%H:%M:%S')} {text}", flush=True)
