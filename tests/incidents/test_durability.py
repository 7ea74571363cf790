"""Several processes at one database, and processes that are killed."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from bot.incidents.backup import problems
from bot.incidents.store import Store

StartProgram = Callable[..., subprocess.Popen[str]]

ROUNDS = 4


def test_what_was_acknowledged_before_kill_9_is_there(tmp_path: Path, start_program: StartProgram) -> None:
    acknowledged: list[str] = []
    for number in range(ROUNDS):
        writer = start_program("acknowledging_writer", tmp_path, f"round{number}")
        assert writer.stdout is not None
        # Killed after another count each time, so in the middle of another statement.
        acknowledged += [writer.stdout.readline().strip() for _ in range(40 + 17 * number)]
        writer.kill()
        acknowledged += writer.communicate()[0].split()

        assert problems(tmp_path / "gocrash.db") == ()
        with Store(tmp_path) as store:
            incidents = store.incidents.list_incidents(limit=100_000)
            titles = {incident.title for incident in incidents}
            assert set(acknowledged) <= titles
            assert len(titles) - len(acknowledged) <= number + 1, "at most one commit per round was not acknowledged"
            assert all(len(store.timeline.of(incident.number)) == 2 for incident in incidents)
            assert not any(store.queue.accept(key, kind="diagnose", payload={}, now=datetime.now(UTC)) for key in acknowledged)


def test_two_processes_share_the_jobs_and_do_none_twice(tmp_path: Path, start_program: StartProgram, now: datetime) -> None:
    with Store(tmp_path) as store, store.transaction():
        jobs = [store.queue.enqueue(kind="diagnose", payload={}, now=now) for _ in range(200)]
    workers = [start_program("claiming_worker", tmp_path, f"w{number}") for number in range(2)]
    done = [int(line) for worker in workers for line in worker.communicate(timeout=60)[0].split()]
    assert [worker.returncode for worker in workers] == [0, 0]
    assert sorted(done) == jobs
