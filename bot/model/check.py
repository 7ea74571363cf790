"""What an examination of the installation found: `Check`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """Whether what was looked at holds; `skipped` where there was nothing to look at."""

    OK = "ok"
    WRONG = "wrong"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Check:
    """One line of an examination.

    Attributes:
        area: what it belongs to: `configuration`, `slack`, `services`, `database`, …
        state: whether it holds.
        text: what was seen; where it is wrong, also how to mend it; where it was skipped, why.
    """

    area: str
    state: State
    text: str


def ok(area: str, text: str) -> Check:
    """Return a check that holds."""
    return Check(area, State.OK, text)


def wrong(area: str, text: str) -> Check:
    """Return a check that does not hold; the text says how to mend it."""
    return Check(area, State.WRONG, text)


def skipped(area: str, text: str) -> Check:
    """Return a check for which there was nothing to look at; the text says why."""
    return Check(area, State.SKIPPED, text)
