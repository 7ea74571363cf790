from __future__ import annotations

from datetime import timedelta

from snapshots import NOW, frames, parsed, shared_benign, snapshot

from bot.facts.derive import derive
from bot.model.facts import Facts
from bot.model.logs import GatewayError, LogEvent, LogReading, RaceReport
from bot.model.snapshot import Parsed


def log(reading: LogReading, name: str = "service.log") -> Parsed:
    return parsed(name, reading)


def facts(*logs: Parsed) -> Facts:
    return derive(snapshot(*logs), benign=shared_benign())


def test_the_gravest_and_most_frequent_message_comes_first() -> None:
    texts = [
        ("info", 900, "served #"),
        ("error", 3, "no route"),
        ("", 5, "plain"),
        ("fatal", 1, "cannot read #"),
        ("error", 8, "refused"),
    ]
    events = tuple(LogEvent(text=text, sample=text.replace("#", "7"), level=level, count=count) for level, count, text in texts)
    rows = facts(log(LogReading(transport="plain", lines=1, events=events))).log_events
    assert [row.text for row in rows] == ["cannot read #", "refused", "no route", "served #", "plain"]
    assert (rows[0].excerpt, rows[0].source, rows[4].level) == ("cannot read 7", "service", None)


def test_a_gateways_log_is_named_as_the_source() -> None:
    reading = LogReading(transport="plain", lines=1, events=(LogEvent(text="a", sample="a", count=1),))
    assert facts(log(reading, "gateway.log")).log_events[0].source == "gateway"


def test_gateway_errors_of_several_logs_are_added_up() -> None:
    def errors(count: int, minute: int) -> LogReading:
        seen = NOW + timedelta(minutes=minute)
        error = GatewayError(kind="refused", upstream="10.0.3.7:8080", status=502, count=count, first_seen=seen, last_seen=seen)
        return LogReading(transport="plain", lines=1, gateway_errors=(error,))

    rows = facts(log(errors(3, 5), "gateway.log"), log(errors(4, 2), "gateway.log")).gateway_errors
    assert [(row.count, row.first_seen, row.last_seen) for row in rows] == [
        (7, NOW + timedelta(minutes=2), NOW + timedelta(minutes=5)),
    ]


def test_races_are_blamed_on_own_code_and_counted() -> None:
    race = RaceReport(
        access="write",
        previous_access="read",
        stack=frames("runtime.mapassign", "example.com/shop.Put p.go:4"),
        previous_stack=frames("example.com/shop.Get g.go:9"),
    )
    lost = RaceReport(access="read", previous_access="write", stack=(), previous_stack=())
    rows = facts(log(LogReading(transport="plain", lines=1, races=(race, lost, race)))).races
    assert [(row.function, row.line, row.previous_function, row.count) for row in rows] == [
        ("example.com/shop.Put", 4, "example.com/shop.Get", 2),
        (None, None, None, 1),
    ]
