"""An answer in time, although instances hang: what is still found, and what the verdict says of the rest."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from misbehaving import Misbehaving, Reply, http_answer
from shop import ShopRunner

from bot.config import Config, Defaults, LogSource, Service
from bot.diagnose import Engine, Outcome, diagnose, load_engine
from bot.model.units import Duration
from bot.plan import plan_of
from bot.render.slack.headline import Situation, diagnosed

RECORDED = Path(__file__).parent / "goservices" / "recorded" / "go1.27" / "healthy"
PANIC = "panic: boom\n\ngoroutine 1 [running]:\nmain.main()\n\t/src/main.go:4 +0x1d\nexit status 2\n"

Serve = Callable[[Reply], Misbehaving]


@pytest.fixture(scope="module")
def engine() -> Engine:
    return load_engine()


@pytest.fixture
def serve() -> Iterator[Serve]:
    servers: list[Misbehaving] = []

    def start(reply: Reply) -> Misbehaving:
        servers.append(Misbehaving(reply))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


@pytest.fixture
def hanging(serve: Serve) -> Callable[[], Misbehaving]:
    """Start one that accepts, and never answers."""

    def start() -> Misbehaving:
        started: list[Misbehaving] = []

        def reply(_connection: socket.socket, _request: bytes) -> None:
            started[0].closing.wait(30)

        started.append(serve(reply))
        return started[0]

    return start


def healthy(connection: socket.socket, request: bytes) -> None:
    path = request.split(b" ")[1].decode()
    file = RECORDED / ("metrics.txt" if path == "/metrics" else f"{path.rpartition('/')[2]}.pb.gz")
    there = file.is_file()
    connection.sendall(http_answer(file.read_bytes() if there else b"", status="200 OK" if there else "404 Not Found"))


def asked(
    engine: Engine, *urls: str, logs: tuple[LogSource, ...] = (), answer: float = 6.0, interval: float = 0.0, fan_out: int = 8
) -> Outcome:
    service = Service(name="checkout", targets=urls, logs=logs)
    defaults = Defaults(
        deadline=Duration(30), answer=Duration(answer), interval=Duration(interval), fan_out=fan_out, cooldown=Duration(0)
    )
    config = Config(services={"checkout": service}, defaults=defaults)
    began = time.monotonic()
    plan = plan_of(service, config)
    outcome = diagnose(service, engine, plan, now=lambda: datetime.now(UTC), progress=lambda _step: None)
    assert time.monotonic() - began < answer + 10
    return outcome


@pytest.mark.parametrize(("silent", "fan_out"), [(1, 8), (2, 1)])
def test_instances_that_hang_do_not_keep_the_leak_of_another_from_being_found(
    run_shop: ShopRunner, hanging: Callable[[], Misbehaving], engine: Engine, silent: int, fan_out: int
) -> None:
    servers = [hanging() for _ in range(silent)]
    shop = run_shop("leak-chan-send", count=300)
    outcome = asked(engine, *(server.url for server in servers), shop.url, fan_out=fan_out)
    first = outcome.diagnosis.findings[0]
    assert first.playbook == "goroutine-leak-channel-send"
    assert first.summary.startswith("300 goroutines")
    assert {"goroutine", "goroutineleak", "heap", "metrics"} <= set(outcome.diagnosis.targets[-1].collected)
    assert [len(server.requests) for server in servers] == [1] * silent


def test_the_verdict_names_what_was_read_and_who_did_not_answer(
    serve: Serve, hanging: Callable[[], Misbehaving], engine: Engine
) -> None:
    silent = hanging()
    diagnosis = asked(engine, silent.url, serve(healthy).url).diagnosis
    assert (
        diagnosis.verdict == f"nothing wrong found in goroutine, metrics, heap of 1 of 2 instances; {silent.place} did not answer"
    )
    assert diagnosed(diagnosis, situation=Situation()).blocks[0]["text"]["text"].startswith(":grey_question:")


def test_a_ladder_that_was_cut_off_is_no_ground_for_a_verdict(serve: Serve, engine: Engine) -> None:
    servers: list[Misbehaving] = []

    def reply(connection: socket.socket, request: bytes) -> None:
        if b"/heap" in request:
            servers[0].closing.wait(30)
        healthy(connection, request)

    servers.append(serve(reply))
    diagnosis = asked(engine, servers[0].url, answer=2.0, interval=1.0).diagnosis
    assert diagnosis.verdict == "not enough evidence when the answer was due: nothing wrong found in goroutine, metrics"
    reasons = {failure.reason for failure in diagnosis.targets[0].failures if failure.overdue}
    assert reasons == {
        "no second sample: the answer was due after 2 s",
        "not asked any more: the answer was due after 2 s",
    }
    assert diagnosed(diagnosis, situation=Situation()).blocks[0]["text"]["text"].startswith(":grey_question:")


def test_the_log_of_an_instance_that_hangs_is_still_read(
    hanging: Callable[[], Misbehaving], engine: Engine, tmp_path: Path
) -> None:
    log = tmp_path / "service.log"
    log.write_text(PANIC)
    outcome = asked(engine, hanging().url, logs=(LogSource(file=str(log)),))
    assert [row.message for row in outcome.facts.crashes] == ["boom"]
