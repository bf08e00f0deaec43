"""The ways in which a use case is refused; whoever asked turns them into a page or an exit."""

from __future__ import annotations


class Refusal(Exception):
    """A use case that was refused; nothing was changed.

    `message` is English text, shown to people after translation; placeholders of the form
    `%(name)s` are filled from `values`.
    """

    def __init__(self, message: str = "", **values: object) -> None:
        super().__init__(message % values if values else message)
        self.message = message
        self.values = values


class NotFound(Refusal):
    """It is not there, or it is not the actor's to see."""


class NotAllowed(Refusal):
    """The actor has no permission for it."""


class Conflict(Refusal):
    """It does not fit the present state, for example because somebody else was quicker."""


class TooMany(Refusal):
    """It was tried too often; `wait_s` is how long to wait."""

    def __init__(self, message: str, *, wait_s: int, **values: object) -> None:
        super().__init__(message, **values)
        self.wait_s = wait_s


class Invalid(Refusal):
    """What was given cannot be used; `errors` has a message for each field."""

    def __init__(self, errors: dict[str, str]) -> None:
        super().__init__(" ".join(errors.values()))
        self.errors = errors


def N_(text: str) -> str:  # noqa: N802 - the name that the catalogue's extractor looks for
    """Marks a text for the catalogue where it is written; it is translated where it is shown."""
    return text
