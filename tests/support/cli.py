"""Runs the command line as people do: a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

SECONDS = 120.0


@dataclass(frozen=True)
class Run:
    """What a run of `gocrash` left behind."""

    status: int
    out: str
    err: str


def gocrash(*arguments: str | Path, stdin: bytes = b"", cwd: Path | None = None, **environment: str) -> Run:
    """Run `gocrash` to its end. A traceback is never an answer, so it fails the test that sees it."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("GOCRASH_", "SLACK_"))}
    finished = subprocess.run(
        [sys.executable, "-m", "bot", *map(str, arguments)],
        input=stdin,
        capture_output=True,
        cwd=cwd,
        env=clean | {"PYTHONPATH": str(Path(__file__).parents[2]), "NO_COLOR": "1", "COLUMNS": "120"} | environment,
        timeout=SECONDS,
        check=False,
    )
    run = Run(finished.returncode, finished.stdout.decode(), finished.stderr.decode())
    assert "Traceback" not in run.err, run.err
    return run
