"""Instances of one service against each other."""

from __future__ import annotations

from snapshots import TARGET, dump, group, parsed, shared_benign, snapshot

from bot.facts.derive import derive
from bot.model.evidence import Target
from bot.model.facts import GoroutineGrowthRow
from bot.model.snapshot import Parsed

FETCH = "shop/pool.fetch f.go:9"
SERVE = "shop/web.serve w.go:3"


def instance(number: int, **counts: int) -> Parsed:
    groups = [group("chan send", count, {"fetch": FETCH, "serve": SERVE}[name]) for name, count in counts.items()]
    return parsed("goroutine.pb.gz", dump(*groups), target=Target(TARGET.service, f"shop-{number}"))


def rows(*readings: Parsed) -> list[GoroutineGrowthRow]:
    found = derive(snapshot(*readings), benign=shared_benign(), own_modules=("shop",)).goroutine_growth
    return [row for row in found if row.against == "other instance"]


def test_the_instance_with_more_than_the_others_stands_out() -> None:
    found = rows(instance(1, fetch=40, serve=8), instance(2, fetch=900, serve=8), instance(3, fetch=50, serve=8))
    assert [(row.target, row.function, row.count, row.count_change, row.samples) for row in found] == [
        ("shop-2", "shop/pool.fetch", 900, 860, 3),
        ("shop-3", "shop/pool.fetch", 50, 10, 3),
    ]
    assert (found[0].state, found[0].monotonic, found[0].per_minute) == ("chan send", None, None)


def test_a_stack_that_no_other_instance_has_is_compared_with_none() -> None:
    (row,) = rows(instance(1, serve=8), instance(2, serve=8, fetch=3))
    assert (row.target, row.count_change, row.change_ratio) == ("shop-2", 3, None)


def test_one_instance_has_no_others() -> None:
    assert rows(instance(1, fetch=40)) == []
