"""Makes the examples of the crash playbooks again: recipes and Go toolchains enter, `service.log` and `meta.yaml` leave.

    python tests/goservices/recipes/crashes.py [EXAMPLE ...] [--go PATH ...]

An example is named `playbook/example`; without names, all that the given toolchains can make. `--go` names further
toolchains (the one of this Python environment is always there); a recipe that asks for another release is passed over
and said so. The cgo program and the race detector need gcc; `refused-by-the-system` needs root, to run as a user that
has a limit.

Not made here: examples that were taken over from `recorded/` (their `meta.yaml` says `age_seconds`), `sigill-cpu-
level`, whose one line no machine at hand was old enough to print, and the traces of other languages, which
`languages.py` makes.
"""

from __future__ import annotations

import argparse
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2] / "support"))
import examples
import recorder
import shop
import yaml

NEWEST = "go1.27"
NOBODY = 65_534
SECONDS = 40.0
CHECKPTR = "-gcflags=all=-d=checkptr"
CRASH_CORE = {"GOTRACEBACK": "crash"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """How one example is made.

    Attributes:
        failure: what the program is told to do.
        go: release of the toolchain.
        program: `shop`, or `cgo` for the program with C code.
        count: size of the failure.
        flags: for `go build`.
        environment: for the program.
        signal: sent once the failure is fully there.
        threads: how many threads its user may have; it runs as nobody then.
        log_bytes: a longer log is cut off behind a goroutine, to keep examples small.
    """

    failure: str
    go: str = NEWEST
    program: str = "shop"
    count: int = 40
    flags: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    signal: signal.Signals | None = None
    threads: int | None = None
    log_bytes: int = 20_000


RECIPES: Mapping[str, Recipe] = {
    "concurrent-map-access/fires-iterate-and-write": Recipe(failure="crash-map-iterate"),
    "data-race/fires-go121": Recipe(failure="data-race", go="go1.21", flags=("-race",)),
    "data-race/fires-totals": Recipe(failure="data-race", flags=("-race",)),
    "data-race/quiet-built-for-races": Recipe(failure="healthy", flags=("-race",)),
    "data-race/quiet-others-crashed": Recipe(failure="others-crashed"),
    "deadlock/fires-main-called-goexit": Recipe(failure="deadlock-goexit"),
    "http-handler-panic/fires-gifts": Recipe(failure="handler-explicit"),
    "http-handler-panic/fires-go121": Recipe(failure="handler-explicit", go="go1.21"),
    "http-handler-panic/quiet-aborted-on-purpose": Recipe(failure="handler-aborts"),
    "mutex-misuse/fires-go121": Recipe(failure="unlock", go="go1.21"),
    "mutex-misuse/fires-read-lock": Recipe(failure="runlock"),
    "mutex-misuse/fires-unlock": Recipe(failure="unlock"),
    "mutex-misuse/quiet-hides-a-nil": Recipe(failure="masked-by-unlock"),
    "out-of-memory/fires-go121": Recipe(failure="oom", go="go1.21"),
    "out-of-memory/fires-yearly-report": Recipe(failure="oom"),
    "out-of-memory/quiet-length-out-of-range": Recipe(failure="makeslice"),
    "panic-closed-channel/fires-close-nil": Recipe(failure="close-nil"),
    "panic-closed-channel/fires-close-twice": Recipe(failure="close-twice"),
    "panic-closed-channel/fires-go121-send": Recipe(failure="send-closed", go="go1.21"),
    "panic-closed-channel/fires-send-while-stopping": Recipe(failure="send-closed"),
    "panic-closed-channel/quiet-closed-things": Recipe(failure="closed-things"),
    "panic-divide-by-zero/fires-daily-report": Recipe(failure="divide-zero"),
    "panic-divide-by-zero/fires-go121": Recipe(failure="divide-zero", go="go1.21"),
    "panic-divide-by-zero/quiet-floats-and-sql": Recipe(failure="divide-floats"),
    "panic-divide-by-zero-in-c/fires-empty-picture": Recipe(failure="c-divide", program="cgo"),
    "panic-divide-by-zero-in-c/quiet-in-go": Recipe(failure="divide-zero"),
    "panic-explicit-fatal/fires-go-of-nil": Recipe(failure="go-nil"),
    "panic-explicit-fatal/fires-go121": Recipe(failure="go-nil", go="go1.21"),
    "panic-explicit-fatal/fires-unprintable": Recipe(failure="unprintable"),
    "panic-explicit-fatal/quiet-unlock": Recipe(failure="unlock"),
    "panic-explicit/fires-go121-nested": Recipe(failure="nested-panic", go="go1.21"),
    "panic-explicit/fires-log-panic": Recipe(failure="log-panic"),
    "panic-explicit/fires-makeslice": Recipe(failure="makeslice"),
    "panic-explicit/fires-must-compile": Recipe(failure="must-compile"),
    "panic-explicit/fires-nested": Recipe(failure="nested-panic"),
    "panic-explicit/quiet-others-crashed": Recipe(failure="others-crashed"),
    "panic-index-out-of-range/fires-array-conversion": Recipe(failure="array-conversion"),
    "panic-index-out-of-range/fires-go121": Recipe(failure="crash-index", go="go1.21"),
    "panic-index-out-of-range/fires-neighbours": Recipe(failure="crash-index"),
    "panic-index-out-of-range/fires-pages-in-handler": Recipe(failure="handler-slice-bounds"),
    "panic-index-out-of-range/quiet-wrong-pages": Recipe(failure="wrong-pages"),
    "panic-nil-map/fires-go121": Recipe(failure="crash-nil-map", go="go1.21"),
    "panic-nil-map/fires-night-orders": Recipe(failure="crash-nil-map"),
    "panic-nil-map/quiet-others-crashed": Recipe(failure="others-crashed"),
    "panic-nil-pointer/fires-core-dump": Recipe(failure="crash-nil", environment=CRASH_CORE),
    "panic-nil-pointer/fires-deep-stack": Recipe(failure="crash-deep"),
    "panic-nil-pointer/fires-hidden-by-unlock": Recipe(failure="masked-by-unlock"),
    "panic-nil-pointer/fires-hidden-by-unlock-go121": Recipe(failure="masked-by-unlock", go="go1.21"),
    "panic-nil-pointer/quiet-nil-in-c": Recipe(failure="c-segfault", program="cgo"),
    "panic-type-assertion/fires-go121": Recipe(failure="type-assertion", go="go1.21"),
    "panic-type-assertion/fires-missing-method": Recipe(failure="missing-method"),
    "panic-type-assertion/fires-webhook-in-handler": Recipe(failure="handler-type-assertion"),
    "panic-type-assertion/quiet-wrong-payments": Recipe(failure="wrong-payments"),
    "runtime-corruption/fires-bad-pointer": Recipe(failure="bad-pointer"),
    "runtime-corruption/fires-checkptr": Recipe(failure="check-pointer", flags=(CHECKPTR,)),
    "runtime-corruption/fires-fault-in-collector": Recipe(failure="collector-fault"),
    "runtime-corruption/fires-go-pointer-to-c": Recipe(failure="go-pointer", program="cgo"),
    "runtime-corruption/fires-go121": Recipe(failure="bad-pointer", go="go1.21"),
    "runtime-corruption/quiet-runtime-ended-by-thread-limit": Recipe(failure="thread-limit", count=16),
    "segfault/fires-in-c": Recipe(failure="c-segfault", program="cgo"),
    "segfault/fires-in-c-go121": Recipe(failure="c-segfault", program="cgo", go="go1.21"),
    "segfault/fires-read-only-mapping": Recipe(failure="fault-read-only"),
    "segfault/quiet-fault-in-collector": Recipe(failure="collector-fault"),
    "sigabrt-sent/fires-supervisor": Recipe(failure="healthy", signal=signal.SIGABRT),
    "sigabrt-sent/quiet-c-assertion": Recipe(failure="c-abort", program="cgo"),
    "sigabrt/fires-c-assertion": Recipe(failure="c-abort", program="cgo"),
    "sigabrt/fires-double-free": Recipe(failure="c-free-twice", program="cgo"),
    "sigabrt/quiet-core-dump-of-a-panic": Recipe(failure="crash-nil", environment=CRASH_CORE),
    "sigabrt/quiet-sent-by-a-supervisor": Recipe(failure="healthy", signal=signal.SIGABRT),
    "sigbus/fires-go121": Recipe(failure="bus-error", go="go1.21"),
    "sigbus/fires-truncated-index": Recipe(failure="bus-error"),
    "sigbus/quiet-write-to-a-read-only-mapping": Recipe(failure="fault-read-only"),
    "sigill/fires-in-c": Recipe(failure="c-illegal", program="cgo"),
    "sigill/quiet-c-assertion": Recipe(failure="c-abort", program="cgo"),
    "sigquit/fires-healthy-process": Recipe(failure="healthy", signal=signal.SIGQUIT),
    "sigquit/fires-hung-on-a-lock": Recipe(failure="lock-convoy", count=14, signal=signal.SIGQUIT, log_bytes=60_000),
    "sigquit/quiet-core-dump-of-a-panic": Recipe(failure="crash-nil", environment=CRASH_CORE),
    "sigsys/fires-forbidden-call": Recipe(failure="forbidden-call"),
    "sigsys/quiet-refused-with-an-error": Recipe(failure="refused-call"),
    "stack-overflow/fires-go121": Recipe(failure="stack-overflow", go="go1.21"),
    "stack-overflow/fires-label-marshals-itself": Recipe(failure="stack-overflow-json"),
    "stack-overflow/fires-path-of-categories": Recipe(failure="stack-overflow"),
    "stack-overflow/quiet-deep-stack": Recipe(failure="crash-deep"),
    "thread-exhaustion-blocking-calls/fires-in-c": Recipe(failure="c-threads", program="cgo"),
    "thread-exhaustion-blocking-calls/fires-limit-of-the-process": Recipe(failure="thread-limit", count=16, log_bytes=40_000),
    "thread-exhaustion-blocking-calls/fires-refused-by-the-system": Recipe(
        failure="threads-refused", threads=20, log_bytes=40_000
    ),
    "thread-exhaustion-blocking-calls/quiet-many-in-system-calls": Recipe(
        failure="threads-refused", count=16, signal=signal.SIGQUIT, log_bytes=40_000
    ),
    "thread-exhaustion/fires-dump-cut-off": Recipe(failure="thread-limit", count=16, log_bytes=6_000),
    "thread-exhaustion/fires-refused-dump-cut-off": Recipe(failure="threads-refused", threads=20, log_bytes=6_000),
    "thread-exhaustion/quiet-blocking-calls-are-named": Recipe(failure="thread-limit", count=16, log_bytes=40_000),
    "waitgroup-misuse/fires-done-twice": Recipe(failure="waitgroup-negative"),
    "waitgroup-misuse/fires-go121": Recipe(failure="waitgroup-negative", go="go1.21"),
    "waitgroup-misuse/fires-reused": Recipe(failure="waitgroup-reused"),
    "waitgroup-misuse/quiet-waits-for-ever": Recipe(failure="deadlock"),
}


def build(recipe: Recipe, go: Path, directory: Path) -> Path:
    """Build the program of a recipe; once for all that need the same one."""
    binary = directory / "-".join((recipe.go, recipe.program, *recipe.flags)).replace("=", "-") / "program"
    if binary.exists():
        return binary
    needs_c = recipe.program == "cgo" or "-race" in recipe.flags
    environment = os.environ | {"CGO_ENABLED": str(int(needs_c)), "GOFLAGS": "-mod=mod", "GOTOOLCHAIN": "local", "GOWORK": "off"}
    command = [str(go), "build", "-trimpath", "-buildvcs=false", *recipe.flags, "-o", str(binary), "."]
    subprocess.run(command, cwd=shop.MODULE / "cgo" if recipe.program == "cgo" else shop.MODULE, env=environment, check=True)
    return binary


def run(recipe: Recipe, binary: Path, directory: Path) -> tuple[str, int | None]:
    """Run the program until its failure is fully there; its log, and its exit status if it ended by itself."""
    log_path, control_path = directory / "log", directory / "control"
    as_nobody = {"user": NOBODY, "group": NOBODY, "extra_groups": ()} if recipe.threads else {}
    with log_path.open("wb") as log, control_path.open("wb") as control:
        process = subprocess.Popen(
            [binary, f"--failure={recipe.failure}", f"--count={recipe.count}", f"--lifetime={2 * SECONDS}s"],
            stdin=subprocess.DEVNULL,
            stdout=control,
            stderr=log,
            cwd=directory,
            env={"TZ": "UTC", "TMPDIR": str(directory), **recipe.environment},
            preexec_fn=partial(_limit_threads, recipe.threads) if recipe.threads else None,  # noqa: PLW1509  no threads here
            **as_nobody,  # type: ignore[call-overload]
        )
    try:
        armed = f"failure {recipe.failure} armed"
        shop.wait_until(lambda: process.poll() is not None or armed in control_path.read_text(), SECONDS)
        if process.poll() is None and recipe.signal:
            process.send_signal(recipe.signal)
            process.wait(SECONDS)
        elif process.poll() is None and "-race" in recipe.flags:
            process.terminate()  # the race detector sums up when the program ends
            process.wait(SECONDS)
        return log_path.read_text(), process.poll()
    finally:
        process.kill()
        process.wait()


def make(name: str, recipe: Recipe, go: Path, version: str, scratch: Path) -> None:
    """Make one example."""
    binary = build(recipe, go, scratch)
    scratch.chmod(0o755)  # nobody must reach the program
    with tempfile.TemporaryDirectory(dir=scratch) as place:
        Path(place).chmod(0o777)
        log, status = run(recipe, binary, Path(place))
    directory = examples.path_of(name)
    recorder.save(directory / "service.log", _shortened(log, recipe.log_bytes).encode(), binary)
    meta = {
        "service": "checkout" if recipe.program == "shop" else "thumbnails",
        "failure": recipe.failure,
        "go_version": version,
        "exit_status": status,
        "collected_at": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    (directory / "meta.yaml").write_text(yaml.safe_dump(meta, sort_keys=False))


def _limit_threads(threads: int) -> None:
    resource.setrlimit(resource.RLIMIT_NPROC, (threads, threads))


def _shortened(log: str, size: int) -> str:
    return log if len(log) <= size else log[: log.rfind("\n\n", 0, size) + 1]


def main() -> None:
    """Read the command line and make the examples."""
    parser = argparse.ArgumentParser(description="Make the examples of the crash playbooks again.")
    parser.add_argument("examples", nargs="*", metavar="EXAMPLE", help="playbook/example; all when none is named")
    parser.add_argument("--go", type=Path, action="append", default=[], metavar="PATH", help="one more toolchain")
    options = parser.parse_args()
    toolchains: dict[str, tuple[Path, str]] = {}
    for go in (*options.go, shop.find_go()):
        version = subprocess.run([go, "env", "GOVERSION"], capture_output=True, text=True, check=True).stdout.strip()
        toolchains[recorder.minor(version)] = (go, version)
    with tempfile.TemporaryDirectory() as scratch:
        for name, recipe in RECIPES.items():
            if options.examples and name not in options.examples:
                continue
            if recipe.go not in toolchains:
                sys.stdout.write(f"{name}: passed over, no toolchain of {recipe.go}\n")
                continue
            started = time.monotonic()
            make(name, recipe, *toolchains[recipe.go], Path(scratch))
            sys.stdout.write(f"{name}: {time.monotonic() - started:.1f} s\n")


if __name__ == "__main__":
    main()
