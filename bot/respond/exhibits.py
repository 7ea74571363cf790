"""What lets people believe an answer: groups and growth, pictures of what the first finding is about, the evidence itself.

Made before the transaction that records the answer: drawing and packing take their time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from bot.collect.archive import pack
from bot.collect.bundle import as_it_is, write_bundle
from bot.diagnose import Engine, Outcome
from bot.model.diagnosis import Finding
from bot.model.evidence import Bundle, Evidence, Kind
from bot.model.facts import (
    AllocationGrowthRow,
    AllocationSiteRow,
    BlockedCallRow,
    ChannelWaitRow,
    GoroutineEntryRow,
    GoroutineGroupRow,
    GoroutineGrowthRow,
    LockWaitRow,
    MetricSeriesRow,
    Row,
)
from bot.model.history import MetricsHistory
from bot.model.message import Figure, SlackFile
from bot.model.profiles import Profile
from bot.model.units import format_size
from bot.render.charts import line_chart
from bot.render.flamegraph import flame_graph, profile_stacks
from bot.render.slack.replies import Exhibits
from bot.render.svg import Series

PIECE_BYTES = 1_000_000
PACKED_BYTES = 4_000_000
INUSE = "inuse_space"

ABOUT_GOROUTINES = (GoroutineGroupRow, GoroutineGrowthRow, GoroutineEntryRow, BlockedCallRow, ChannelWaitRow, LockWaitRow)
ABOUT_MEMORY = (AllocationSiteRow, AllocationGrowthRow)


def exhibits_of(outcome: Outcome, engine: Engine) -> Exhibits:
    """Return the exhibits of an outcome; pictures and tables only of what its first finding is about."""
    packed, left_out = _evidence(outcome.bundle)
    if not outcome.diagnosis.findings:
        return Exhibits(evidence=packed, left_out=left_out) if left_out else Exhibits()
    first = outcome.diagnosis.findings[0]
    rows = [row for selected in first.rows.values() for row in selected]
    facts = outcome.facts
    here = first.instances[0] if first.instances else ""
    about_goroutines = any(isinstance(row, ABOUT_GOROUTINES) for row in rows)
    about_memory = any(isinstance(row, ABOUT_MEMORY) for row in rows)
    return Exhibits(
        groups=tuple(row for row in facts.goroutine_groups if row.target == here) if about_goroutines else (),
        goroutine_growth=_risen(facts.goroutine_growth, here) if _about_growth(rows) else (),
        allocation_growth=_more_memory(facts.allocation_growth, here) if about_memory else (),
        figures=tuple(_figures(outcome, engine, first, rows)),
        evidence=packed,
        left_out=left_out,
    )


def _about_growth(rows: Sequence[Row]) -> bool:
    """Say whether rows tell of goroutines that became more; where they do not, what came and went by itself is only noise."""
    return any(
        isinstance(row, GoroutineGrowthRow) or (isinstance(row, GoroutineGroupRow) and (row.count_change or 0) > 0)
        for row in rows
    )


def _risen(rows: Sequence[GoroutineGrowthRow], instance: str) -> tuple[GoroutineGrowthRow, ...]:
    risen = (row for row in rows if row.target == instance and row.count_change > 0)
    return tuple(sorted(risen, key=lambda row: -row.count_change))


def _more_memory(rows: Sequence[AllocationGrowthRow], instance: str) -> tuple[AllocationGrowthRow, ...]:
    risen = (row for row in rows if row.target == instance and row.inuse_bytes_change > 0)
    return tuple(sorted(risen, key=lambda row: -row.inuse_bytes_change))


def _figures(outcome: Outcome, engine: Engine, first: Finding, rows: Sequence[Row]) -> Iterator[Figure]:
    """Yield one picture of each kind of thing that the first finding is about."""
    service, here = outcome.diagnosis.service, first.instances[0] if first.instances else ""
    where = f" on {here}" if here not in ("", service) else ""
    culprit = first.culprit.function if first.culprit else ""
    if any(isinstance(row, ABOUT_GOROUTINES) for row in rows):
        stacks = [
            ((f"[{row.state}]", *row.stack) if row.state else row.stack, row.count)
            for row in outcome.facts.goroutine_groups
            if row.target == here
        ]
        if stacks:
            yield flame_graph(stacks, title=f"Goroutines of {service}{where}", unit="goroutines", culprit=culprit)
    if any(isinstance(row, ABOUT_MEMORY) for row in rows) and (profile := _heap(outcome.bundle, engine, here)):
        title = f"Memory in use of {service}{where}"
        yield flame_graph(profile_stacks(profile, INUSE), title=title, unit="bytes", culprit=culprit)
    names = dict.fromkeys(row.name for row in rows if isinstance(row, MetricSeriesRow))
    for name in list(names)[:1]:
        if series := _series(outcome.bundle, engine, name):
            unit = "bytes" if name.endswith("_bytes") else name.rsplit("_", 1)[-1]
            yield line_chart(series, title=f"{name} of {service}", unit=unit)


def _heap(bundle: Bundle, engine: Engine, instance: str) -> Profile | None:
    found = (piece for piece in bundle.evidence if piece.kind is Kind.HEAP and piece.instance == instance and not piece.sample)
    reading = next((engine.read(piece).reading for piece in found), None)
    return reading if isinstance(reading, Profile) else None


def _series(bundle: Bundle, engine: Engine, name: str) -> list[Series]:
    """Return how a metric went on every instance, as far as the metrics history knows it."""
    readings = (engine.read(piece).reading for piece in bundle.evidence if piece.kind is Kind.HISTORY)
    return [
        Series(
            one.label("instance") or name, tuple((datetime.fromtimestamp(point.at, tz=UTC), point.value) for point in one.points)
        )
        for reading in readings
        if isinstance(reading, MetricsHistory)
        for one in reading.series
        if one.name == name and len(one.points) > 1
    ]


def _evidence(bundle: Bundle) -> tuple[SlackFile | None, tuple[str, ...]]:
    """Pack the small pieces of evidence, masked as they were kept, into one file; name the large ones, with their size."""
    kept: list[Evidence] = []
    left_out: list[str] = []
    room = PACKED_BYTES
    for piece in bundle.evidence:
        size = piece.size_bytes
        if size > min(PIECE_BYTES, room):
            of = f" of {piece.instance}" if piece.instance else ""
            left_out.append(f"{piece.name}{of}, {format_size(size)}")
            continue
        room -= size
        kept.append(piece)
    if not kept:
        return None, tuple(left_out)
    name = f"{bundle.service}-{bundle.taken_at:%Y%m%d-%H%M%S}"
    with TemporaryDirectory(prefix="gocrash-") as scratch:
        directory, packed = Path(scratch, name), Path(scratch, f"{name}.tar.gz")
        write_bundle(replace(bundle, evidence=tuple(kept), baseline=None), directory, as_it_is)
        pack(directory, packed)
        return SlackFile(name=packed.name, title=f"Evidence of {bundle.service}", content=packed.read_bytes()), tuple(left_out)
