"""`Numbers`: stored transitions enter; times to acknowledge, mitigate and resolve, recurrences and error budgets leave."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from statistics import median

from bot.incidents.columns import to_time, to_time_or_none
from bot.incidents.connections import Connections, Row
from bot.model.incident import Status
from bot.model.numbers import Budget, GroupNumbers, IncidentTimes, Outage, Recurrence

_ILL = (Status.INVESTIGATING, Status.IDENTIFIED)
_TIMES = (
    "SELECT incidents.*,"
    " min(CASE WHEN kind IN ('status', 'lead', 'responder', 'acknowledged') THEN occurred_at END) AS acknowledged_at,"
    " (SELECT failure_class FROM diagnoses JOIN findings ON findings.diagnosis = diagnoses.number"
    "  WHERE diagnoses.incident = incidents.number AND explained_by IS NULL"
    "  ORDER BY diagnoses.number DESC, findings.number LIMIT 1) AS failure_class"
    " FROM incidents LEFT JOIN timeline_events ON timeline_events.incident = incidents.number"
    " WHERE opened_at >= :since AND service = coalesce(:service, service) GROUP BY incidents.number ORDER BY incidents.number"
)
_TURNS = (
    "SELECT incidents.number, kind, json_extract(details, '$.to') AS status, occurred_at FROM incidents"
    " JOIN timeline_events ON timeline_events.incident = incidents.number AND kind IN ('opened', 'status', 'reopened')"
    " WHERE opened_at >= :since AND service = coalesce(:service, service) ORDER BY incidents.number, timeline_events.number"
)
_RECURRENCES = (
    "SELECT incidents.service, playbook, coalesce(culprit_function, '') AS culprit,"
    " count(DISTINCT incidents.number) AS incidents, max(incidents.number) AS last"
    " FROM incidents JOIN diagnoses ON diagnoses.incident = incidents.number"
    " JOIN findings ON findings.diagnosis = diagnoses.number AND explained_by IS NULL"
    " WHERE incidents.opened_at >= :since AND incidents.service = coalesce(:service, incidents.service)"
    " GROUP BY incidents.service, fingerprint HAVING count(DISTINCT incidents.number) > 1"
    " ORDER BY incidents DESC, last DESC LIMIT :limit"
)
_TRANSITIONS = (
    "SELECT incidents.number, kind, json_extract(details, '$.to') AS status, occurred_at FROM incidents"
    " JOIN timeline_events ON timeline_events.incident = incidents.number AND kind IN ('opened', 'status', 'reopened')"
    " WHERE service = :service AND severity IN (SELECT value FROM json_each(:severities))"
    " AND (resolved_at IS NULL OR resolved_at > :since) ORDER BY incidents.number, timeline_events.number"
)


class Numbers:
    """What the incidents of a stretch of time come to. Withdrawn events count: what was measured has happened.

    Raises:
        StoreError: from every method: the database cannot be read.
    """

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def times(self, *, since: datetime, service: str | None = None) -> tuple[IncidentTimes, ...]:
        """Return the turns of every incident opened since then, the oldest first."""
        turns = _by_incident(self._connections.rows(_TURNS, since=since, service=service))
        rows = self._connections.rows(_TIMES, since=since, service=service)
        return tuple(_times(row, list(_spells(turns[row["number"]]))) for row in rows)

    def recurrences(self, *, since: datetime, service: str | None = None, limit: int = 10) -> tuple[Recurrence, ...]:
        """Return fingerprints that came in more than one incident opened since then, the most frequent first."""
        rows = self._connections.rows(_RECURRENCES, since=since, service=service, limit=limit)
        return tuple(
            Recurrence(row["service"], row["playbook"], row["culprit"], row["incidents"], f"INC-{row['last']}") for row in rows
        )

    def outages(self, service: str, *, severities: Sequence[str], since: datetime, now: datetime) -> tuple[Outage, ...]:
        """Return when incidents of these severities were neither mitigated nor resolved, cut to the time between."""
        rows = self._connections.rows(_TRANSITIONS, service=service, severities=list(severities), since=since)
        spells = (
            Outage(f"INC-{number}", began_at, ended_at or now)
            for number, events in _by_incident(rows).items()
            for began_at, ended_at in _spells(events)
        )
        cut = (Outage(spell.incident, max(spell.began_at, since), min(spell.ended_at, now)) for spell in spells)
        return tuple(spell for spell in cut if spell.began_at < spell.ended_at)


def summarise(times: Iterable[IncidentTimes], name: Callable[[IncidentTimes], str]) -> tuple[GroupNumbers, ...]:
    """Return the numbers of incidents that share a name, the largest group first."""
    groups: dict[str, list[IncidentTimes]] = defaultdict(list)
    for each in times:
        groups[name(each)].append(each)
    numbers = [
        GroupNumbers(
            group,
            len(members),
            sum(each.resolved_at is None for each in members),
            _median(_seconds(each.opened_at, each.acknowledged_at) for each in members if each.acknowledged_at),
            _median(each.ill_seconds for each in members if each.mitigated_at),
            _median(_seconds(each.opened_at, each.resolved_at) for each in members if each.resolved_at),
        )
        for group, members in groups.items()
    ]
    return tuple(sorted(numbers, key=lambda group: (-group.incidents, group.name)))


def budget(service: str, outages: Iterable[Outage], *, objective_percent: float, window_seconds: float) -> Budget:
    """Add outages up; time that two share counts once, for the one that began first."""
    spent: dict[str, float] = {}
    counted_until: datetime | None = None
    for outage in sorted(outages, key=lambda outage: outage.began_at):
        began = max(outage.began_at, counted_until) if counted_until else outage.began_at
        seconds = max(0.0, (outage.ended_at - began).total_seconds())
        spent[outage.incident] = spent.get(outage.incident, 0.0) + seconds
        counted_until = max(outage.ended_at, counted_until) if counted_until else outage.ended_at
    return Budget(service=service, objective_percent=objective_percent, window_seconds=window_seconds, spent=tuple(spent.items()))


def burn_down(outages: Iterable[Outage], budget: Budget, *, now: datetime) -> tuple[tuple[datetime, float], ...]:
    """Return how much of a budget was left when, from the whole of it at the window's start on: it falls while an outage lasts.

    Times are in order; the ratio falls below zero when more is spent than there was. Time that two outages share counts once.
    """
    since = now - timedelta(seconds=budget.window_seconds)
    points, left, counted_until = [(since, 1.0)], 1.0, since
    for outage in sorted(outages, key=lambda outage: outage.began_at):
        began, ended = max(outage.began_at, counted_until), max(outage.ended_at, counted_until)
        if began < ended:
            points.append((began, left))
            left -= (ended - began).total_seconds() / budget.allowed_seconds
            points.append((ended, left))
            counted_until = ended
    return (*points, (now, left))


def by_week(times: Iterable[IncidentTimes], *, since: datetime, now: datetime) -> tuple[tuple[datetime, int], ...]:
    """Return how many incidents were opened in each week between, by the Monday (UTC) on which the week begins."""
    counts = Counter(_monday(each.opened_at) for each in times)
    first = _monday(since)
    weeks = (_monday(now) - first).days // 7 + 1
    return tuple((monday, counts[monday]) for monday in (first + timedelta(weeks=number) for number in range(weeks)))


def _monday(moment: datetime) -> datetime:
    day = moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return day - timedelta(days=day.weekday())


def _by_incident(rows: Iterable[Row]) -> Mapping[int, Sequence[Row]]:
    by_incident: dict[int, list[Row]] = defaultdict(list)
    for row in rows:
        by_incident[row["number"]].append(row)
    return by_incident


def _spells(events: Sequence[Row]) -> Iterator[tuple[datetime, datetime | None]]:
    """Yield from when to when an incident was ill, by its changes of status in the order they were made; None: it still is."""
    ill_since: datetime | None = None
    for event in events:
        moment = to_time(event["occurred_at"])
        ill = event["kind"] == "opened" or event["status"] in _ILL
        if ill and ill_since is None:
            ill_since = moment
        elif not ill and ill_since is not None:
            yield ill_since, moment
            ill_since = None
    if ill_since is not None:
        yield ill_since, None


def _median(lengths: Iterable[float]) -> float | None:
    known = list(lengths)
    return median(known) if known else None


def _seconds(begin: datetime, end: datetime) -> float:
    """Return a length of time; a clock that was set back makes no negative one."""
    return max(0.0, (end - begin).total_seconds())


def _times(row: Row, spells: Sequence[tuple[datetime, datetime | None]]) -> IncidentTimes:
    return IncidentTimes(
        number=row["number"],
        service=row["service"],
        severity=row["severity"],
        failure_class=row["failure_class"] or "",
        opened_at=to_time(row["opened_at"]),
        acknowledged_at=to_time_or_none(row["acknowledged_at"]),
        mitigated_at=spells[-1][1] if spells else None,
        ill_seconds=sum(_seconds(began_at, ended_at) for began_at, ended_at in spells if ended_at),
        resolved_at=to_time_or_none(row["resolved_at"]),
    )
