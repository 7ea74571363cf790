"""The rungs, against a real Go program and against servers that misbehave."""

from __future__ import annotations

import gzip
import socket
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from misbehaving import Misbehaving, http_answer

from bot.collect.harvest import Harvest, gather
from bot.collect.ladder import (
    Collector,
    collect_all,
    freeze_estimate_seconds,
    leak_freeze_estimate_seconds,
    longest_freeze_estimate_seconds,
)
from bot.model.access import Access, Limits
from bot.model.evidence import CollectFailure, Kind, Target

if TYPE_CHECKING:
    from shop import ShopRunner

Serve = Callable[..., Misbehaving]

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
QUICK = Limits(deadline_seconds=0.4, connect_seconds=0.3)
PROFILE = http_answer(gzip.compress(b"\x0a\x00profile"))


def collector(access: Access | None = None, limits: Limits = QUICK) -> Collector:
    return Collector(access or Access(), limits, now=lambda: NOON)


def reasons(harvest: Harvest) -> list[tuple[Kind, str]]:
    return [(failure.kind, failure.reason) for failure in harvest.failures]


def by_path(answers: dict[str, bytes], otherwise: bytes = PROFILE) -> Callable[[socket.socket, bytes], None]:
    def reply(connection: socket.socket, request: bytes) -> None:
        path = request.split(b" ")[1].decode()
        connection.sendall(answers.get(path, otherwise))

    return reply


def test_every_rung_of_a_real_program(run_shop: ShopRunner) -> None:
    shop = run_shop("leak-chan-send", count=50)
    target = Target("checkout", "shop-1", shop.url)
    with collector(limits=Limits()) as climbing:
        harvest = gather(
            (
                climbing.first(target),
                climbing.heap(target),
                climbing.second(target),
                climbing.leaks(target, frozen_seconds=0.001),
                climbing.full_dump(target, frozen_seconds=0.002),
            )
        )
    assert harvest.failures == ()
    assert [(item.name, item.sample, item.frozen_seconds) for item in harvest.evidence] == [
        ("goroutine.pb.gz", 0, 0.0),
        ("metrics.txt", 0, 0.0),
        ("heap.pb.gz", 0, 0.0),
        ("mutex.pb.gz", 0, 0.0),
        ("block.pb.gz", 0, 0.0),
        ("goroutine.pb.gz", 1, 0.0),
        ("heap.pb.gz", 1, 0.0),
        ("metrics.txt", 1, 0.0),
        ("goroutineleak.txt", 0, 0.001),
        ("goroutine.txt", 0, 0.002),
    ]
    assert {(item.target, item.collected_at) for item in harvest.evidence} == {(target, NOON)}
    assert harvest.evidence[0].source == f"{shop.url}/debug/pprof/goroutine"
    assert harvest.evidence[-1].read().count(b"[chan send") >= 50


def test_text_is_asked_for_where_the_proto_is_refused(serve: Serve) -> None:
    text = http_answer(b"goroutine profile: total 3\n3 @ 0x1\n")
    refused = http_answer(b"binary downloads are blocked", status="403 Forbidden")
    server = serve(
        by_path({"/debug/pprof/goroutine": refused, "/debug/pprof/goroutine?debug=1": text, "/metrics": http_answer(b"a 1\n")})
    )
    with collector() as climbing:
        harvest = climbing.first(Target("checkout", "a", server.url))
    assert [item.name for item in harvest.evidence] == ["goroutine.debug1.txt", "metrics.txt"]
    assert harvest.failures == ()


def test_a_missing_profile_is_not_asked_for_again_as_text(serve: Serve) -> None:
    server = serve(by_path({}, otherwise=http_answer(b"", status="404 Not Found")))
    with collector() as climbing:
        harvest = climbing.first(Target("checkout", "a", server.url))
    assert reasons(harvest) == [
        (Kind.GOROUTINE, "404: no pprof here; is net/http/pprof mounted?"),
        (Kind.METRICS, "404: no metrics page here; set metrics_path or metrics_port in the configuration"),
    ]
    paths = [request.split(b" ")[1] for request in server.requests]
    assert paths == [b"/debug/pprof/goroutine", b"/metrics", b"/debug/vars"]


def test_an_old_program_has_no_leak_profile(serve: Serve) -> None:
    server = serve(by_path({}, otherwise=http_answer(b"Unknown profile\n", status="404 Not Found")))
    target = Target("checkout", "a", server.url)
    with collector() as climbing:
        assert climbing.leaks(target).failures == (
            CollectFailure(kind=Kind.GOROUTINELEAK, target=target, reason="404: needs Go 1.27"),
        )


def test_a_target_that_never_answered_in_time_is_not_asked_again(serve: Serve) -> None:
    servers: list[Misbehaving] = []
    servers.append(serve(lambda _connection, _request: servers[0].closing.wait(10) and None))
    target = Target("checkout", "a", servers[0].url)
    started = time.monotonic()
    with collector() as climbing:
        harvest = gather((climbing.first(target), climbing.heap(target), climbing.full_dump(target)))
    assert {reason for _, reason in reasons(harvest)} == {"no answer within 0.4 s"}
    assert len(harvest.failures) == 6
    assert len(servers[0].requests) == 1
    assert time.monotonic() - started < 8


def test_a_metrics_page_that_hangs_does_not_keep_the_profiles_away(serve: Serve) -> None:
    servers: list[Misbehaving] = []

    def reply(connection: socket.socket, request: bytes) -> None:
        if request.startswith(b"GET /metrics"):
            servers[0].closing.wait(10)
        else:
            connection.sendall(PROFILE)

    servers.append(serve(reply))
    target = Target("checkout", "a", servers[0].url)
    with collector() as climbing:
        assert reasons(climbing.first(target)) == [(Kind.METRICS, "no answer within 0.4 s")]
        assert len(climbing.heap(target).evidence) == 3


def test_a_target_that_cannot_be_reached_fails_each_kind_with_one_reason() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        place = f"127.0.0.1:{unused.getsockname()[1]}"
        with collector() as climbing:
            harvest = climbing.first(Target("checkout", "a", f"http://{place}"))
    refused = f"connection refused: nothing listens on {place}"
    assert reasons(harvest) == [(Kind.GOROUTINE, refused), (Kind.METRICS, refused)]


@pytest.mark.parametrize("url", ["", "gopher://shop", "unix:///nowhere/shop.sock"])
def test_what_cannot_be_an_address_is_a_failure_and_no_exception(url: str) -> None:
    with collector() as climbing:
        assert len(climbing.heap(Target("checkout", "a", url)).failures) == 3


def test_paths_of_the_configuration_are_used(serve: Serve) -> None:
    server = serve(by_path({"/-/metrics": http_answer(b"up 1\n")}))
    with collector(Access(pprof_path="/internal/pprof/", metrics_path="-/metrics")) as climbing:
        harvest = climbing.first(Target("checkout", "a", server.url))
    assert [item.source.removeprefix(server.url) for item in harvest.evidence] == ["/internal/pprof/goroutine", "/-/metrics"]


def test_metrics_on_another_port_are_asked_for_there(serve: Serve) -> None:
    pprof, metrics = serve(by_path({})), serve(by_path({"/metrics": http_answer(b"go_goroutines 3\n")}))
    with collector(Access(metrics_port=int(metrics.place.rpartition(":")[2]))) as climbing:
        harvest = climbing.first(Target("checkout", "a", pprof.url))
    assert [item.source for item in harvest.evidence] == [f"{pprof.url}/debug/pprof/goroutine", f"{metrics.url}/metrics"]
    assert len(pprof.requests) == len(metrics.requests) == 1


def test_variables_stand_in_for_a_metrics_page_that_is_not_there(serve: Serve) -> None:
    variables = http_answer(b'{"memstats": {"HeapInuse": 7}}')
    server = serve(by_path({"/metrics": http_answer(b"", status="404 Not Found"), "/debug/vars": variables}))
    with collector() as climbing:
        harvest = climbing.first(Target("checkout", "a", server.url))
    assert harvest.failures == ()
    assert [item.name for item in harvest.evidence] == ["goroutine.pb.gz", "metrics.json"]


def test_no_metrics_path_asks_for_no_metrics(serve: Serve) -> None:
    server = serve(by_path({}))
    with collector(Access(metrics_path="")) as climbing:
        harvest = climbing.first(Target("checkout", "a", server.url))
    assert [item.name for item in harvest.evidence] == ["goroutine.pb.gz"]
    assert harvest.failures == ()


def test_one_pull_per_target_at_a_time(serve: Serve) -> None:
    lock = threading.Lock()
    overlaps = 0

    def reply(connection: socket.socket, _request: bytes) -> None:
        nonlocal overlaps
        overlaps += not lock.acquire(blocking=False)
        time.sleep(0.02)
        lock.release()
        connection.sendall(PROFILE)

    target = Target("checkout", "a", serve(reply).url)
    with collector(limits=Limits()) as climbing:
        harvest = collect_all([target] * 4, climbing.heap, fan_out=4)
    assert len(harvest.evidence) == 12
    assert overlaps == 0


def test_fan_out_is_bounded_and_keeps_the_order() -> None:
    lock = threading.Lock()
    now = most = 0

    def rung(target: Target) -> Harvest:
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        time.sleep(0.02)
        with lock:
            now -= 1
        return Harvest(failures=(CollectFailure(kind=Kind.HEAP, target=target, reason="none"),))

    targets = [Target("checkout", f"shop-{number}") for number in range(12)]
    harvest = collect_all(targets, rung, fan_out=3)
    assert [failure.target for failure in harvest.failures] == targets
    assert most == 3
    assert collect_all([], rung, fan_out=3) == Harvest()


@pytest.mark.parametrize(
    ("goroutines", "low", "high"),
    [(0, 0.0, 0.0), (100, 0.001, 0.002), (10_000, 0.6, 0.9), (100_000, 7.7, 10.0), (1_000_000, 77.0, 100.0)],
)
def test_the_estimate_of_a_full_dump_is_near_what_was_measured_and_not_below(goroutines: int, low: float, high: float) -> None:
    assert low <= freeze_estimate_seconds(goroutines) <= high


def test_shallow_stacks_make_the_estimate_smaller() -> None:
    assert freeze_estimate_seconds(10_000, bytes_per_goroutine=200) < freeze_estimate_seconds(10_000) / 2


def test_the_estimate_of_a_leak_profile_is_near_what_was_measured() -> None:
    assert leak_freeze_estimate_seconds(100_000) == pytest.approx(0.086, rel=0.1)


def test_the_longest_pause_of_a_full_dump_is_near_what_was_measured() -> None:
    assert longest_freeze_estimate_seconds(10_000) == pytest.approx(0.135, rel=0.1)
    assert longest_freeze_estimate_seconds(100_000) == pytest.approx(1.1, rel=0.25)
