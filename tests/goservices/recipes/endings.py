"""Logs of playbook examples in which the parent of the shop tells how it ended.

    python tests/goservices/recipes/endings.py

`go run` is real: it builds the shop, runs it and says `exit status` below its log. A journal is written here in systemd's own
format (`unit_log_process_exit` in src/core/unit.c, `service_enter_dead` in src/core/service.c and the job messages in
src/core/job.c of systemd 252) around lines that the shop has written, since no systemd is at hand.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2] / "support"))
import shop
from examples import POD, TAKEN_AT, path_of, write_meta

SHOP = Path(__file__).resolve().parents[1]
BUILD_AND_RUN_SECONDS = 300
GO_RUN = {
    "unhandled-exit-reported/fires-go-run": "exit-schema",
    "unhandled-exit-reported/quiet-go-run-panics": "crash-nil",
}
START = (
    'level=info msg="supplier connected" url=http://127.0.0.1:33975',
    'level=info msg="mailer started" workers=4',
    'level=info msg="inventory refresher started" interval=30s',
    'level=info msg="listening" addr=127.0.0.1:44303',
)
GIVES_UP = "ledger: database schema has version 7, this program needs 8"
STOPS = ('level=info msg="shutting down"', 'level=error msg="two orders are not written" err="context deadline exceeded"')
UNIT = "checkout.service"


def life(words: Iterable[str], status: str, *, asked: bool = False) -> list[tuple[str, str]]:
    """One life of the unit: who writes, and what."""
    said = [*START, *words]
    return [
        ("systemd[1]", f"Started {UNIT} - The checkout service."),
        *(("checkout[812]", line) for line in said[: len(START)]),
        *([("systemd[1]", f"Stopping {UNIT} - The checkout service...")] if asked else []),
        *(("checkout[812]", line) for line in said[len(START) :]),
        ("systemd[1]", f"{UNIT}: Main process exited, code=exited, status={status}"),
        ("systemd[1]", f"{UNIT}: Failed with result 'exit-code'."),
        (
            "systemd[1]",
            f"Stopped {UNIT} - The checkout service." if asked else f"{UNIT}: Scheduled restart job, restart counter is at 1.",
        ),
    ]


EXAMPLES = {
    "unhandled-exit-reported/fires-systemd": [*life([GIVES_UP], "1/FAILURE"), *life([GIVES_UP], "1/FAILURE")],
    "unhandled-exit-reported/quiet-stopped-on-request": life(STOPS, "1/FAILURE", asked=True),
}


def write(example: str) -> None:
    """Write the journal of one example as `journalctl -u checkout -o short-iso` shows it, and `meta.yaml` where there is none."""
    directory = path_of(example)
    lines = EXAMPLES[example]
    first = TAKEN_AT - timedelta(seconds=len(lines))
    stamped = (
        f"{first + timedelta(seconds=number):%Y-%m-%dT%H:%M:%S+0000} node-4 {writer}: {line}\n"
        for number, (writer, line) in enumerate(lines)
    )
    (directory / "service.log").write_text("".join(stamped))
    if not (directory / "meta.yaml").exists():
        write_meta(directory, TAKEN_AT, instance=POD)


def run(example: str) -> None:
    """Let `go run` start the shop, and keep what stands on standard error."""
    failure = GO_RUN[example]
    finished = subprocess.run(
        [shop.find_go(), "run", "-trimpath", ".", "--failure", failure],
        cwd=SHOP,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=BUILD_AND_RUN_SECONDS,
        check=False,
    )
    (path_of(example) / "service.log").write_bytes(finished.stderr)
    write_meta(path_of(example), datetime.now(UTC), instance=POD, failure=failure, exit_status=finished.returncode)


if __name__ == "__main__":
    for name in EXAMPLES:
        write(name)
    for name in GO_RUN:
        run(name)
