"""What an incident's findings measured at each diagnosis → charts below the drawing of its timeline, on the same axis of time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from bot.model.numbers import Measured
from bot.render.drawing import Drawing
from bot.render.prose import one_line
from bot.render.svg import Chart, Series, lines

CHARTS_AT_MOST = 4


@dataclass(frozen=True, slots=True)
class Growth:
    """One finding over the diagnoses of an incident.

    Attributes:
        title: the finding's.
        measure: what its playbook measures, `selection.column`.
        points: when it was measured, and what; in order of time.
    """

    title: str
    measure: str
    points: tuple[tuple[datetime, float], ...]


def growths_of(measured: Iterable[Measured], measures: Mapping[str, str]) -> tuple[Growth, ...]:
    """Return each finding's growth, those measured most often first; `measures` says what a playbook measures."""
    findings: defaultdict[str, list[Measured]] = defaultdict(list)
    for each in measured:
        findings[each.fingerprint].append(each)
    ordered = sorted(findings.values(), key=len, reverse=True)
    return tuple(
        Growth(
            found[-1].title,
            measures.get(found[-1].playbook, "measure"),
            tuple((each.measured_at, each.value) for each in found),
        )
        for found in ordered
    )


def growth_charts(growths: Sequence[Growth], drawing: Drawing, *, zone: tzinfo = UTC) -> tuple[Chart, ...]:
    """Return a chart for each of the first findings, with the status of the incident behind its line."""
    return tuple(
        lines(
            [Series(growth.measure, growth.points)],
            title=one_line(growth.title),
            unit=unit_of(growth.measure),
            since=drawing.began_at,
            until=drawing.ended_at,
            zone=zone,
            bands=[(band.x, band.width, band.status) for band in drawing.bands],
        )
        for growth in growths[:CHARTS_AT_MOST]
    )


def unit_of(measure: str) -> str:
    """Return the unit that a column's name carries.

    >>> unit_of("site.inuse_bytes"), unit_of("process.gc_cpu_ratio"), unit_of("lock.waiters")
    ('bytes', 'ratio', 'count')
    """
    last = measure.rpartition("_")[2]
    return last if last in ("bytes", "seconds", "ratio") else "count"
