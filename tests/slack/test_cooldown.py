"""Do no harm: one collection of a service at a time, and a pause between two."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bench import Bench, bench
from misbehaving import Misbehaving, http_answer

from bot.config import Config, Defaults, Service
from bot.model.units import Duration

RECORDED = Path(__file__).parents[1] / "goservices" / "recorded" / "go1.27" / "leak-chan-send"
FILES = {
    "/debug/pprof/goroutine": "goroutine.pb.gz",
    "/debug/pprof/heap": "heap.pb.gz",
    "/debug/pprof/goroutine?debug=2": "goroutine.txt",
    "/debug/pprof/goroutineleak?debug=1": "goroutineleak.txt",
    "/metrics": "metrics.txt",
}
SLOW_SECONDS = 0.05
AGAIN = "gocrash looks again from"
CULPRIT = "pricing.(*Pool).fetch"


@dataclass
class Sick:
    """Answers with recorded evidence, slowly, and notes how many are asking it at once."""

    asking: int = 0
    most_asking: int = 0
    pulls: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, connection: socket.socket, request: bytes) -> None:
        path = request.split(b" ")[1].decode()
        with self.lock:
            self.asking += 1
            self.most_asking = max(self.most_asking, self.asking)
            self.pulls.append(path)
        time.sleep(SLOW_SECONDS)
        with self.lock:
            self.asking -= 1
        found = http_answer((RECORDED / FILES[path]).read_bytes()) if path in FILES else http_answer(b"", status="404 Not Found")
        connection.sendall(found)

    def looks(self) -> int:
        return self.pulls.count("/debug/pprof/goroutine")


@contextmanager
def asked(tmp_path: Path, *, cooldown: float) -> Iterator[tuple[Bench, Sick]]:
    sick = Sick()
    server = Misbehaving(sick)
    defaults = Defaults(interval=Duration(0), cooldown=Duration(cooldown))
    try:
        with bench(Config(services={"checkout": Service(targets=(server.url,))}, defaults=defaults), tmp_path) as running:
            yield running, sick
            assert running.slack.refusals == ()
    finally:
        server.close()


def roots(bot: Bench) -> list[str]:
    """Everything in each of the bot's messages that is no reply."""
    return [str(message) for message in bot.answers("checkout") if message.get("thread_ts", message["ts"]) == message["ts"]]


def test_one_look_answers_everybody_until_the_cooldown_is_over_or_the_incident_resolved(tmp_path: Path) -> None:
    with asked(tmp_path, cooldown=60) as (bot, sick):
        for person in ("maya", "jonas"):
            bot.slack.command(person, "checkout", "/gocrash checkout")
        bot.settle()
        first, second = roots(bot)
        assert CULPRIT in first
        assert CULPRIT in second
        assert AGAIN not in first
        assert "evidence was" in second
        assert AGAIN in second
        assert (sick.looks(), sick.most_asking) == (1, 1)
        (incident,) = bot.store.incidents.list_incidents()
        pieces = [piece.name for piece in bot.store.evidence.of_incident(incident.number)]
        assert len(pieces) == len(set(pieces)), "the evidence was stored twice"

        ts = bot.answers("checkout")[0]["ts"]
        bot.slack.click("maya", ts, "rerun")
        bot.settle()
        assert AGAIN in roots(bot)[0]
        assert sick.looks() == 1

        bot.slack.click("maya", ts, "resolve")
        bot.slack.submit_view("maya", {"text": "restarted"})
        bot.settle()
        bot.slack.click("maya", ts, "rerun")
        bot.settle()
        assert AGAIN not in roots(bot)[0]
        assert sick.looks() == 2


def test_without_a_cooldown_the_second_waits_for_the_first(tmp_path: Path) -> None:
    with asked(tmp_path, cooldown=0) as (bot, sick):
        for person in ("maya", "jonas"):
            bot.slack.command(person, "checkout", "/gocrash checkout")
        bot.settle()
        assert (sick.looks(), sick.most_asking) == (2, 1)
