"""What has become of earlier findings, in words and numbers; for the timeline and for JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from bot.model.diagnosis import Diagnosis
from bot.model.incident import Incident
from bot.model.recovery import Recovery
from bot.model.units import format_duration, format_ratio, format_size
from bot.render.prose import one_line

_UNITS = {"bytes": format_size, "ratio": format_ratio, "seconds": format_duration}
SAID = {True: "recovered", False: "not recovered", None: "cannot be judged"}


def verdict(recoveries: Sequence[Recovery]) -> bool | None:
    """Return whether all of it has recovered; None when that is not known, or there was nothing."""
    outcomes = {recovery.recovered for recovery in recoveries}
    return False if False in outcomes else None if None in outcomes or not outcomes else True


def sentence(incident: Incident, recoveries: Sequence[Recovery], diagnosis: Diagnosis) -> str:
    """Return the answer in a sentence."""
    if not recoveries:
        return f"{incident.key} of {incident.service}: there was nothing to compare with; now {one_line(diagnosis.verdict)}"
    said = {True: "has recovered", False: "has not recovered", None: "cannot be judged: evidence is missing"}
    return f"{incident.key} of {incident.service} {said[verdict(recoveries)]}"


def lines(recoveries: Sequence[Recovery]) -> Iterator[str]:
    """Yield a line for each finding.

    >>> leak = Recovery(fingerprint="f", title="Goroutines leak", column="count", before=412, after=3, recovered=True)
    >>> heap = Recovery(fingerprint="g", title="The heap grows", column="inuse_bytes", before=2.5e6, after=4e6, recovered=False)
    >>> gone = Recovery(fingerprint="h", title="panic", column="count", before=2, recovered=True)
    >>> dark = Recovery(fingerprint="i", title="panic", recovered=None)
    >>> print(*lines([leak, heap, gone, dark]), sep="; ")
    recovered: Goroutines leak, 412 → 3; not recovered: The heap grows, 2.5 MB → 4 MB; recovered: panic, 2 → none; \
cannot be judged: panic, the evidence for it was not there
    """
    for recovery in recoveries:
        said, title = SAID[recovery.recovered], one_line(recovery.title)
        if recovery.recovered is None:
            why = "the evidence for it was not there" if recovery.after is None else "the log does not say when it was"
            yield f"{said}: {title}, {why}"
        elif recovery.before is None:
            yield f"{said}: {title}"
        else:
            yield f"{said}: {title}, {_amount(recovery, recovery.before)} → {_amount(recovery, recovery.after)}"


def recovered_document(recoveries: Sequence[Recovery]) -> dict[str, Any]:
    """Return the JSON field `recovered`: what has become of each finding, by its fingerprint."""
    return {
        recovery.fingerprint: {
            "title": recovery.title,
            "before": recovery.before,
            "after": recovery.after,
            "recovered": recovery.recovered,
        }
        for recovery in recoveries
    }


def _amount(recovery: Recovery, value: float | None) -> str:
    if value is None:
        return "none"
    unit = _UNITS.get(recovery.column.rpartition("_")[2])
    return unit(value) if unit else f"{value:,.1f}".removesuffix(".0")
