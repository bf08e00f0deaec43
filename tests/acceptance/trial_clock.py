"""The clock of processes under trial, set wrong and right again while they run.

They are started with its `environment`; the rest is done by `clock/sitecustomize.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from tests.kit.patience import until

LOADED = Path(__file__).parent / "clock"


@dataclass(frozen=True)
class TrialClock:
    """Right at first."""

    path: Path
    """A file that holds the seconds by which it is wrong."""

    @property
    def environment(self) -> Mapping[str, str]:
        """What processes that live by this clock are started with."""
        return {"PYTHONPATH": str(LOADED), "TRIAL_CLOCK": str(self.path)}

    def set(self, wrong_by: timedelta) -> None:
        """Its processes have it so a moment later."""
        draft = self.path.with_suffix(".draft")
        draft.write_text(str(wrong_by.total_seconds()), "ascii")
        draft.replace(self.path)

    def set_everywhere(self, wrong_by: timedelta) -> None:
        """The same, and returns once all its processes have it so."""
        self.set(wrong_by)
        text = str(wrong_by.total_seconds())
        until(lambda: all(seen.read_text("ascii") == text for seen in self._seen()))

    def _seen(self) -> list[Path]:
        """For each process that is there, a file that says how wrong its clock is."""
        files = self.path.parent.glob(f"{self.path.name}.seen-*")
        return [file for file in files if Path(f"/proc/{file.name.partition('-')[2]}").exists()]
