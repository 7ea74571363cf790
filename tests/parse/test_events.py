from __future__ import annotations

from bot.parse.blocks import Block
from bot.parse.events import EventCounter
from bot.parse.transports import Transport, detect


def count(*lines: str, blocks: int = 1) -> EventCounter:
    counter = EventCounter(detect(lines))
    size = max(len(lines) // blocks, 1)
    for start in range(0, len(lines), size):
        counter.add(Block(start + 1, "\n".join(lines[start : start + size]).encode()))
    return counter


def test_quoted_strings_stay_as_long_as_they_are_the_same() -> None:
    same = count('open "a.yaml": no such file', 'open "a.yaml": no such file').events()
    assert [(event.text, event.count) for event in same] == [('open "a.yaml": no such file', 2)]

    differing = count('open "a.yaml": no such file', 'open "b.yaml": no such file').events()
    assert [(event.text, event.count) for event in differing] == [('open "#": no such file', 2)]


def test_counts_and_times_over_several_blocks() -> None:
    lines = [f"2026/11/20 23:03:{second:02d} handled request {second * 7919}" for second in range(60)]
    (event,) = count(*lines, blocks=5).events()
    assert (event.text, event.count, event.locator) == ("handled request #", 60, "line 1")
    assert event.first_seen is not None
    assert event.last_seen is not None
    assert (event.first_seen.second, event.last_seen.second) == (0, 59)


def test_lines_of_traces_are_no_messages() -> None:
    counter = count("goroutine 1 [running]:", "main.main()", "\t/src/a.go:7 +0x1d", "exit status 2", "panic: boom", "ready")
    assert [event.text for event in counter.events()] == ["ready"]


def test_the_transport_s_time_is_used_and_its_prefix_is_not_part_of_the_message() -> None:
    (event,) = count("2026-11-20T23:03:37Z stdout F ready on 8080", "2026-11-20T23:03:39Z stdout F ready on 8081").events()
    assert event.text == "ready on #"
    assert event.last_seen is not None
    assert event.last_seen.second == 39


def test_a_log_full_of_identifiers_is_grouped_all_the_same() -> None:
    lines = [f"GET /v1/orders/{n * 2654435761 % 2**32:08x}{n:08x} done" for n in range(30_000)]
    counter = EventCounter(Transport())
    for start in range(0, len(lines), 1_000):
        counter.add(Block(start + 1, "\n".join(lines[start : start + 1_000]).encode()))
    assert sum(event.count for event in counter.events()) == len(lines)
    assert len(counter.events()) <= 3
    assert counter.problems() == ()


def test_gateway_errors_are_counted_with_their_times_and_are_no_messages() -> None:
    line = (
        "2026/11/20 23:03:{:02d} [error] 31#31: *{} connect() failed (111: Connection refused) while connecting to upstream, "
        'client: 10.0.0.{}, server: shop, request: "GET /pay/{} HTTP/1.1", upstream: "http://10.0.0.4:8080/pay", host: "shop"'
    )
    counter = count(*(line.format(n, n * 31, n + 10, n) for n in range(40)), blocks=4)
    (error,) = counter.gateway_errors()
    assert (error.kind, error.upstream, error.count) == ("refused", "10.0.0.4:8080", 40)
    assert error.first_seen is not None
    assert error.last_seen is not None
    assert (error.first_seen.second, error.last_seen.second) == (0, 39)
    assert counter.events() == ()
