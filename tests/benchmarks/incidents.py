"""How fast the memory answers: fill a database with many incidents, ask it as people do, and compare with the targets.

.venv/bin/python tests/benchmarks/incidents.py [--incidents 100000] [--events 20] [--keep DIR]
"""

from __future__ import annotations

import argparse
import random
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).parents[2]))

from bot.incidents.columns import to_column
from bot.incidents.store import DATABASE_NAME, Store
from bot.model.diagnosis import Culprit, Diagnosis, Finding
from bot.model.rule import Confidence, Severity

SERVICES = [f"service-{number:03}" for number in range(200)]
PLAYBOOKS = ["goroutine-leak-channel-send", "deadlock", "heap-growth", "oom-killed", "lock-contention"]
WORDS = [
    *(
        "goroutines",
        "stuck",
        "sending",
        "nginx",
        "upstream",
        "timeout",
        "rollout",
        "restarted",
        "customers",
        "checkout",
        "payments",
    ),
    *("database", "pool", "slow", "latency", "memory", "limit", "leak", "mutex", "waits", "rolled", "back", "deploy", "revision"),
    *("alert", "firing", "resolved", "traffic", "canary"),
]
START = datetime(2020, 1, 1, tzinfo=UTC)
ASKED = 200
TARGETS_MS = {
    "timeline": 50,
    "history": 50,
    "similar": 50,
    "search": 50,
    "search, one service": 50,
    "search, quiet service": 50,
    "record": 20,
}


def main() -> None:
    """Fill, ask, print, and exit with 1 when a target was missed."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--incidents", type=int, default=100_000)
    options.add_argument("--events", type=int, default=20, help="for each incident")
    options.add_argument("--keep", type=Path, help="directory of the database, used again the next time")
    chosen = options.parse_args()
    with TemporaryDirectory() as scratch:
        data = chosen.keep or Path(scratch)
        if not (data / DATABASE_NAME).exists():
            _fill(data, chosen.incidents, chosen.events)
        missed = _ask(data)
        size = sum(file.stat().st_size for file in data.glob(f"{DATABASE_NAME}*"))
    _say(f"database                 {size / chosen.incidents:9.0f} bytes for each incident")
    sys.exit(1 if missed else 0)


def _fill(data: Path, incidents: int, events: int) -> None:
    begun = time.monotonic()
    Store(data).close()
    with closing(sqlite3.connect(data / DATABASE_NAME)) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        connection.executemany(
            "INSERT INTO incidents (number, service, dedup_key, title, status, severity, opened_at, opened_by, resolved_at,"
            " resolution) VALUES (?, ?, 'service', ?, 'resolved', 'SEV3', ?, 'ana', ?, 'rolled back')",
            _incidents(incidents),
        )
        connection.executemany(
            "INSERT INTO timeline_events (incident, kind, text, actor, occurred_at, recorded_at) VALUES (?, ?, ?, 'ana', ?, ?)",
            _events(incidents, events),
        )
        connection.executemany(
            "INSERT INTO diagnoses (number, incident, service, verdict, started_at, duration_seconds, recorded_at, document)"
            " VALUES (?, ?, ?, 'verdict', ?, 1.0, ?, '{\"findings\": []}')",
            _diagnoses(incidents),
        )
        connection.executemany(
            "INSERT INTO findings (diagnosis, playbook, failure_class, severity, confidence, title, summary, culprit_function,"
            " fingerprint) VALUES (?, ?, 'goroutine-leak', 'high', 'likely', 'title', ?, ?, ?)",
            _findings(incidents),
        )
        connection.commit()
        connection.execute("ANALYZE")
    _say(f"filled                   {time.monotonic() - begun:9.1f} s, {incidents} incidents, {incidents * events} events")


def _ask(data: Path) -> list[str]:
    """Ask everything many times; return what missed its target at the 95th percentile."""
    draw = random.Random(7)  # noqa: S311  # the same questions every time
    with Store(data) as store:
        newest = store.incidents.list_incidents(status="all", limit=1)[0].number
        questions: dict[str, Callable[[], object]] = {
            "timeline": lambda: store.timeline.of(draw.randint(1, newest)),
            "history": lambda: store.memory.history(draw.choice(SERVICES)),
            "similar": lambda: store.diagnoses.similar(f"f{draw.randint(0, 999)}", service=draw.choice(SERVICES)),
            "search": lambda: store.memory.search(_question(draw)),
            "search, one service": lambda: store.memory.search(_question(draw), service=draw.choice(SERVICES)),
            "search, quiet service": lambda: store.memory.search(_question(draw), service="quiet"),
            "record": lambda: _record(store, draw.randint(1, newest)),
        }
        missed = []
        for name, ask in questions.items():
            slow = _percentile(ask)
            _say(f"{name:<24} {slow:9.1f} ≤ {TARGETS_MS[name]} ms at the 95th percentile")
            if slow > TARGETS_MS[name]:
                missed.append(name)
    return missed


def _percentile(ask: Callable[[], object]) -> float:
    spans = []
    for _ in range(ASKED):
        begun = time.perf_counter()
        ask()
        spans.append((time.perf_counter() - begun) * 1000)
    return sorted(spans)[int(ASKED * 0.95)]


def _question(draw: random.Random) -> str:
    """Return what people search for: a common word, a rare one, both, or two common ones."""
    common, rare = draw.choice(WORDS), f"r{draw.randint(0, 99_999):05}"
    return draw.choice([common, rare, f"{common} {rare}", f"{common} {draw.choice(WORDS)}"])


def _record(store: Store, incident: int) -> None:
    now = datetime.now(UTC)
    finding = Finding(
        playbook="deadlock",
        failure_class="deadlock",
        title="title",
        severity=Severity.HIGH,
        confidence=Confidence.LIKELY,
        summary="summary",
        culprit=Culprit("example.com/shop.fetch", "pool.go", 88),
        instances=(),
        proofs=(),
        next_steps=(),
        fingerprint="f1",
    )
    found = Diagnosis(
        service="service-001", started_at=now, duration_seconds=1.0, verdict="verdict", targets=(), findings=(finding,) * 5
    )
    store.diagnoses.record(incident, found, {"findings": ["x" * 20_000]}, actor="ana", now=now)


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201  # a program's own output


def _moment(incident: int, minutes: int = 0) -> object:
    return to_column(START + timedelta(minutes=20 * incident + minutes))


def _incidents(count: int) -> Iterator[tuple[object, ...]]:
    for number in range(1, count + 1):
        yield number, SERVICES[number % len(SERVICES)], f"title {number}", _moment(number), _moment(number, 19)


def _events(incidents: int, count: int) -> Iterator[tuple[object, ...]]:
    draw = random.Random(1)  # noqa: S311
    for incident in range(1, incidents + 1):
        for minute in range(count):
            text = f"{' '.join(draw.choices(WORDS, k=12))} r{draw.randint(0, 99_999):05}"
            moment = _moment(incident, minute)
            yield incident, "note" if minute else "opened", text, moment, moment


def _diagnoses(count: int) -> Iterator[tuple[object, ...]]:
    for number in range(1, count + 1):
        yield number, number, SERVICES[number % len(SERVICES)], _moment(number), _moment(number)


def _findings(count: int) -> Iterator[tuple[object, ...]]:
    draw = random.Random(2)  # noqa: S311
    for number in range(1, count + 1):
        function = f"example.com/shop.fetch{draw.randint(0, 999)}"
        yield number, draw.choice(PLAYBOOKS), " ".join(draw.choices(WORDS, k=8)), function, f"f{draw.randint(0, 999)}"


if __name__ == "__main__":
    main()
