from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import ConfigError
from bot.model.facts import CrashRow, LogEventRow, WaitCycleRow
from bot.rules.predicates import Key, compared_columns, compile_where, parse_key, with_numbers

LOG = LogEventRow(text="dial tcp 10.0.0.1:5432: connect: connection refused", count=12, source="service", level=None)
CYCLE = WaitCycleRow(kinds=("Mutex", "channel"), chain="A -> B -> A", length=2, function="main.f", file="f.go", line=1)
CRASH = CrashRow(
    kind="panic",
    message="boom",
    root_message="boom",
    count=1,
    process_survived=False,
    recovered=False,
    in_handler=True,
    in_init=False,
    in_cgo=False,
    in_runtime=False,
)


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ({}, True),
        ({"source": "service"}, True),
        ({"source": "Service"}, False),
        ({"source": ["gateway", "service"]}, True),
        ({"source|not": "gateway"}, True),
        ({"source|not": ["gateway", "service"]}, False),
        ({"count": 12}, True),
        ({"count|gt": 12}, False),
        ({"count|gte": 12}, True),
        ({"count|lt": 12}, False),
        ({"count|lte": 12.5}, True),
        ({"count|not|gte": 12}, False),
        ({"text|contains": "refused"}, True),
        ({"text|contains": ["reset", "refused"]}, True),
        ({"text|contains|all": ["dial", "refused"]}, True),
        ({"text|contains|all": ["dial", "reset"]}, False),
        ({"text|not|contains": ["reset", "EOF"]}, True),
        ({"text|not|contains": ["reset", "refused"]}, False),
        ({"text|not|contains|all": ["dial", "reset"]}, True),
        ({"text|startswith": "dial"}, True),
        ({"text|endswith": "refused"}, True),
        ({"text|re": r"tcp \d+\.\d+"}, True),
        ({"text|re": r"^connect"}, False),
        ({"any": [{"count|gt": 100}, {"source": "service"}]}, True),
        ({"any": [{"count|gt": 100}, {"source": "gateway"}]}, False),
        ({"count": 12, "any": [{"source": "gateway"}]}, False),
        ({"level": "error"}, None),
        ({"level|not": "error"}, None),
        ({"level": "error", "count|gt": 100}, False),
        ({"any": [{"level": "error"}, {"count": 12}]}, True),
        ({"any": [{"level": "error"}, {"count": 13}]}, None),
        ({"any": [{"level": "error", "count": 13}]}, False),
    ],
)
def test_one_row(where: dict[str, Any], *, expected: bool | None) -> None:
    assert compile_where(where).holds(LOG) is expected


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ({"kinds": "channel"}, True),
        ({"kinds": "chan"}, False),
        ({"kinds|contains": "chan"}, True),
        ({"kinds|all": ["Mutex", "channel"]}, True),
        ({"kinds|all": ["Mutex", "RWMutex"]}, False),
        ({"kinds|not": "RWMutex"}, True),
        ({"kinds|not|contains": "Mutex"}, False),
        ({"kinds|startswith": ["chan", "sel"]}, True),
        ({"kinds|re": "^M.*x$"}, True),
    ],
)
def test_a_list_of_texts_passes_when_one_of_its_texts_does(where: dict[str, Any], *, expected: bool) -> None:
    assert compile_where(where).holds(CYCLE) is expected


def test_an_empty_list_of_texts_is_known() -> None:
    assert compile_where({"stack|contains": "main."}).holds(CRASH) is False
    assert compile_where({"stack|not|contains": "main."}).holds(CRASH) is True


def test_true_and_false() -> None:
    assert compile_where({"in_handler": True}).holds(CRASH) is True
    assert compile_where({"in_handler": False}).holds(CRASH) is False
    assert compile_where({"own_code": False}).holds(CRASH) is None


def test_unknown_columns_are_those_it_depends_on() -> None:
    where = compile_where(
        {"exit_code": 2, "kind": "panic", "any": [{"own_code": True, "line": 3}, {"count|gt": 5, "signal": "x"}]}
    )
    assert where.unknown_columns(CRASH) == {"exit_code", "own_code", "line"}
    assert compile_where({"exit_code": 2, "kind": "fatal"}).unknown_columns(CRASH) == frozenset()
    assert compile_where({"exit_code": 2, "any": [{"own_code": True}, {"count": 1}]}).unknown_columns(CRASH) == {"exit_code"}


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("count", Key("count", negated=False, modifier="equals", every=False)),
        ("count|not", Key("count", negated=True, modifier="equals", every=False)),
        ("text|not|contains|all", Key("text", negated=True, modifier="contains", every=True)),
        ("kinds|all", Key("kinds", negated=False, modifier="equals", every=True)),
    ],
)
def test_keys(text: str, key: Key) -> None:
    assert parse_key(text) == key


@pytest.mark.parametrize(
    "text",
    ["text|contains|not", "text|all|contains", "text|contains|re", "text|equals", "text|contians", "text|", "text|not|not"],
)
def test_wrong_keys(text: str) -> None:
    with pytest.raises(ConfigError, match=r"modifier"):
        parse_key(text)


def test_other_numbers_reach_the_comparisons_only() -> None:
    where = {"count|gte": 10, "text": "x", "any": [{"count|lt": 5, "line": 3}, {"count": 7}]}
    assert with_numbers(where, {"count": 99, "line": 1}) == {
        "count|gte": 99,
        "text": "x",
        "any": [{"count|lt": 99, "line": 3}, {"count": 7}],
    }
    assert compared_columns(where) == {"count"}


_TESTS = st.sampled_from(
    [
        ("count|gte", 12),
        ("count|gt", 12),
        ("level", "error"),
        ("level|not", "error"),
        ("source", "service"),
        ("source|not", "service"),
    ]
)
_SETS = st.lists(_TESTS, min_size=1, max_size=3).map(dict)


def _whatever_the_level_is(where: dict[str, Any]) -> set[bool | None]:
    rows = [LogEventRow(text=LOG.text, count=LOG.count, source=LOG.source, level=level) for level in ("error", "info")]
    return {compile_where(where).holds(row) for row in rows}


@given(_SETS, st.lists(_SETS, max_size=2))
def test_what_is_decided_stays_so_whatever_the_unknown_column_is(tests: dict[str, Any], sets: list[dict[str, Any]]) -> None:
    where = tests | ({"any": sets} if sets else {})
    predicate = compile_where(where)
    held = predicate.holds(LOG)
    if held is not None:
        assert _whatever_the_level_is(where) == {held}
    assert predicate.unknown_columns(LOG) == ({"level"} if held is None else frozenset())
