from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.incidents.numbers import budget, burn_down, by_week, summarise
from bot.incidents.store import Store
from bot.model.diagnosis import Diagnosis, Finding
from bot.model.incident import Status
from bot.model.numbers import GroupNumbers, Outage, Recurrence
from bot.model.rule import Confidence, Severity

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


def live(
    store: Store,
    opened_at: datetime,
    *turns: tuple[float, Status],
    service: str = "checkout",
    severity: str = "SEV2",
    key: str = "k",
) -> int:
    """Open an incident, and move it on at minutes after its opening."""
    incident, _ = store.incidents.open_or_join(
        service=service, dedup_key=key, title="slow", severity=severity, opened_by="U1", now=opened_at
    )
    for minutes, status in turns:
        moment = opened_at + minutes * MINUTE
        if status is Status.INVESTIGATING:
            store.incidents.reopen(incident.number, text="", actor="U1", now=moment)
        else:
            store.incidents.change_status(incident.number, status, text="", actor="U1", now=moment)
    return incident.number


def find(store: Store, number: int, now: datetime, *, failure_class: str, fingerprint: str = "f") -> None:
    finding = Finding(
        playbook=failure_class,
        failure_class=failure_class,
        title="t",
        severity=Severity.HIGH,
        confidence=Confidence.LIKELY,
        summary="s",
        culprit=None,
        instances=(),
        proofs=(),
        next_steps=(),
        fingerprint=fingerprint,
    )
    found = Diagnosis(service="checkout", started_at=now, duration_seconds=0, verdict="s", targets=(), findings=(finding,))
    store.diagnoses.record(number, found, {}, actor="U1", now=now)


def outages(store: Store, now: datetime, *, days: float = 28, severities: tuple[str, ...] = ("SEV1", "SEV2")) -> list[Outage]:
    return list(store.numbers.outages("checkout", severities=severities, since=now - days * DAY, now=now))


def test_times_are_taken_from_the_transitions(store: Store, now: datetime) -> None:
    live(store, now, (2, Status.IDENTIFIED), (5, Status.MITIGATED), (9, Status.RESOLVED), (11, Status.INVESTIGATING))
    live(store, now, (3, Status.RESOLVED), service="payments")
    number = live(store, now, service="mail")
    store.incidents.set_lead(number, "U7", actor="U1", now=now + MINUTE)
    times = store.numbers.times(since=now)
    spans = [
        [moment and (moment - each.opened_at) / MINUTE for moment in (each.acknowledged_at, each.mitigated_at, each.resolved_at)]
        for each in times
    ]
    assert spans == [[2, None, None], [3, 3, 3], [1, None, None]]
    assert store.numbers.times(since=now + MINUTE) == ()
    assert [each.service for each in store.numbers.times(since=now, service="mail")] == ["mail"]


def test_what_came_again_is_not_mitigated_and_its_pauses_are_not_counted(store: Store, now: datetime) -> None:
    opened_at = now - DAY
    turns = (5, Status.MITIGATED), (9, Status.RESOLVED), (60, Status.INVESTIGATING)
    number = live(store, opened_at, *turns)
    (times,) = store.numbers.times(since=opened_at)
    assert (times.mitigated_at, times.resolved_at, times.ill_seconds) == (None, None, 300)
    assert summarise([times], lambda each: each.service)[0].mitigate_seconds is None
    store.incidents.change_status(number, Status.RESOLVED, text="", actor="U1", now=opened_at + 70 * MINUTE)
    (times,) = store.numbers.times(since=opened_at)
    spent = budget("checkout", outages(store, now), objective_percent=99.9, window_seconds=1e6).spent
    assert (times.mitigated_at, times.ill_seconds) == (opened_at + 70 * MINUTE, 900)
    assert spent == (("INC-1", 900.0),)
    (group,) = summarise([times], lambda each: each.service)
    assert (group.mitigate_seconds, group.resolve_seconds) == (900, 4200)


def test_groups_have_medians_of_what_is_known(store: Store, now: datetime) -> None:
    for minutes in (1, 2, 30):
        number = live(store, now, (minutes, Status.RESOLVED))
        find(store, number, now, failure_class="deadlock")
    live(store, now, severity="SEV4")
    times = store.numbers.times(since=now)
    assert summarise(times, lambda each: each.service) == (GroupNumbers("checkout", 4, 1, 120, 120, 120),)
    assert summarise(times, lambda each: each.failure_class) == (
        GroupNumbers("deadlock", 3, 0, 120, 120, 120),
        GroupNumbers("", 1, 1, None, None, None),
    )
    assert [group.name for group in summarise(times, lambda each: each.severity)] == ["SEV2", "SEV4"]


def test_what_came_again_is_counted_by_incident(store: Store, now: datetime) -> None:
    for fingerprints in (("a", "b"), ("a", "a"), ("a",)):
        number = live(store, now, (1, Status.RESOLVED))
        for fingerprint in fingerprints:
            find(store, number, now, failure_class="deadlock", fingerprint=fingerprint)
    assert store.numbers.recurrences(since=now) == (Recurrence("checkout", "deadlock", "", 3, "INC-3"),)
    assert store.numbers.recurrences(since=now, service="payments") == ()


def test_an_outage_lasts_while_it_is_not_mitigated(store: Store, now: datetime) -> None:
    opened_at = now - DAY
    live(store, opened_at, (5, Status.IDENTIFIED), (12, Status.MITIGATED), (60, Status.RESOLVED), (90, Status.INVESTIGATING))
    assert [(each.incident, each.began_at - opened_at, each.ended_at) for each in outages(store, now)] == [
        ("INC-1", timedelta(0), opened_at + 12 * MINUTE),
        ("INC-1", 90 * MINUTE, now),
    ]


def test_only_this_service_these_severities_and_the_window_count(store: Store, now: datetime) -> None:
    live(store, now - 40 * DAY, (10, Status.RESOLVED))
    live(store, now - 28 * DAY - 5 * MINUTE, (10, Status.RESOLVED))
    live(store, now - DAY, (10, Status.RESOLVED), severity="SEV3")
    live(store, now - DAY, (10, Status.RESOLVED), service="payments")
    (only,) = outages(store, now)
    assert (only.incident, only.began_at, only.ended_at) == ("INC-2", now - 28 * DAY, now - 28 * DAY + 5 * MINUTE)
    assert [each.incident for each in outages(store, now, severities=("SEV3",))] == ["INC-3"]


def test_a_clock_that_was_set_back_costs_nothing(store: Store, now: datetime) -> None:
    live(store, now - DAY, (-10, Status.MITIGATED))
    assert outages(store, now) == []
    (times,) = store.numbers.times(since=now - DAY)
    assert summarise([times], lambda each: each.service)[0].mitigate_seconds == 0


@pytest.mark.parametrize(
    ("spells", "spent"),
    [
        ([], ()),
        ([("a", 0, 10)], (("a", 600.0),)),
        ([("a", 0, 10), ("b", 5, 15)], (("a", 600.0), ("b", 300.0))),
        ([("a", 0, 10), ("b", 2, 3), ("c", 9, 11)], (("a", 600.0), ("b", 0.0), ("c", 60.0))),
        ([("b", 20, 30), ("a", 0, 10), ("b", 40, 41)], (("a", 600.0), ("b", 660.0))),
    ],
)
def test_time_that_incidents_share_counts_once(
    now: datetime, spells: list[tuple[str, int, int]], spent: tuple[tuple[str, float], ...]
) -> None:
    found = [Outage(key, now + begin * MINUTE, now + end * MINUTE) for key, begin, end in spells]
    assert budget("a", found, objective_percent=99.9, window_seconds=1e6).spent == spent


def test_a_budget_of_28_days(now: datetime) -> None:
    found = budget("a", [Outage("INC-1", now, now + 10 * MINUTE)], objective_percent=99.95, window_seconds=28 * 86400)
    assert found.allowed_seconds == pytest.approx(1209.6)
    assert found.left_ratio == pytest.approx(1 - 600 / 1209.6)


@given(st.lists(st.tuples(st.integers(0, 200), st.integers(1, 50)), max_size=12))
def test_what_is_spent_is_the_union_of_the_outages(spells: list[tuple[int, int]]) -> None:
    start = datetime.fromisoformat("2026-01-01T00:00:00Z")
    found = [
        Outage(f"INC-{index}", start + begin * MINUTE, start + (begin + length) * MINUTE)
        for index, (begin, length) in enumerate(spells)
    ]
    minutes = {minute for begin, length in spells for minute in range(begin, begin + length)}
    assert budget("a", found, objective_percent=99, window_seconds=1e6).spent_seconds == len(minutes) * 60


def test_a_budget_burns_down_while_an_outage_lasts(now: datetime) -> None:
    began = now - 10 * DAY
    outages = [Outage("INC-2", began + 5 * MINUTE, began + 15 * MINUTE), Outage("INC-1", began, began + 10 * MINUTE)]
    spent = budget("checkout", outages, objective_percent=99.9, window_seconds=28 * 86400)
    points = burn_down(outages, spent, now=now)
    assert [moment for moment, _ in points] == [
        now - 28 * DAY,
        began,
        began + 10 * MINUTE,
        began + 10 * MINUTE,
        began + 15 * MINUTE,
        now,
    ]
    assert points[0][1] == points[1][1] == 1.0
    assert points[-1][1] == pytest.approx(spent.left_ratio)
    assert burn_down([], spent, now=now) == ((now - 28 * DAY, 1.0), (now, 1.0))


def test_weeks_without_incidents_count_as_none(store: Store, now: datetime) -> None:
    # A Friday: its week began on Monday the 16th.
    for days, key in ((0, "a"), (4, "b"), (5, "c"), (13, "d")):
        live(store, now - days * DAY, key=key, service=key)
    weeks = by_week(store.numbers.times(since=now - 30 * DAY), since=now - 30 * DAY, now=now)
    assert [(f"{monday:%a %m-%d}", count) for monday, count in weeks] == [
        ("Mon 10-19", 0),
        ("Mon 10-26", 0),
        ("Mon 11-02", 1),
        ("Mon 11-09", 1),
        ("Mon 11-16", 2),
    ]
