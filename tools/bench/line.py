"""One line of the table: a figure, what it is held against, and whether it got there."""

from __future__ import annotations

from dataclasses import dataclass


class NotMeasured(Exception):
    """A figure could not be taken; the text says why and, where that helps, what to install."""


class TookTooLong(Exception):
    """A row, or the run, has used up its time; goes through whatever deals with NotMeasured."""


@dataclass(frozen=True, slots=True)
class Race:
    """A rate beside a rival's; more is better."""

    what: str
    figure: float
    rival: str
    rival_figure: float | None
    """None when the rival could not be measured."""
    wanted: float | None = None
    """The least ratio to the rival's figure; None when the figure only informs."""
    unit: str = "/s"

    @property
    def ratio(self) -> float | None:
        """How many times the rival's figure."""
        return self.figure / self.rival_figure if self.rival_figure else None

    @property
    def is_reached(self) -> bool | None:
        """None when there is nothing to reach or nothing to compare with."""
        if self.wanted is None or self.ratio is None:
            return None
        return self.ratio >= self.wanted


@dataclass(frozen=True, slots=True)
class Bound:
    """A figure that must not be exceeded; less is better."""

    what: str
    figure: float
    unit: str
    at_most: float | None = None
    """None when the figure only informs."""

    @property
    def is_reached(self) -> bool | None:
        """None when there is nothing to keep to."""
        return None if self.at_most is None else self.figure <= self.at_most


@dataclass(frozen=True, slots=True)
class Compared:
    """A figure that must not be exceeded, nor be much more than the same with few rows."""

    what: str
    figure: float
    beside: float
    """The figure with few rows, in the same run."""
    unit: str
    at_most: float
    at_most_times: float | None = None
    """The largest ratio to the figure beside it; None when only the figure counts."""

    @property
    def ratio(self) -> float | None:
        """How many times the figure with few rows."""
        return self.figure / self.beside if self.beside else None

    @property
    def is_reached(self) -> bool:
        """Whether both are kept to."""
        is_slower = self.at_most_times is not None and (self.ratio or 0) > self.at_most_times
        return self.figure <= self.at_most and not is_slower


Line = Race | Bound | Compared
