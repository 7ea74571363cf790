"""`collection`: which evidence was had, of whom, and how completely it was read."""

from __future__ import annotations

from bot.facts.readings import Instance
from bot.model.evidence import CollectFailure, Kind
from bot.model.facts import CollectionRow
from bot.model.goroutines import GoroutineDump
from bot.model.logs import LogReading
from bot.model.snapshot import Parsed


def collection(instance: Instance) -> list[CollectionRow]:
    """Return one row per piece of evidence of an instance, in the order in which it was collected.

    A log that holds goroutines, printed by a crash or on SIGQUIT, counts as goroutine evidence too.
    """
    rows = [_row(parsed) for parsed in instance.now.parsed]
    for evidence, log in instance.now.of(LogReading):
        dumps = [*log.dumps, *(crash.dump for crash in log.crashes if crash.dump and crash.dump.parsed > 1)]
        rows += [
            CollectionRow(
                kind=Kind.GOROUTINE.value,
                ok=True,
                truncated=dump.truncated,
                parsed=dump.parsed,
                seen=dump.seen,
                target=evidence.instance,
                evidence=evidence.name,
            )
            for dump in dumps
        ]
    return rows


def failed_collection(failures: tuple[CollectFailure, ...]) -> list[CollectionRow]:
    """Return one row per piece of evidence that could not be had."""
    return [
        CollectionRow(
            kind=failure.kind.value,
            ok=False,
            truncated=False,
            reason=failure.reason,
            target=failure.target.instance if failure.target else "",
        )
        for failure in failures
    ]


def _row(parsed: Parsed) -> CollectionRow:
    evidence, reading = parsed.evidence, parsed.reading
    dump = reading if isinstance(reading, GoroutineDump) else None
    cut = evidence.truncated or (isinstance(reading, GoroutineDump | LogReading) and reading.truncated)
    return CollectionRow(
        kind=evidence.kind.value,
        ok=reading is not None,
        truncated=cut,
        reason=parsed.error or None,
        bytes=evidence.size_bytes,
        duration_seconds=evidence.duration_seconds,
        parsed=dump.parsed if dump else None,
        seen=dump.seen if dump else None,
        target=evidence.instance,
        evidence=evidence.name,
    )
