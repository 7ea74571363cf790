"""How the bot bears an alert storm: 200 commands and 1,000 alerts in a minute while it reads dumps of 60 MB.

.venv/bin/python tests/benchmarks/load.py [--seconds 60] [--alerts 1000] [--commands 200] [--drain 240]

Three processes on two cores: the local Slack, from which the load comes; `gocrash serve`; and this one, which serves the
evidence and watches the bot's memory. Figures stand beside their targets; exit status 1: a target was missed.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import re
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from bot.localslack import LocalSlack  # noqa: E402  # found through the line above
from bot.localslack.delivery import Ack, Transport  # noqa: E402

RECORDED = ROOT / "tests" / "goservices" / "recorded" / "go1.27" / "leak-chan-send"
CORES = {0, 1}
SERVICES = [f"shop-{number:02}" for number in range(20)]
# Every fourth service answers with a dump of this size; the others with what a small one has.
HEAVY, HEAVY_BYTES = SERVICES[::4], 60_000_000
PEOPLE = ("maya", "jonas", "aisha", "tom")
QUESTIONS = ("help", "services", "incidents", "incidents all")
COOLDOWN_SECONDS = 5
START_SECONDS = 60.0
SAMPLE_SECONDS = 1.0
MOST_ACK_SECONDS = 1.0
# Between the end of the warm-up (the first tenth) and the end of the load.
MOST_GROWTH_MEBIBYTES = 40.0
MEBI = 1 << 20


@dataclass(frozen=True)
class Load:
    """What is asked of the bot, and in which time."""

    seconds: float
    alerts: int
    commands: int
    drain: float


def main() -> None:
    """Measure, print, and exit with 1 when a target was missed."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--seconds", type=float, default=60.0)
    options.add_argument("--alerts", type=int, default=1000)
    options.add_argument("--commands", type=int, default=200)
    options.add_argument("--drain", type=float, default=240.0, help="seconds after the load in which answers are waited for")
    load = Load(**vars(options.parse_args()))
    os.sched_setaffinity(0, CORES & os.sched_getaffinity(0))
    with tempfile.TemporaryDirectory(prefix="gocrash-load-") as directory, evidence() as target:
        wrong = measure(load, Path(directory), target)
    sys.exit(1 if wrong else 0)


def measure(load: Load, directory: Path, target: str) -> bool:
    """Run the load against a bot of its own; say whether a target was missed."""
    ours, theirs = multiprocessing.Pipe()
    slack = multiprocessing.get_context("spawn").Process(target=slack_process, args=(theirs,))
    slack.start()
    environment = ours.recv()
    data = directory / "data"
    config = directory / "gocrash.yaml"
    config.write_text(yaml.safe_dump(configuration(target)))
    given = os.environ | environment | {"GOCRASH_CONFIG": str(config), "GOCRASH_DATA": str(data), "GOCRASH_HTTP": "127.0.0.1:0"}
    with (directory / "log").open("wb") as log:
        bot = subprocess.Popen([sys.executable, "-m", "bot", "serve"], env=given, cwd=ROOT, stderr=log)
        try:
            ours.send(load)
            memory = watched(bot, ours, data, load)
            outcome = ours.recv()
        finally:
            bot.send_signal(signal.SIGTERM)
            bot.wait(START_SECONDS)
            slack.join(START_SECONDS)
    return report(load, outcome | {"errors": errors(data)}, memory, counted(data))


def configuration(target: str) -> dict[str, Any]:
    """Return a configuration of twenty services, each with a channel in which its alerts are answered."""
    services = {
        name: {"targets": [f"{target}/{'heavy' if name in HEAVY else 'light'}/{name}"], "max_freeze_ms": 60_000}
        for name in SERVICES
    }
    channels = [{"channel": f"C0ALERTS{name.upper().replace('-', '')}", "bots": ["B0ALERTMANAGER"]} for name in SERVICES]
    defaults = {"cooldown": f"{COOLDOWN_SECONDS}s", "interval": "1s", "sample": 0, "baseline": 0, "recheck": 0}
    return {"services": services, "slack": {"alerts": channels}, "defaults": defaults}


class Timed:
    """The local Slack's way to the app, with a note of how long every ack took."""

    def __init__(self, inner: Transport) -> None:
        self._inner = inner
        self.acks: list[tuple[str, float, bool]] = []

    @property
    def connections(self) -> int:
        """As the way itself says."""
        return self._inner.connections

    async def send(self, kind: str, payload: dict[str, Any], *, attempt: int = 0, reason: str = "") -> Ack:
        """Send, and note the time until the ack."""
        begun = time.monotonic()
        ack = await self._inner.send(kind, payload, attempt=attempt, reason=reason)
        self.acks.append((kind, time.monotonic() - begun, ack.ok))
        return ack

    async def close(self) -> None:
        """Close the way itself."""
        await self._inner.close()


def slack_process(pipe: Connection) -> None:
    """Be Slack: say where it is, wait for the bot, send the load, wait until told, and say what was seen."""
    manifest = yaml.safe_load((ROOT / "deploy" / "slack-manifest.yaml").read_text())
    alerts = [f"alerts-{name}" for name in SERVICES]
    with LocalSlack(manifest=manifest, people=PEOPLE, channels=("oncall", *alerts)) as slack:
        slack.workspace.delivery.transport = timed = Timed(slack.workspace.delivery.transport)
        pipe.send(slack.environment())
        load: Load = pipe.recv()
        slack.wait_connected(timeout_seconds=START_SECONDS)
        pipe.send("begun")
        send_load(slack, load)
        pipe.send("sent")
        pipe.recv()
        keys = Counter(
            (message.get("metadata") or {}).get("event_payload", {}).get("key", "")
            for channel in ("oncall", *alerts)
            for message in slack.messages(channel)
        )
        answers = sum(1 for each in slack.messages("oncall") if each["visible_to"] and not each["text"].startswith("/gocrash"))
        doubled = sorted(key for key, count in keys.items() if key and count > 1)
        refusals = [f"{call.method}: {call.error}" for call in slack.refusals]
        pipe.send({"acks": timed.acks, "doubled": doubled, "answers": answers, "refusals": refusals})


def send_load(slack: LocalSlack, load: Load) -> None:
    """Spread commands and alerts evenly over the time, in bursts of ten. Every fifth command looks at a heavy service."""
    begun, total = time.monotonic(), load.alerts + load.commands
    every = max(1, total // max(1, load.commands))
    commands = 0
    with ThreadPoolExecutor(16) as people:
        for number in range(total):
            burst = number // 10 * 10
            time.sleep(max(0.0, begun + burst * load.seconds / total - time.monotonic()))
            if number % every == 0 and commands < load.commands:
                commands += 1
                name = "" if commands % 5 else HEAVY[commands // 5 % len(HEAVY)]
                channel, words = (f"alerts-{name}", name) if name else ("oncall", QUESTIONS[commands % 4])
                people.submit(slack.command, PEOPLE[number % 4], channel, f"/gocrash {words}")
            else:
                name = SERVICES[number % len(SERVICES)]
                slack.post_as_bot(f"alerts-{name}", "Alertmanager", attachments=[alert(name, number)])


def alert(name: str, number: int) -> dict[str, Any]:
    """Return an alert as Alertmanager posts it; every service has three that fire again and again."""
    title = f"[FIRING:1] {('HighErrorRate', 'SlowAnswers', 'ManyRestarts')[number // 20 % 3]} ({name} critical prod)"
    link = "http://alertmanager.example/#/alerts?receiver=slack"
    return {"color": "danger", "fallback": f"{title} | {link}", "title": title, "title_link": link, "text": ""}


@contextmanager
def evidence() -> Iterator[str]:
    """Serve recorded evidence, and a dump of 60 MB made of it, at `/heavy/NAME` and `/light/NAME`."""
    small = (RECORDED / "goroutine.txt").read_bytes()
    large = b"\n".join([small] * (HEAVY_BYTES // len(small)))
    recorded = {
        "/debug/pprof/goroutine": (RECORDED / "goroutine.pb.gz").read_bytes(),
        "/debug/pprof/heap": (RECORDED / "heap.pb.gz").read_bytes(),
        "/debug/pprof/goroutineleak?debug=1": (RECORDED / "goroutineleak.txt").read_bytes(),
        "/metrics": (RECORDED / "metrics.txt").read_bytes(),
    }

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # the name that http.server calls
            place = re.fullmatch(r"/(heavy|light)/[^/]+(/.*)", self.path)
            body = None
            if place:
                dump = large if place[1] == "heavy" else small
                body = dump if place[2] == "/debug/pprof/goroutine?debug=2" else recorded.get(place[2])
            self.send_response(200 if body else 404)
            self.send_header("Content-Length", str(len(body or b"")))
            self.end_headers()
            self.wfile.write(body or b"")

        def log_message(self, *_arguments: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


def watched(bot: subprocess.Popen[bytes], slack: Connection, data: Path, load: Load) -> list[float]:
    """Note the bot's resident memory (MiB) every second, from the first event until everything is answered or time is up."""
    if slack.recv() != "begun":
        raise RuntimeError("the local Slack did not begin")
    memory, until = [], time.monotonic() + load.seconds + load.drain
    sent = False
    while bot.poll() is None and time.monotonic() < until:
        sent = sent or (slack.poll() and slack.recv() == "sent")
        memory.append(resident(bot.pid))
        if sent and not unfinished(data):
            break
        time.sleep(SAMPLE_SECONDS)
    slack.send("tell")
    return memory


def resident(pid: int) -> float:
    """Return a process's resident memory in MiB (proc(5), `VmRSS`); 0 when it is not there."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0.0
    found = re.search(r"VmRSS:\s+(\d+) kB", status)
    return int(found[1]) * 1024 / MEBI if found else 0.0


def unfinished(data: Path) -> int:
    """Return how many jobs and messages are under way."""
    with closing(sqlite3.connect(data / "gocrash.db", timeout=10)) as database:
        (jobs,) = database.execute("SELECT count(*) FROM jobs WHERE state IN ('queued', 'running')").fetchone()
        (messages,) = database.execute(
            "SELECT count(*) FROM outbox WHERE version > sent_version AND version > failed_version"
        ).fetchone()
    return int(jobs) + int(messages)


def counted(data: Path) -> dict[str, int]:
    """Return what the bot has written down."""
    questions = {
        "commands": "SELECT count(*) FROM inbox WHERE event_key LIKE 'command:%'",
        "alerts": "SELECT count(*) FROM inbox WHERE event_key LIKE 'message:%'",
        "diagnoses": "SELECT count(*) FROM diagnoses",
        "dumps": f"SELECT count(*) FROM evidence WHERE bytes > {HEAVY_BYTES // 2}",  # noqa: S608  # a number of ours
        "failed": "SELECT count(*) FROM jobs WHERE state = 'failed'",
        "left": "SELECT count(*) FROM outbox WHERE version > sent_version AND version > failed_version",
        "jobs_left": "SELECT count(*) FROM jobs WHERE state IN ('queued', 'running')",
    }
    with closing(sqlite3.connect(data / "gocrash.db")) as database:
        return {name: int(database.execute(question).fetchone()[0]) for name, question in questions.items()}


def errors(data: Path) -> list[str]:
    """Return why jobs were given up."""
    with closing(sqlite3.connect(data / "gocrash.db")) as database:
        return [str(why) for (why,) in database.execute("SELECT DISTINCT last_error FROM jobs WHERE state = 'failed'")]


def report(load: Load, outcome: dict[str, Any], memory: list[float], written: dict[str, int]) -> bool:
    """Print the figures; say whether a target was missed."""
    seconds = sorted(took for _, took, _ in outcome["acks"])
    middle, late = (seconds[min(len(seconds) - 1, int(len(seconds) * part))] for part in (0.5, 0.99))
    unacked = sum(1 for *_, ok in outcome["acks"] if not ok)
    questions = sum(1 for number in range(1, load.commands + 1) if number % 5)
    during = memory[: int(load.seconds / SAMPLE_SECONDS)]
    start, end = during[len(during) // 10], during[-1]
    lost = load.commands - written["commands"] + load.alerts - written["alerts"] + max(0, questions - outcome["answers"])
    figures = [
        ("acks, median", f"{middle * 1000:8.0f}", "ms", True),
        ("acks, 99th percentile", f"{late * 1000:8.0f}", f"≤ {MOST_ACK_SECONDS * 1000:.0f} ms", late <= MOST_ACK_SECONDS),
        ("acks, slowest", f"{seconds[-1] * 1000:8.0f}", "ms", True),
        ("not acked in time", f"{unacked:8}", "= 0", unacked == 0),
        ("lost", f"{lost:8}", "= 0", lost == 0),
        ("posted twice", f"{len(outcome['doubled']):8}", "= 0", not outcome["doubled"]),
        ("refused by Slack", f"{len(outcome['refusals']):8}", "= 0", not outcome["refusals"]),
        ("jobs given up", f"{written['failed']:8}", "= 0", not written["failed"]),
        ("diagnoses made", f"{written['diagnoses']:8}", "", True),
        ("dumps of 60 MB read", f"{written['dumps']:8}", "", True),
        ("left to do", f"{written['jobs_left'] + written['left']:8}", "= 0", not written["jobs_left"] + written["left"]),
        ("answered after", f"{len(memory) * SAMPLE_SECONDS:8.0f}", "s", True),
        ("memory after a tenth", f"{start:8.0f}", "MiB", True),
        ("memory half-way", f"{during[len(during) // 2]:8.0f}", "MiB", True),
        (
            "memory at the end of the load",
            f"{end:8.0f}",
            f"≤ {start + MOST_GROWTH_MEBIBYTES:.0f} MiB",
            end <= start + MOST_GROWTH_MEBIBYTES,
        ),
        ("memory when all is answered", f"{memory[-1]:8.0f}", "MiB", True),
    ]
    for what, value, target, holds in figures:
        sys.stdout.write(f"{what:32}{value} {target}{'' if holds else '   MISSED'}\n")
    for line in (*outcome["doubled"][:5], *outcome["refusals"][:5], *outcome["errors"][:5]):
        sys.stdout.write(f"  {line}\n")
    sys.stdout.write(json.dumps({"memory_mebibytes": [round(value) for value in memory[::5]]}) + "\n")
    return not all(holds for *_, holds in figures)


if __name__ == "__main__":
    main()
