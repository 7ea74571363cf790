"""Where the answer goes when it cannot go where it was sent, and what a signal leaves behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CRASH = ROOT / "tests" / "goservices" / "recorded" / "go1.27" / "crash-nil" / "service.log"
GOCRASH = [sys.executable, "-m", "bot"]
SECONDS = 30.0


@pytest.mark.parametrize("words", [["--help"], ["diagnose", CRASH], ["diagnose", CRASH, "--format", "json"]])
def test_an_answer_that_cannot_be_written_is_said_in_one_line(words: list[str | Path]) -> None:
    with Path("/dev/full").open("wb") as full:
        run = subprocess.run([*GOCRASH, *words], cwd=ROOT, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert run.returncode == 2
    assert run.stderr.startswith("gocrash: the answer cannot be written (No space left on device): ")
    assert run.stderr.count("\n") == 1


@pytest.mark.parametrize("words", [["--help"], ["diagnose", CRASH], ["diagnose", CRASH, "--format", "json"]])
def test_a_closed_pipe_ends_it_quietly(words: list[str | Path], tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    saved: list[str | Path] = ["--save", tmp_path / "kept"] if "diagnose" in words else []
    with open(writing, "wb") as closed:  # noqa: PTH123  # a descriptor
        run = subprocess.run([*GOCRASH, *words, *saved], cwd=ROOT, stdout=closed, stderr=subprocess.PIPE, text=True, check=False)
    assert run.returncode == 128 + signal.SIGPIPE
    assert run.stderr == (f"gocrash: evidence saved in {tmp_path / 'kept'}\n" if saved else "")


def test_a_program_told_to_stop_leaves_no_evidence_behind(tmp_path: Path) -> None:
    with subprocess.Popen(
        [*GOCRASH, "diagnose", "-"], cwd=ROOT, stdin=subprocess.PIPE, env={**os.environ, "TMPDIR": str(tmp_path)}
    ) as run:
        assert run.stdin
        run.stdin.write(b"password=hunter2\n" * 500_000)
        run.stdin.flush()
        deadline = time.monotonic() + SECONDS
        while not list(tmp_path.rglob("evidence-*")):
            assert time.monotonic() < deadline, "nothing was spooled"
            time.sleep(0.02)
        # Python takes note of a signal between two reads: one that comes just before a read waits for the next.
        while run.poll() is None:
            assert time.monotonic() < deadline, "it did not stop"
            run.send_signal(signal.SIGTERM)
            time.sleep(0.1)
    assert run.returncode == 128 + signal.SIGTERM
    assert not list(tmp_path.iterdir())
