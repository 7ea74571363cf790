"""What every verb needs: the store, the number of the incident, who acts, and times as people write them."""

from __future__ import annotations

import getpass
from collections.abc import Callable
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from bot.errors import UsageError

if TYPE_CHECKING:
    from bot.incidents.store import Store
    from bot.model.evidence import Bundle

F = TypeVar("F", bound=Callable[..., Any])


class _Moment(click.ParamType[datetime]):
    """A time such as `2026-11-20 14:02` or `2026-11-20T15:02:11+01:00`; UTC where it says nothing else."""

    name = "time"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Read the text."""
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"`{value}` is no time: write 2026-11-20T14:02 (UTC) or 2026-11-20T15:02+01:00", param, ctx)
        zoned = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
        if zoned > now():
            self.fail(f"`{value}` has not come yet: give the time (UTC) at which it happened", param, ctx)
        return zoned


MOMENT = _Moment()


class _Zone(click.ParamType[tzinfo]):
    """A time zone by its name, such as `Europe/Berlin`."""

    name = "zone"

    def convert(self, value: str | tzinfo, param: click.Parameter | None, ctx: click.Context | None) -> tzinfo:
        """Look the name up."""
        from zoneinfo import ZoneInfo  # noqa: PLC0415  # `--help` needs none of it

        try:
            return value if isinstance(value, tzinfo) else ZoneInfo(value)
        except (KeyError, ValueError, OSError):
            self.fail(f"`{value}` is no time zone: write a name such as Europe/Berlin or UTC", param, ctx)


def said(text: str) -> str:
    """Return what somebody has typed as it is stored: without the secrets that may be in it."""
    from bot.redact import Redactor  # noqa: PLC0415  # `--help` needs none of it

    return Redactor().line(text)


def say_missing(bundle: Bundle) -> None:
    """Name on standard error the evidence of an incident that is there no more; the rest goes on without it."""
    from bot.retrospect.saved import missing_from  # noqa: PLC0415  # `--help` needs none of it

    for problem in missing_from(bundle):
        click.echo(f"gocrash: {problem}", err=True)


def zone_option(function: F) -> F:
    """Add `--zone NAME`."""
    return click.option(
        "--zone", type=_Zone(), default="UTC", show_default=True, help="Time zone of times that people read.", metavar="NAME"
    )(function)


def actor_option(function: F) -> F:
    """Add `--by NAME`."""
    return click.option(
        "--by", "actor", default=getpass.getuser, show_default="the user of this terminal", metavar="NAME", help="Who does this."
    )(function)


def open_store(data: Path, *, reading: bool = False) -> Store:
    """Open the store of a bot that has run before; for `reading` only, the disk may be full or not writable.

    Raises:
        UsageError: nothing was ever stored there.
    """
    from bot.incidents.store import DATABASE_NAME, Store  # noqa: PLC0415  # `--help` needs none of it

    if not (data / DATABASE_NAME).exists():
        raise UsageError(f"there is no database in {data}: give the bot's directory with --data, or set GOCRASH_DATA")
    return Store(data, reading=reading)


def incident_number(key: str) -> int:
    """Read `INC-7` or `7`.

    Raises:
        UsageError: it is neither.
    """
    text = key.upper().removeprefix("INC-")
    if not (text.isascii() and text.isdecimal()):
        raise UsageError(f"`{key}` is no incident: write INC-7 or 7")
    return int(text)


def now() -> datetime:
    """Return the time (UTC)."""
    return datetime.now(UTC)
