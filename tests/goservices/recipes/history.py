"""Makes the examples of slow growth: `python tests/goservices/recipes/history.py DIR [NAME …]`.

`DIR` gets `<playbook>/examples/<example>/history.json`; a NAME (part of that path) chooses some. Nobody waits thirty hours for a
leak: the shop leaks, fills or holds connections for real while its metrics page is looked at many times within half a minute, and
the looks are then laid five minutes apart, in the form in which Prometheus answers a range query. So every value is one that the
real program showed, and only the clock is stretched: with it the processor seconds (a counter of time) and the start time.
"""

from __future__ import annotations

import argparse
import math
import shutil
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

sys.path.append(str(Path(__file__).parents[2] / "support"))
import recorder
import shop
from examples import TAKEN_AT, write_meta

from bot.model.history import HISTORY_METRICS, HistoryPoint, HistorySeries
from bot.parse.history import to_matrix
from bot.parse.metrics import parse_metrics

STEP = 300.0
HOUR = 3600.0
LABELS = (("instance", "10.0.3.7:8080"), ("job", "checkout"))
COUNTERS = "process_cpu_seconds_total"
STARTED = "process_start_time_seconds"

Look = dict[str, float]
Crowd = Callable[[float], float]
"""How many clients hold a connection, by hours since the life began."""


@dataclass(frozen=True, slots=True)
class Life:
    """One life of the process.

    Attributes:
        failure, count: what the shop does.
        hours: how long it lives in the history.
        seconds: how long it is really watched.
        ramp: seconds over which the failure builds up; the watching begins after `after` of them.
        crowd: connections held open meanwhile.
        gomemlimit: its memory limit.
    """

    failure: str
    count: int
    hours: float
    seconds: float
    ramp: float = 0.0
    after: float = 0.0
    crowd: Crowd | None = None
    gomemlimit: str = ""

    @property
    def looks(self) -> int:
        """How many points it has in the history."""
        return int(self.hours * HOUR / STEP)


def quiet_day(hours: float = 24.0) -> Life:
    """The release before: nothing is wrong."""
    return Life("healthy", 1, hours, 8.0, crowd=lambda _at: 550)


def users(at: float) -> float:
    """A day's wave, in the steepest hours of its rise at the end of thirty hours."""
    return 600 + 250 * math.sin((at - 27) / 24 * 2 * math.pi)


SENDS = Life("leak-chan-send", 3000, 6.5, 24.0, ramp=120.0, after=95.0, gomemlimit="64MiB")
PAGES = Life("heap-map", 3000, 6.5, 24.0, ramp=120.0, after=95.0, gomemlimit="300MiB")
FILES = Life("fd-leak", 1024, 6.5, 24.0, ramp=120.0, after=60.0)

EXAMPLES: dict[str, Sequence[Life]] = {
    "goroutine-growth-slow/fires-since-the-release": (quiet_day(), SENDS),
    "goroutine-growth-slow/fires-yesterday-unknown": (SENDS,),
    "goroutine-growth-slow/quiet-daily-wave": (Life("healthy", 1, 30, 36.0, crowd=users),),
    "goroutine-growth-slow/quiet-restarted-in-the-middle": (quiet_day(), SENDS, Life("healthy", 1, 2, 2.0)),
    "goroutine-growth-slow/quiet-step-of-a-rollout": (Life("healthy", 1, 30, 36.0, crowd=lambda at: 550 if at < 27 else 850),),
    "memory-growth-slow/fires-cache-without-expiry": (quiet_day(), PAGES),
    "memory-growth-slow/quiet-teeth-of-the-collector": (Life("gc-thrash", 600, 30, 36.0),),
    "memory-growth-slow/quiet-two-hours-old": (quiet_day(), Life("heap-map", 3000, 2, 24.0, ramp=120.0, after=95.0)),
    "fd-growth-slow/fires-index-never-closes": (quiet_day(), FILES),
    "fd-growth-slow/quiet-clients-come-and-go": (
        Life("healthy", 1, 30, 36.0, crowd=lambda at: 300 + 150 * math.sin(at / 3 * 2 * math.pi)),
    ),
}


@dataclass(slots=True)
class Clients:
    """Connections to the shop that are held open."""

    place: tuple[str, int]
    held: list[socket.socket] = field(default_factory=list)

    def hold(self, wanted: int) -> None:
        """Open or close connections until so many are held."""
        while len(self.held) < wanted:
            connection = socket.create_connection(self.place)
            connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: shop\r\n\r\n")
            connection.recv(1 << 16)
            self.held.append(connection)
        while len(self.held) > wanted:
            self.held.pop().close()


@contextmanager
def living(binary: Path, life: Life) -> Iterator[tuple[shop.Shop, Clients]]:
    """Run a life up to the moment from which it is watched; it ends with the block."""
    with tempfile.TemporaryDirectory() as scratch, ExitStack() as stack:
        runner = shop.ShopRunner(binary, Path(scratch))
        stack.callback(runner.stop)
        environment = {"GOMEMLIMIT": life.gomemlimit} if life.gomemlimit else {}
        until: shop.Stage = "listening" if life.ramp else "armed"
        lifetime = life.ramp + life.seconds + 60
        process = runner(life.failure, count=life.count, ramp=life.ramp, until=until, lifetime=lifetime, environment=environment)
        url = urlsplit(process.url)
        clients = Clients((url.hostname or "", url.port or 0))
        stack.callback(clients.hold, 0)
        time.sleep(life.after)
        yield process, clients


def watch(binary: Path, life: Life) -> list[Look]:
    """Look at the metrics page of one life again and again."""
    looks = []
    with living(binary, life) as (process, clients), process.client() as observer:
        begun = time.monotonic()
        for number in range(life.looks):
            if life.crowd:
                clients.hold(round(life.crowd(number * STEP / HOUR)))
            time.sleep(max(0.0, begun + life.seconds * number / life.looks - time.monotonic()))
            page = parse_metrics(observer.get("/metrics").raise_for_status().content)
            looks.append({name: value for name in HISTORY_METRICS if (value := page.value(name)) is not None})
    return looks


def laid_out(lives: Sequence[tuple[Life, list[Look]]], end: float) -> list[HistorySeries]:
    """Lay the looks of all lives out, five minutes apart, up to the end."""
    points: dict[str, list[HistoryPoint]] = {name: [] for name in HISTORY_METRICS}
    at = end - STEP * (sum(len(looks) for _, looks in lives) - 1)
    for life, looks in lives:
        stretched = len(looks) * STEP / life.seconds
        born = at - 30
        for look in looks:
            for name, value in look.items():
                shown = round(value * stretched, 2) if name == COUNTERS else born if name == STARTED else value
                points[name].append(HistoryPoint(at, shown))
            at += STEP
    return [HistorySeries(name, LABELS, tuple(found)) for name, found in points.items() if found]


def main() -> None:
    """Read the command line and make the examples."""
    parser = argparse.ArgumentParser(description="Make the examples of slow growth.")
    parser.add_argument("directory", type=Path)
    parser.add_argument("names", nargs="*", help="parts of `<playbook>/<example>`; all without")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        binary, go_version = recorder.built(Path(scratch) / "built", shop.find_go())
        for path, lives in EXAMPLES.items():
            if options.names and not any(name in path for name in options.names):
                continue
            watched = [(life, watch(binary, life)) for life in lives]
            directory = options.directory / path.replace("/", "/examples/")
            shutil.rmtree(directory, ignore_errors=True)
            directory.mkdir(parents=True)
            (directory / "history.json").write_bytes(to_matrix(laid_out(watched, TAKEN_AT.timestamp())) + b"\n")
            write_meta(directory, TAKEN_AT, failure=lives[-1].failure, go_version=go_version, count=lives[-1].count)
            print(path, flush=True)  # noqa: T201  # a program's output


if __name__ == "__main__":
    main()
