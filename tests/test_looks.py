"""Looks of three depths: what is asked of a process, and where the history comes from."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest
from misbehaving import Misbehaving, http_answer

from bot.config import Config, Defaults, Service
from bot.diagnose import Outcome, diagnose, load_engine
from bot.model.evidence import Evidence, Kind
from bot.model.history import HistoryPoint, HistorySeries
from bot.model.units import Duration
from bot.parse.history import to_matrix
from bot.plan import Plan, cheap, light, plan_of

RECORDED = Path(__file__).parent / "goservices" / "recorded" / "go1.27" / "healthy"
NOW = datetime(2026, 11, 20, 14, 2, tzinfo=UTC)


@dataclass
class Healthy:
    """Answers with what was recorded of a healthy process, and notes what it was asked."""

    asked: list[str] = field(default_factory=list)

    def __call__(self, connection: socket.socket, request: bytes) -> None:
        path = request.split(b" ")[1].decode()
        self.asked.append(path.rpartition("/")[2])
        file = RECORDED / ("metrics.txt" if path == "/metrics" else f"{path.rpartition('/')[2]}.pb.gz")
        there = file.is_file()
        connection.sendall(http_answer(file.read_bytes() if there else b"", status="200 OK" if there else "404 Not Found"))


@pytest.fixture
def process() -> Iterator[tuple[Healthy, str]]:
    healthy = Healthy()
    server = Misbehaving(healthy)
    yield healthy, server.url
    server.close()


def look(url: str, depth: Callable[[Plan], Plan], *, already: tuple[Evidence, ...] = ()) -> Outcome:
    service = Service(name="checkout", targets=(url,))
    config = Config(services={"checkout": service}, defaults=Defaults(interval=Duration(0)))
    return diagnose(
        service,
        load_engine(),
        depth(plan_of(service, config)),
        now=lambda: NOW,
        progress=lambda _step: None,
        already=already,
        history=lambda _targets, parsed: history("samples") if parsed else None,
    )


def history(source: str) -> Evidence:
    content = to_matrix([HistorySeries("go_goroutines", (), (HistoryPoint(1, 2),))])
    return Evidence(kind=Kind.HISTORY, name="history.json", content=content, source=source, collected_at=NOW)


@pytest.mark.parametrize(
    ("depth", "asked"),
    [
        (light, ["goroutine", "metrics"]),
        (cheap, ["goroutine", "metrics", "heap", "mutex", "block"]),
        (
            lambda plan: plan,
            ["goroutine", "metrics", "heap", "mutex", "block", "goroutineleak?debug=1", "goroutine?debug=2"],
        ),
    ],
)
def test_a_scheduled_look_asks_for_nothing_that_freezes(
    process: tuple[Healthy, str], depth: Callable[[Plan], Plan], asked: list[str]
) -> None:
    healthy, url = process
    outcome = look(url, depth)
    assert healthy.asked == asked
    assert outcome.diagnosis.targets[0].collected[:2] == ("goroutine", "metrics")


def test_samples_are_the_history_where_nobody_else_has_one(process: tuple[Healthy, str]) -> None:
    def sources(outcome: Outcome) -> list[str]:
        return [piece.source for piece in outcome.bundle.evidence if piece.kind is Kind.HISTORY]

    _, url = process
    assert sources(look(url, light)) == ["samples"]
    assert sources(look(url, light, already=(history("Prometheus"),))) == ["Prometheus"]
