"""The data directory: may it be written, is the database sound, is the evidence there, does the disk have room."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryFile

from bot.config import Retention
from bot.errors import StoreError
from bot.incidents.backup import problems
from bot.incidents.health import Health, damaged_evidence, health_of
from bot.incidents.store import DATABASE_NAME, EVIDENCE_NAME
from bot.model.check import Check, ok, skipped, wrong
from bot.model.units import format_duration, format_size

SAMPLE = 20
"""Pieces of evidence that are read, the newest ones, unless all are asked for."""

_AREA = "database"
_RESTORE = "`gocrash db restore` puts the last backup in its place"
# Clocks of one machine are corrected by small steps; more than this is a wrong clock.
_BACKWARDS = timedelta(minutes=1)


def checks(data: Path, *, retention: Retention, now: datetime, deep: bool) -> Iterator[Check]:
    """Yield what holds of the data directory and what is in it."""
    if not data.is_dir():
        yield skipped("data", f"there is no directory {data} yet: `gocrash serve` makes it")
        return
    yield _writable(data)
    database = data / DATABASE_NAME
    if not database.exists():
        yield skipped(_AREA, f"nothing is stored in {data} yet")
        yield _room(data, 0, retention)
        return
    try:
        found = problems(database)
        health = None if found else health_of(database)
    except StoreError as error:
        yield wrong(_AREA, str(error))
        return
    if health is None:
        yield from (wrong(_AREA, f"{database}: {problem}; {_RESTORE}") for problem in found)
        return
    yield ok(_AREA, f"{database} is sound")
    yield from _settings(health)
    yield _clock(health, now)
    yield from _evidence(data, health, deep=deep)
    yield _room(data, health.evidence_bytes, retention)


def _writable(data: Path) -> Check:
    try:
        with TemporaryFile(dir=data):
            pass
    except OSError as error:
        return wrong("data", f"{data} cannot be written ({error.strerror}): let the bot's user write there")
    return ok("data", f"{data} can be written")


def _settings(health: Health) -> Iterator[Check]:
    if health.version > health.newest:
        said = f"its schema has version {health.version}, this gocrash knows {health.newest}: start the newer gocrash"
        yield wrong(_AREA, said)
    elif health.version < health.newest:
        yield ok(_AREA, f"its schema has version {health.version}; the next start brings it to {health.newest}")
    else:
        yield ok(_AREA, f"its schema has the newest version, {health.newest}")
    if health.journal != "wal":
        yield wrong(_AREA, f"its journal mode is {health.journal}, not wal: start the bot once, which switches it on")


def _clock(health: Health, now: datetime) -> Check:
    if health.last_written_at and health.last_written_at - now > _BACKWARDS:
        behind = format_duration((health.last_written_at - now).total_seconds())
        return wrong("clock", f"this machine is {behind} behind what it has written last: set its clock (NTP)")
    return ok("clock", "is not behind what was written last")


def _evidence(data: Path, health: Health, *, deep: bool) -> Iterator[Check]:
    damaged = damaged_evidence(data / DATABASE_NAME, data / EVIDENCE_NAME, hashed=None if deep else SAMPLE)
    yield from (wrong("evidence", text) for text in damaged)
    if not damaged:
        read = "every one was read" if deep or health.evidence <= SAMPLE else f"the newest {SAMPLE} were read, --deep reads all"
        size = format_size(health.evidence_bytes)
        yield ok("evidence", f"{health.evidence} pieces, {size}, are there; {read}" if health.evidence else "none is kept yet")


def _room(data: Path, kept: int, retention: Retention) -> Check:
    free = shutil.disk_usage(data).free
    growth = max(retention.evidence_max - kept, 0)
    if kept > retention.evidence_max:
        most = format_size(retention.evidence_max)
        return wrong("disk", f"evidence takes {format_size(kept)}, `retention.evidence_max` is {most}: run `gocrash db prune`")
    if free < growth:
        said = f"{format_size(free)} are free, evidence may still grow by {format_size(growth)}"
        return wrong("disk", f"{said}: free some space, or lower `retention.evidence_max` in the configuration")
    return ok("disk", f"{format_size(free)} are free, evidence may grow by {format_size(growth)}")
