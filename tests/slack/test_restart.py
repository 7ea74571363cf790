"""`gocrash serve`, killed in the middle of a diagnosis and started again."""

from __future__ import annotations

import os
import socket
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import yaml
from bench import BOT_ID, local_slack, shown
from misbehaving import Misbehaving, http_answer
from shop import ShopRunner, wait_until

from bot.incidents.store import Store
from bot.localslack import LocalSlack

SECONDS = 60.0
RECORDED = Path(__file__).parents[1] / "goservices" / "recorded" / "go1.27" / "leak-chan-send"
# Every pull of a diagnosis, in the order of the rungs, and what answers it.
PULLS = {
    "/metrics": "metrics.txt",
    "/debug/pprof/goroutine": "goroutine.pb.gz",
    "/debug/pprof/heap": "heap.pb.gz",
    "/debug/pprof/goroutineleak?debug=1": "goroutineleak.txt",
    "/debug/pprof/goroutine?debug=2": "goroutine.txt",
}
# Longer than it takes to kill a process, shorter than what the next one waits before it looks for what was posted.
CALL_SECONDS = 0.6


@contextmanager
def serving(slack: LocalSlack, config: Path, data: Path) -> Iterator[subprocess.Popen[bytes]]:
    environment = {
        **os.environ,
        **slack.environment(),
        "GOCRASH_CONFIG": str(config),
        "GOCRASH_DATA": str(data),
        "GOCRASH_HTTP": "127.0.0.1:0",
    }
    with subprocess.Popen([sys.executable, "-m", "bot", "serve"], env=environment, cwd=Path(__file__).parents[2]) as process:
        try:
            slack.wait_connected(timeout_seconds=SECONDS)
            yield process
        finally:
            process.terminate()


@pytest.mark.parametrize("point", ["accepted", "second sample stored"])
def test_a_killed_bot_goes_on_where_it_was(run_shop: ShopRunner, tmp_path: Path, point: str) -> None:
    shop = run_shop("leak-chan-send", count=200)
    config, data = tmp_path / "gocrash.yaml", tmp_path / "data"
    config.write_text(yaml.safe_dump({"services": {"checkout": {"targets": [shop.url]}}, "defaults": {"interval": "1s"}}))

    def reached(store: Store) -> bool:
        samples = [piece.sample for piece in store.evidence.of_job(2)]
        return {
            "accepted": store.queue.unfinished() > 0,
            "second sample stored": 1 in samples,
        }[point]

    with local_slack() as slack:
        with serving(slack, config, data) as bot, Store(data) as store:
            assert slack.command("maya", "checkout", "/gocrash checkout").ok
            wait_until(lambda: reached(store), SECONDS)
            bot.kill()
            bot.wait(SECONDS)
            before = [piece.source for piece in store.evidence.of_job(2)]
        with serving(slack, config, data), Store(data) as store:
            slack.wait_idle(until=store.is_idle, timeout_seconds=SECONDS, quiet_seconds=0.5)
            pulled = [(piece.name, piece.sample) for piece in store.evidence.of_job(2)]
            assert len(pulled) == len(set(pulled)), "something was pulled twice"
            assert len(pulled) >= len(before)
        answers = [message for message in slack.messages("checkout") if message.get("bot_id") == BOT_ID]
        assert "stuck sending in pricing.(*Pool).fetch" in answers[0]["text"]
        assert len(answers) == len(set(map(shown, answers))), "something was posted twice"
        assert slack.refusals == ()


@dataclass
class Held:
    """Answers with recorded evidence; the first request for each path is never answered, until nobody waits for it any more."""

    held: set[str] = field(default_factory=set)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, connection: socket.socket, request: bytes) -> None:
        path = request.split(b" ")[1].decode()
        with self.lock:
            first = path in PULLS and path not in self.held
            self.held.add(path)
        if first:
            connection.recv(1)
            return
        body = (RECORDED / PULLS[path]).read_bytes() if path in PULLS else b""
        connection.sendall(http_answer(body, status="200 OK" if path in PULLS else "404 Not Found"))


def begun(data: Path) -> set[str]:
    """The messages that were handed to Slack without an answer so far."""
    with closing(sqlite3.connect(data / "gocrash.db")) as database:
        return {key for (key,) in database.execute("SELECT key FROM outbox WHERE uncertain AND version > sent_version")}


def test_a_diagnosis_survives_a_kill_at_each_of_its_steps(tmp_path: Path) -> None:
    sick = Held()
    server = Misbehaving(sick)
    config, data = tmp_path / "gocrash.yaml", tmp_path / "data"
    defaults = {"interval": "0s", "deadline": "30s", "sample": 0, "baseline": 0, "recheck": 0}
    config.write_text(yaml.safe_dump({"services": {"checkout": {"targets": [server.url]}}, "defaults": defaults}))
    killed: list[str] = []
    with local_slack() as slack, closing(server):
        for number in range(40):
            before, held = set(killed), set(sick.held)
            # These take effect in any case, but after the process that asked for them has been killed.
            for method in ("chat.postMessage", "chat.update", "files.completeUploadExternal"):
                slack.inject(method, status=200, delay_seconds=CALL_SECONDS)
            with serving(slack, config, data) as bot, Store(data) as store:
                if number == 0:
                    assert slack.command("maya", "checkout", "/gocrash checkout").ok
                wait_until(lambda: bool(begun(data) - before or sick.held - held) or store.is_idle(), SECONDS)  # noqa: B023
                if store.is_idle():
                    break
                bot.kill()
                bot.wait(SECONDS)
                killed += sorted((begun(data) - before) | (sick.held - held))
        assert set(PULLS) <= set(killed), "not every pull was cut off"
        assert len(set(killed) - set(PULLS)) >= 4, f"too few messages were cut off: {killed}"
        answers = [message for message in slack.messages("checkout") if message.get("bot_id") == BOT_ID]
        with Store(data) as store:
            kept = [(piece.name, piece.sample) for piece in store.evidence.of_job(2)]
    assert "stuck sending in pricing.(*Pool).fetch" in answers[0]["text"]
    assert [answer for answer in answers if "thread_ts" not in answer or answer["thread_ts"] == answer["ts"]] == answers[:1]
    assert len(answers) == len(set(map(shown, answers))), "something was posted twice"
    assert len(kept) == len(set(kept)) == len(PULLS), "something that was kept was pulled again"
    assert slack.refusals == ()


def test_a_second_bot_on_the_same_database_is_refused(tmp_path: Path) -> None:
    config = tmp_path / "gocrash.yaml"
    config.write_text("services: {}\n")
    with local_slack() as slack, serving(slack, config, tmp_path / "data"):
        second = subprocess.run(
            [sys.executable, "-m", "bot", "serve"],
            env={**os.environ, **slack.environment(), "GOCRASH_CONFIG": str(config), "GOCRASH_DATA": str(tmp_path / "data")},
            cwd=Path(__file__).parents[2],
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
    assert second.returncode == 2
    assert "another bot" in second.stderr
    assert "Traceback" not in second.stderr
