from __future__ import annotations

from dataclasses import replace

from snapshots import TARGET, dump, group, parsed, recorded, shared_benign, snapshot

from bot.facts.derive import derive
from bot.model.evidence import CollectFailure, Kind
from bot.model.logs import Crash, LogReading
from bot.model.snapshot import Parsed


def test_every_piece_of_evidence_and_every_failure_has_a_row() -> None:
    cut = parsed("goroutine.txt", dump(group("select", 3, "main.a"), form="debug=2", truncated=True))
    broken = Parsed(parsed("heap.pb.gz", LogReading(transport="", lines=0)).evidence, error="not a profile")
    found = snapshot(cut, broken)
    failure = CollectFailure(kind=Kind.GOROUTINELEAK, reason="404: needs Go 1.27", target=TARGET)
    found = replace(found, bundle=replace(found.bundle, failures=(failure, CollectFailure(kind=Kind.PODS, reason="forbidden"))))
    rows = derive(found, benign=shared_benign()).collection
    assert [(row.kind, row.ok, row.truncated, row.reason, row.parsed, row.target) for row in rows] == [
        ("goroutine", True, True, None, 3, "shop-1"),
        ("heap", False, False, "not a profile", None, "shop-1"),
        ("goroutineleak", False, False, "404: needs Go 1.27", None, "shop-1"),
        ("pods", False, False, "forbidden", None, ""),
    ]


def test_goroutines_printed_in_a_log_are_goroutine_evidence() -> None:
    crash = Crash(kind="signal", message="SIGQUIT: quit", dump=dump(group("select", 3, "main.a"), form="crash"))
    alone = Crash(kind="panic", message="x", dump=dump(group("running", 1, "main.a"), form="crash"))
    rows = derive(
        snapshot(parsed("service.log", LogReading(transport="plain", lines=1, crashes=(crash, alone)))), benign=shared_benign()
    )
    assert [(row.kind, row.seen) for row in rows.collection] == [("service.log", None), ("goroutine", 3)]
    assert [(row.count, row.evidence) for row in rows.goroutine_groups] == [(3, "service.log")]


def test_a_recorded_bundle_is_read_whole() -> None:
    rows = derive(recorded("go1.27/lock-cycle"), benign=shared_benign()).collection
    assert {row.kind for row in rows} >= {"goroutine", "goroutineleak", "heap", "metrics", "service.log"}
    assert all(row.ok and not row.truncated and row.parsed == row.seen for row in rows)
