"""Accept events into the store at argument 1, their keys beginning with argument 2; print each key once it is committed."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

from bot.incidents.store import Store


def main(data: Path, prefix: str) -> None:
    with Store(data) as store:
        for number in range(20_000):
            now = datetime.now(UTC)
            key = f"{prefix}-{number}"
            with store.transaction():
                store.queue.accept(key, kind="diagnose", payload={"key": key}, now=now)
                incident, _ = store.incidents.open_or_join(
                    service="checkout", dedup_key=key, title=key, severity="SEV3", opened_by="U1", now=now
                )
                store.incidents.add_note(incident.number, f"{key} " * 500, actor="U1", now=now)
            sys.stdout.write(key + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
