"""`log_events`, `gateway_errors` and `races`: what logs say, apart from crashes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from bot.facts.culprit import Ownership
from bot.facts.readings import Instance, shorten
from bot.model.evidence import Kind
from bot.model.facts import GatewayErrorRow, LogEventRow, RaceRow
from bot.model.functions import normalise_function
from bot.model.goroutines import Frame
from bot.model.logs import LogReading

_SOURCES = {Kind.GATEWAY_LOG: "gateway", Kind.KERNEL_LOG: "kernel", Kind.KUBELET_LOG: "kubelet"}
_LEVELS = ("fatal", "panic", "error", "warn")


def log_events(instance: Instance) -> list[LogEventRow]:
    """Return one row per distinct message of each log, the gravest level first, then the most frequent."""
    rows = [
        LogEventRow(
            text=event.text,
            level=event.level or None,
            count=event.count,
            first_seen=event.first_seen,
            last_seen=event.last_seen,
            source=_SOURCES.get(evidence.kind, "service"),
            ends_log=event.ends_log,
            target=evidence.instance,
            evidence=evidence.name,
            locator=event.locator,
            excerpt=shorten(event.sample),
        )
        for evidence, log in instance.now.of(LogReading)
        for event in log.events
    ]
    return sorted(rows, key=lambda row: (_gravity(row.level), -row.count, row.text))


def gateway_errors(instance: Instance) -> list[GatewayErrorRow]:
    """Return one row per kind, upstream and status, the most frequent first; the same from several logs is added up."""
    rows: dict[tuple[str, str, int | None], GatewayErrorRow] = {}
    for evidence, log in instance.now.of(LogReading):
        for error in log.gateway_errors:
            key = (error.kind, error.upstream, error.status)
            known = rows.get(key)
            rows[key] = GatewayErrorRow(
                kind=error.kind,
                upstream=error.upstream,
                status=error.status,
                count=error.count + (known.count if known else 0),
                first_seen=min(_times(error.first_seen, known.first_seen if known else None), default=None),
                last_seen=max(_times(error.last_seen, known.last_seen if known else None), default=None),
                target=evidence.instance,
                evidence=known.evidence if known else evidence.name,
                locator=known.locator if known else error.locator,
                excerpt=known.excerpt if known else shorten(error.excerpt),
            )
    return sorted(rows.values(), key=lambda row: (-row.count, row.kind, row.upstream))


def races(instance: Instance, ownership: Ownership) -> list[RaceRow]:
    """Return one row per pair of accesses, repeats counted, the most frequent first."""
    rows: dict[tuple[str, int, str, int], RaceRow] = {}
    for evidence, log in instance.now.of(LogReading):
        for race in log.races:
            caught, other = _accessing(race.stack, ownership), _accessing(race.previous_stack, ownership)
            key = (_name(caught), caught.line if caught else 0, _name(other), other.line if other else 0)
            if key in rows:
                rows[key] = replace(rows[key], count=rows[key].count + 1)
                continue
            place = ownership.place(caught) if caught else None
            rows[key] = RaceRow(
                access=race.access,
                previous_access=race.previous_access,
                function=place.function if place else None,
                file=place.file if place else None,
                line=place.line if place else None,
                previous_function=other.function if other else None,
                target=evidence.instance,
                evidence=evidence.name,
                locator=race.locator,
                excerpt=shorten(race.excerpt),
            )
    return sorted(rows.values(), key=lambda row: (-row.count, row.function or "", row.line or 0))


def _accessing(stack: tuple[Frame, ...], ownership: Ownership) -> Frame | None:
    """Return the culprit of one side of a race, or its innermost frame."""
    return ownership.culprit(stack) or next(iter(stack), None)


def _name(frame: Frame | None) -> str:
    return normalise_function(frame.function) if frame else ""


def _gravity(level: str | None) -> int:
    return _LEVELS.index(level) if level in _LEVELS else len(_LEVELS)


def _times(*times: datetime | None) -> Iterator[datetime]:
    return (time for time in times if time)
