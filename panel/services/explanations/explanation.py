"""The form of an explanation."""

from __future__ import annotations

from dataclasses import dataclass

from panel.services.explanations.advice import TO_WAIT


@dataclass(frozen=True, slots=True)
class Explanation:
    """What happened, then what to do; English, to be translated where it is shown."""

    cause: str
    advice: str

    @property
    def is_to_wait(self) -> bool:
        """Whether all that is to be done is to wait for a further try."""
        return self.advice in TO_WAIT
