"""Measures how fast large evidence is diagnosed, as whole processes: `python tests/benchmarks/run.py [--keep DIR]`.

The inputs are made first (`tests/support/large_inputs.py`). Each figure stands beside its target and, where a large file is
read, as a ratio to the time that a plain `bytes.split` of the same file took in the same run. Exit status 1: a target was missed.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.append(str(ROOT / "tests" / "support"))
from large_inputs import Inputs, make_inputs  # noqa: E402  # found through the line above

RUNS = 5
MEBI = 1 << 20
SPLIT = "import sys; print(len(open(sys.argv[1], 'rb').read().split(b'\\n')))"


@dataclass(frozen=True, slots=True)
class Measured:
    """The fastest of several runs of one program, and the most memory any of them held.

    `cpu_seconds` depends less on what else the machine does, so figures that compare two programs are made of it.
    """

    seconds: float
    cpu_seconds: float
    peak_mebibytes: float


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the answer.

    Attributes:
        at_most: the target is an upper bound.
        relative_to_split: processor time by that of a plain split of the same file; None where the file is small.
    """

    what: str
    value: float
    unit: str
    target: float
    at_most: bool = True
    relative_to_split: float | None = None

    @property
    def holds(self) -> bool:
        """The target is met."""
        return self.value <= self.target if self.at_most else self.value >= self.target

    def __str__(self) -> str:
        bound = "≤" if self.at_most else "≥"
        ratio = "" if self.relative_to_split is None else f"{self.relative_to_split:7.2f} x split"
        verdict = "" if self.holds else "  MISSED"
        return f"{self.what:46} {self.value:8.2f} {bound} {self.target:g} {self.unit:6} {ratio}{verdict}"


def measure(*command: str | Path, scratch: Path) -> Measured:
    """Run a program to its end several times."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("GOCRASH_", "PYTHON"))}
    environment |= {"PYTHONPATH": str(ROOT), "PYTHONPYCACHEPREFIX": str(scratch / "bytecode"), "NO_COLOR": "1"}
    seconds, cpu, peaks = [], [], []
    for _ in range(RUNS):
        begun = time.perf_counter()
        process = subprocess.Popen([sys.executable, *map(str, command)], cwd=scratch, env=environment, stdout=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        seconds.append(time.perf_counter() - begun)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise subprocess.CalledProcessError(process.returncode, process.args)
        cpu.append(usage.ru_utime + usage.ru_stime)
        peaks.append(usage.ru_maxrss / 1024)
    return Measured(min(seconds), min(cpu), max(peaks))


def figures(inputs: Inputs, scratch: Path) -> Iterator[Figure]:
    """Yield every figure, the quick ones first."""

    def diagnosed(file: Path) -> tuple[Measured, float]:
        found = measure("-m", "bot", "diagnose", file, scratch=scratch)
        return found, found.cpu_seconds / measure("-c", SPLIT, file, scratch=scratch).cpu_seconds

    measure("-m", "bot", "diagnose", inputs.crash, scratch=scratch)  # the first run compiles the modules
    yield Figure("gocrash --help", measure("-m", "bot", "--help", scratch=scratch).seconds, "s", 0.2)
    crash = measure("-m", "bot", "diagnose", inputs.crash, scratch=scratch)
    yield Figure("diagnose crash.log", crash.seconds, "s", 0.5)

    heap = measure("-m", "bot", "diagnose", inputs.heap, scratch=scratch)
    yield Figure("20,000-sample heap profile, beyond crash.log", heap.cpu_seconds - crash.cpu_seconds, "s", 0.15)

    dump, ratio = diagnosed(inputs.dump)
    size = inputs.dump.stat().st_size / 1e6
    yield Figure(f"dump of 100,000 goroutines ({size:.0f} MB)", dump.seconds, "s", 1.2, relative_to_split=ratio)
    yield Figure("  its peak memory", dump.peak_mebibytes, "MiB", 300)
    yield Figure("  its throughput", size / dump.seconds, "MB/s", 200, at_most=False)

    half, _ = diagnosed(inputs.half)
    beyond = (dump.cpu_seconds - crash.cpu_seconds) / (half.cpu_seconds - crash.cpu_seconds)
    yield Figure("  time of all by time of half, start-up aside", beyond, "times", 2.4)

    labelled, ratio = diagnosed(inputs.labelled)
    labelled_size = inputs.labelled.stat().st_size / 1e6
    share = (labelled_size / labelled.cpu_seconds) / (size / dump.cpu_seconds) * 100
    yield Figure(f"labelled dump ({labelled_size:.0f} MB), speed", share, "%", 70, at_most=False, relative_to_split=ratio)

    large, ratio = diagnosed(inputs.large)
    yield Figure("1 GB dump, peak memory", large.peak_mebibytes, "MiB", 400, relative_to_split=ratio)
    yield Figure("  its throughput", inputs.large.stat().st_size / 1e6 / large.seconds, "MB/s", 200, at_most=False)

    prefixed, ratio = diagnosed(inputs.prefixed)
    prefixed_size = inputs.prefixed.stat().st_size / 1e6
    yield Figure(
        f"dump within a log with timestamps ({prefixed_size:.0f} MB)", prefixed.seconds, "s", 15, relative_to_split=ratio
    )
    yield Figure("  its peak memory", prefixed.peak_mebibytes, "MiB", 300)

    log, ratio = diagnosed(inputs.log)
    yield Figure("100 MB ordinary log with one crash", log.seconds, "s", 2.0, relative_to_split=ratio)
    yield Figure("  its peak memory", log.peak_mebibytes, "MiB", 300)


def main() -> int:
    """Make the inputs, measure, print."""
    parser = argparse.ArgumentParser(description="Measure how fast large evidence is diagnosed.")
    parser.add_argument("--keep", type=Path, help="directory for the inputs (2 GB); what is there already is not made again")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="benchmark-") as scratch:
        directory = (options.keep or Path(scratch)).resolve()
        directory.mkdir(parents=True, exist_ok=True)
        print(f"making the inputs in {directory}", file=sys.stderr, flush=True)  # noqa: T201  # a program's own output
        missed = 0
        for figure in figures(make_inputs(directory), Path(scratch)):
            print(figure, flush=True)  # noqa: T201  # same
            missed += not figure.holds
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
