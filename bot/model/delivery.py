"""What became of a message handed to Slack: `Posted`, `Postponed` or `Refused`."""

from __future__ import annotations

from dataclasses import dataclass

from bot.errors import SlackError


@dataclass(frozen=True, slots=True)
class Posted:
    """Slack has it. `ts` is the message's timestamp (a file's id for files, empty for answers to a response URL)."""

    ts: str


@dataclass(frozen=True, slots=True)
class Postponed:
    """Try again after `seconds`. `uncertain`: Slack may have it already, so look before posting again."""

    seconds: float
    reason: str
    uncertain: bool = False


@dataclass(frozen=True, slots=True)
class Refused:
    """Slack will not take it, now or later; the error says why, in a sentence for people."""

    error: SlackError


Delivery = Posted | Postponed | Refused
