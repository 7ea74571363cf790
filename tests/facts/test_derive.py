"""All tables together: on every recorded bundle, and on snapshots of anything."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from snapshots import RECORDED, dump, frames, group, parsed, recorded, shared_benign, snapshot

from bot.facts.derive import derive
from bot.model.benign import Benign
from bot.model.evidence import Target
from bot.model.facts import Facts
from bot.model.goroutines import GoroutineGroup
from bot.model.logs import Crash, LogEvent, LogReading
from bot.model.profiles import Profile, ProfileSample
from bot.model.snapshot import Parsed

BENIGN = shared_benign()
SHARES = ("share_ratio", "inuse_ratio", "delay_ratio", "request_share_ratio")
BUNDLES = sorted(str(path.parent.relative_to(RECORDED)) for path in RECORDED.glob("*/*/meta.yaml"))


def check(facts: Facts) -> None:
    for table, rows in facts.tables():
        for row in rows:
            for share in SHARES:
                value = getattr(row, share, None)
                assert value is None or 0 <= value <= 1, (table, row)
            assert row.evidence or table == "collection", (table, row)
            assert len(row.excerpt.splitlines()) <= 17, (table, row)
    counts = [row.count for row in facts.goroutine_groups if not row.benign and not row.leaked]
    assert counts == sorted(counts, reverse=True)
    assert [row.inuse_bytes for row in facts.allocation_sites] == sorted(
        (row.inuse_bytes for row in facts.allocation_sites), reverse=True
    )
    assert sum(row.count for row in facts.goroutine_entries) == sum(row.count for row in facts.goroutine_groups)


@pytest.mark.parametrize("bundle", BUNDLES)
def test_every_recorded_bundle(bundle: str) -> None:
    found = recorded(bundle)
    facts = derive(found, benign=BENIGN)
    check(facts)
    assert len(facts.collection) >= len(found.parsed)
    assert facts == derive(found, benign=BENIGN)


def test_recorded_bundles_were_found() -> None:
    assert len(BUNDLES) >= 40
    assert Path(RECORDED / "go1.27").is_dir()


def test_every_table_is_a_field_and_nothing_gives_nothing() -> None:
    facts = derive(snapshot(), benign=BENIGN)
    assert len(fields(facts)) == 22
    assert all(rows == () for _, rows in facts.tables())


def test_own_modules_can_be_named() -> None:
    found = snapshot(
        parsed("goroutine.pb.gz", dump(group("select", 2, "example.com/kit.Do k.go:1", "example.com/shop.Run r.go:1")))
    )
    assert derive(found, benign=BENIGN, own_modules=("example.com/shop",)).goroutine_groups[0].function == "example.com/shop.Run"
    assert derive(found, benign=BENIGN, own_modules=("example.com/kit",)).goroutine_groups[0].function == "example.com/kit.Do"


def test_instances_are_kept_apart() -> None:
    other = Target("checkout", "shop-2")
    readings = [
        parsed("goroutine.pb.gz", dump(group("select", 2, "main.a"))),
        parsed("goroutine.pb.gz", dump(group("select", 9, "main.a")), target=other),
    ]
    rows = derive(snapshot(*readings), benign=BENIGN).goroutine_groups
    assert [(row.target, row.count, row.share_ratio) for row in rows] == [("shop-1", 2, 1), ("shop-2", 9, 1)]


def test_the_baseline_of_a_pod_that_was_replaced_is_still_compared() -> None:
    before = parsed("goroutine.pb.gz", dump(group("select", 2, "main.a")), target=Target("checkout", "shop-0"))
    facts = derive(
        snapshot(parsed("goroutine.pb.gz", dump(group("select", 9, "main.a"))), baseline=snapshot(before)), benign=BENIGN
    )
    assert facts.goroutine_groups[0].count_change == 7


names = st.one_of(
    st.sampled_from(["main.main", "shop/a.f", "runtime.gopark", "sync.(*Mutex).Lock", "panic", ""]), st.text(max_size=8)
)
stacks = st.lists(names, max_size=5).map(lambda calls: frames(*(call.replace(" ", "_") for call in calls)))
group_values = st.builds(
    lambda state, stack, count, leaked: GoroutineGroup(state=state, stack=stack, count=count, leaked_count=min(count, leaked)),
    st.sampled_from(["", "select", "chan send", "sync.Mutex.Lock", "IO wait"]),
    stacks,
    st.integers(1, 1000),
    st.integers(0, 5),
)
dump_values = st.lists(group_values, max_size=4).map(lambda groups: dump(*groups))
profile_values = st.lists(st.builds(ProfileSample, stacks, st.tuples(st.integers(0, 10**9)))).map(
    lambda samples: Profile(value_types=(("inuse_space", "bytes"),), samples=tuple(samples))
)
log_values = st.builds(
    lambda stack, message: LogReading(
        transport="plain",
        lines=1,
        crashes=(Crash(kind="panic", message=message, stack=stack),),
        events=(LogEvent(text=message, sample=message, count=1),),
    ),
    stacks,
    st.text(max_size=20),
)
reading_values = st.one_of(
    st.tuples(st.just("goroutine.pb.gz"), dump_values, st.integers(0, 1)),
    st.tuples(st.just("goroutineleak.txt"), dump_values.map(lambda found: replace(found, leak_profile=True)), st.just(0)),
    st.tuples(st.just("heap.pb.gz"), profile_values, st.integers(0, 1)),
    st.tuples(st.just("service.log"), log_values, st.just(0)),
)
reading_lists = st.lists(reading_values.map(lambda made: parsed(made[0], made[1], sample=made[2])), max_size=5)


@given(reading_lists, reading_lists)
def test_any_snapshot_has_facts(now: list[Parsed], before: list[Parsed]) -> None:
    check(derive(snapshot(*now, baseline=snapshot(*before)), benign=Benign()))
