"""Claim and finish the jobs of the store at argument 1 until there are none, as argument 2; print the number of each."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

from bot.incidents.store import Store


def main(data: Path, owner: str) -> None:
    with Store(data) as store:
        while job := store.queue.claim(owner, kinds=["diagnose"], lease_seconds=60, now=datetime.now(UTC)):
            store.queue.finish(job, now=datetime.now(UTC))
            sys.stdout.write(f"{job.number}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
