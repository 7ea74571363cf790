from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path

from bot.incidents.store import Store


def test_denied_and_performed_actions_are_recorded(store: Store, now: datetime, tmp_path: Path) -> None:
    store.audit.record(actor="U1", action="resolve", subject="INC-7", allowed=True, reason="", now=now)
    store.audit.record(actor="U2", action="capture", subject="checkout", allowed=False, reason="not in @oncall-shop", now=now)
    with closing(sqlite3.connect(tmp_path / "gocrash.db")) as plain:
        assert plain.execute("SELECT * FROM audit").fetchall() == [
            (1, "2026-11-20T14:02:11.123Z", "U1", "resolve", "INC-7", 1, ""),
            (2, "2026-11-20T14:02:11.123Z", "U2", "capture", "checkout", 0, "not in @oncall-shop"),
        ]
