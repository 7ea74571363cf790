from __future__ import annotations

import io
import json
from dataclasses import fields
from datetime import UTC, datetime

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from bot.model.facts import CrashRow, Facts, GoroutineGroupRow, MetricSeriesRow
from bot.render.facts import facts_json, facts_text
from bot.render.prose import printable


def group(**changes: object) -> GoroutineGroupRow:
    values = {
        "state": "chan send",
        "top_function": "runtime.chansend",
        "function": "example.com/shop.(*Pool).fetch",
        "file": "/src/shop/pool.go",
        "line": 88,
        "package": "example.com/shop",
        "own_code": True,
        "module": "example.com/shop",
        "entry": "example.com/shop.(*Pool).fetch",
        "count": 412,
        "share_ratio": 0.9321,
        "leaked": False,
        "leaked_count": 0,
        "benign": False,
        "stack": ("runtime.chansend", "example.com/shop.(*Pool).fetch"),
        "target": "10.0.3.7:6060",
        "evidence": "goroutine.pb.gz",
        "locator": "record 7",
        "excerpt": "goroutine 412 [chan send]:\n[red]not markup[/red] \x1b[2J",
    }
    return GoroutineGroupRow(**(values | changes))  # type: ignore[arg-type]


def crash() -> CrashRow:
    return CrashRow(
        kind="panic",
        message="runtime error: index out of range [7] with length 0",
        root_message="null",
        count=2,
        process_survived=False,
        recovered=False,
        in_handler=False,
        in_init=False,
        in_cgo=False,
        in_runtime=False,
        fault_address=0,
        first_seen=datetime(2026, 11, 20, 14, 2, tzinfo=UTC),
    )


def text_of(facts: Facts, rows: int = 20) -> str:
    stream = io.StringIO()
    facts_text(facts, Console(file=stream, width=80), rows=rows)
    return stream.getvalue()


def test_a_row_reads_like_the_yaml_of_a_rule() -> None:
    shown = text_of(Facts(goroutine_groups=(group(),), crashes=(crash(),)))
    tables = yaml.safe_load(
        "\n".join(line for line in shown.splitlines() if not line.startswith(("no rows", "…"))).replace(": 1 row", ":")
    )
    (row,) = tables["goroutine_groups"]
    assert row["state"] == "chan send"
    assert row["function"] == "example.com/shop.(*Pool).fetch"
    assert row["own_code"] is True
    assert row["share_ratio"] == pytest.approx(0.9321)
    assert row["stack"] == ["runtime.chansend", "example.com/shop.(*Pool).fetch"]
    assert row["locator"] == "record 7"
    assert tables["crashes"][0]["message"] == "runtime error: index out of range [7] with length 0"
    assert tables["crashes"][0]["root_message"] == "null"
    assert tables["crashes"][0]["fault_address"] == 0


READABLE = st.characters(exclude_categories=["C", "Zl", "Zp"])


@given(
    st.text(READABLE, max_size=30)
    | st.text("ab1 -_./()*+:#[]yesnoYN", max_size=8)
    | st.sampled_from(["yes", "1e3", ".inf", "=", "~"])
)
def test_any_text_is_read_back_by_yaml(text: str) -> None:
    row = MetricSeriesRow(name=text)
    shown = text_of(Facts(metric_series=(row,)))
    assert yaml.safe_load(shown.split("no rows")[0].replace(": 1 row", ":"))["metric_series"][0]["name"] == printable(text)


def test_unknown_columns_are_named_apart() -> None:
    shown = text_of(Facts(goroutine_groups=(group(),)))
    (unknown,) = [line for line in shown.splitlines() if "# unknown:" in line]
    assert "wait_minutes, wait_minutes_max, count_change" in unknown
    assert "wait_minutes:" not in shown


def test_excerpts_are_neither_markup_nor_control_codes() -> None:
    shown = text_of(Facts(goroutine_groups=(group(),)))
    assert "  # | [red]not markup[/red]\n" in shown
    assert "\x1b" not in shown


def test_long_tables_say_what_is_left_out_and_empty_ones_are_named() -> None:
    shown = text_of(Facts(goroutine_groups=tuple(group(count=number) for number in range(30))), rows=20)
    assert "goroutine_groups: 30 rows" in shown
    assert "… 10 rows more (--format json shows all)" in shown
    assert "no rows: crashes, exits" in shown


def test_json_holds_every_table_and_column() -> None:
    shown = json.loads(facts_json(Facts(goroutine_groups=(group(),), crashes=(crash(),))))
    assert list(shown) == [field.name for field in fields(Facts)]
    (row,) = shown["goroutine_groups"]
    assert set(row) == {field.name for field in fields(GoroutineGroupRow)}
    assert row["wait_minutes"] is None
    assert shown["crashes"][0]["first_seen"] == "2026-11-20T14:02:00Z"


def test_what_is_not_a_number_is_null_in_json() -> None:
    shown = json.loads(facts_json(Facts(metric_series=(MetricSeriesRow(name="up", first=float("nan"), last=float("inf")),))))
    assert (shown["metric_series"][0]["first"], shown["metric_series"][0]["last"]) == (None, None)
