"""Makes the inputs of the benchmark: a directory enters, large files of real formats leave.

Dumps and profile come from the Go program in `tests/benchmarks/generator`; the large dump is the other one several times over.
The log is what a web service writes, with the recorded crash of the tests' own shop in its middle.
"""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

TESTS = Path(__file__).parents[1]
CRASH = TESTS / "goservices" / "recorded" / "go1.27" / "crash-nil" / "service.log"
GENERATOR = TESTS / "benchmarks" / "generator"
GOROUTINES = 100_000
SAMPLES = 20_000
LARGE_BYTES = 1_000_000_000
LOG_BYTES = 100_000_000
LINES_AT_ONCE = 5_000
START = datetime(2026, 11, 20, 14, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Inputs:
    """Where each input stands."""

    crash: Path
    dump: Path
    half: Path
    labelled: Path
    large: Path
    prefixed: Path
    heap: Path
    log: Path


def make_inputs(directory: Path) -> Inputs:
    """Make what is not there yet."""
    inputs = Inputs(
        crash=CRASH,
        dump=directory / "dump.txt",
        half=directory / "half.txt",
        labelled=directory / "labelled.txt",
        large=directory / "large.txt",
        prefixed=directory / "prefixed.log",
        heap=directory / "heap.pb.gz",
        log=directory / "service.log",
    )
    program = directory / "generator"
    _make(program, _build)
    _make(inputs.dump, lambda path: _run(program, path, "dump", f"--goroutines={GOROUTINES}"))
    _make(inputs.half, lambda path: _run(program, path, "dump", f"--goroutines={GOROUTINES // 2}"))
    _make(inputs.labelled, lambda path: _run(program, path, "dump", f"--goroutines={GOROUTINES}", "--labels"))
    _make(inputs.heap, lambda path: _run(program, path, "heap", f"--samples={SAMPLES}"))
    _make(inputs.large, lambda path: _repeat(inputs.dump, path))
    _make(inputs.prefixed, lambda path: _prefix(inputs.dump, path))
    _make(inputs.log, _write_log)
    return inputs


def _make(path: Path, make: Callable[[Path], None]) -> None:
    """Make a file under another name first, so that one that is there is whole."""
    if not path.exists():
        unfinished = path.with_name(f".{path.name}")
        make(unfinished)
        unfinished.rename(path)


def _build(path: Path) -> None:
    beside = Path(sys.executable).parent / "go"
    go = str(beside) if beside.exists() else "go"
    environment = os.environ | {"CGO_ENABLED": "0", "GOPROXY": "off", "GOTOOLCHAIN": "local", "GOWORK": "off"}
    subprocess.run([go, "build", "-trimpath", "-buildvcs=false", "-o", path, "."], cwd=GENERATOR, env=environment, check=True)


def _run(program: Path, path: Path, *arguments: str) -> None:
    with path.open("wb") as out:
        subprocess.run([program, *arguments], stdout=out, env={"GODEBUG": "tracebacklabels=1"}, check=True)


def _repeat(source: Path, path: Path) -> None:
    """Write a dump again and again, until the file is large enough."""
    with path.open("wb") as out:
        while out.tell() < LARGE_BYTES:
            with source.open("rb") as dump:
                shutil.copyfileobj(dump, out, 1 << 20)
            out.write(b"\n")


def _prefix(source: Path, path: Path) -> None:
    """Write a dump as `kubectl logs --timestamps` shows it below a line of the log."""
    with source.open("rb") as dump, path.open("wb") as out:
        out.write(b"2026-11-20T13:59:59.118204001Z ready\n")
        for number, line in enumerate(dump):
            out.write(
                b"2026-11-20T14:%02d:%02d.%06d001Z " % (number // 60_000_000, number // 1_000_000, number % 1_000_000) + line
            )


def _write_log(path: Path) -> None:
    """Write an ordinary log; the crash stands in its middle."""
    numbers = random.Random(0)  # noqa: S311  # the same log each time, no secret
    written = 0
    crashed = False
    with path.open("w", encoding="utf-8") as out:
        for batch in _batches(numbers):
            if written > LOG_BYTES / 2 and not crashed:
                written += out.write(CRASH.read_text(encoding="utf-8"))
                crashed = True
            written += out.write(batch)
            if written > LOG_BYTES:
                return


def _batches(numbers: random.Random) -> Iterator[str]:
    """Yield what a web service logs, some thousand lines at once."""
    paths = ("/v1/pay", "/v1/cart", "/v1/search", "/v1/orders", "/healthz")
    now = START
    while True:
        lines = []
        for _ in range(LINES_AT_ONCE):
            now += timedelta(milliseconds=numbers.randrange(40))
            request, kind = f"{numbers.getrandbits(64):016x}", numbers.random()
            stamp = now.strftime("%Y/%m/%d %H:%M:%S")
            if kind < 0.90:
                status, took = numbers.choice((200, 200, 200, 201, 304, 404)), numbers.randrange(1, 900)
                text = f"GET {numbers.choice(paths)}/{numbers.randrange(99_999)} {status} {took}ms request_id={request}"
            elif kind < 0.97:
                text = f"cache miss key=product:{numbers.randrange(50_000)} shard={numbers.randrange(16)} request_id={request}"
            elif kind < 0.995:
                text = f"retrying 10.0.{numbers.randrange(9)}.{numbers.randrange(255)}:5432 after {numbers.randrange(900)}ms"
            else:
                text = f"payment provider answered 503 for request_id={request}, will retry in {numbers.randrange(60)}s"
            lines.append(f"{stamp} {text}\n")
        yield "".join(lines)
