from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from bot.errors import ConfigError
from bot.model.failure import FailureClass
from bot.rules.load import load_playbooks

MODIFIERS = "not, contains, startswith, endswith, re, lt, lte, gt, gte, all"
HEADINGS = "Meaning, Impact, Diagnosis, Mitigation, Prevention, References"

Problems = Callable[..., list[str]]


@pytest.fixture
def problems(write: Callable[..., Any], classes: Mapping[str, FailureClass]) -> Problems:
    """Writes a playbook and returns its problems, without the folder; none when it is sound."""

    def lint(runbook: str | None = None, **rule: object) -> list[str]:
        folder = write("my-leak", **rule) if runbook is None else write("my-leak", runbook=runbook, **rule)
        try:
            load_playbooks([folder], classes=classes)
        except ConfigError as error:
            return [problem.removeprefix(f"{folder}/my-leak/") for problem in error.problems]
        return []

    return lint


def selection(table: str = "goroutine_groups", **where: object) -> dict[str, object]:
    return {"stuck": {"table": table, "where": where}}


def test_a_sound_rule_has_no_problem(problems: Problems) -> None:
    assert (
        problems(culprit="stuck", measure="stuck.count", explains=["heap-growth", "my-leak", "x-ours"], yields_to="any-crash")
        == []
    )


def test_everything_at_once_in_the_order_of_lines(problems: Problems) -> None:
    found = problems(
        failure_class="goroutine-lek",
        needs=["gorutine"],
        match={
            "stuck": {"table": "goroutine_groups", "where": {"cuont|gte": 1, "state|contians": "x", "any": [{"leaked": "yes"}]}}
        },
        summary="{{ stack[0].count }} {{ stuck[0].cuont }}",
        culprit="stcuk",
        measure="stuck.function",
        explains=["gateway-503"],
        yields_to=["any-crsh"],
    )
    assert found == [
        "rule.yaml:2: failure_class: unknown failure class `goroutine-lek`, did you mean `goroutine-leak`?",
        "rule.yaml:9: match.stuck.where.cuont|gte: table goroutine_groups has no column `cuont`, did you mean `count`?",
        f"rule.yaml:10: match.stuck.where.state|contians: unknown modifier `contians`, the modifiers are {MODIFIERS}",
        "rule.yaml:12: match.stuck.where.any[0].leaked: `leaked` holds true or false, not `yes`",
        "rule.yaml:13: summary: unknown variable `stack`, did you mean `stuck`?",
        "rule.yaml:13: summary: there is no column `cuont` here, did you mean `count`?",
        "rule.yaml:17: needs[0]: unknown kind of evidence `gorutine`, did you mean `goroutine`?",
        "rule.yaml:18: culprit: unknown selection `stcuk`, did you mean `stuck`?",
        "rule.yaml:19: measure: `function` is not a number of table goroutine_groups",
        "rule.yaml:21: explains[0]: unknown failure class or playbook `gateway-503`, did you mean `gateway-502`?",
        "rule.yaml:23: yields_to[0]: unknown failure class or playbook `any-crsh`, did you mean `any-crash`?",
    ]


@pytest.mark.parametrize(
    ("where", "reason"),
    [
        ({"state|gte": 1}, "`gte` compares numbers, but `state` holds text"),
        ({"count|contains": "1"}, "`contains` tests text, but `count` holds a number"),
        ({"leaked|re": "t"}, "`re` tests text, but `leaked` holds true or false"),
        ({"stack|gt": 1}, "`gt` compares numbers, but `stack` holds a list of texts"),
        ({"count|gte": "100"}, "`count` holds a number, not `100`"),
        ({"count|gte": True}, "`count` holds a number, not `true`"),
        ({"count|gte": [1, 2]}, "`gte` takes one number"),
        ({"count": None}, "`count` holds a number, not nothing"),
        ({"leaked": 1}, "`leaked` holds true or false, not `1`"),
        ({"state": 7}, "`state` holds text, not `7`"),
        ({"state": []}, "the list is empty: no row could ever match"),
        ({"state": {"a": 1}}, "`state` holds text, not `{'a': 1}`"),
        ({"state|re": "("}, "`(` is not a regular expression: missing ), unterminated subpattern at position 0"),
        ({"state|all": ["a", "b"]}, "`state` cannot equal all of several values"),
        ({"state|contains|not": "a"}, "write the modifiers as column|not|comparison|all, `not` first, one comparison at most"),
        ({"any": {"count": 1}}, "`any` takes a list of sets of tests, such as [{leaked: true}, {count|gte: 100}]"),
        ({"any": []}, "`any` takes a list of sets of tests, such as [{leaked: true}, {count|gte: 100}]"),
    ],
)
def test_tests_of_columns(problems: Problems, where: dict[str, object], reason: str) -> None:
    key = next(iter(where))
    assert problems(match={"stuck": {"table": "goroutine_groups", "where": where}}) == [
        f"rule.yaml:9: match.stuck.where.{key}: {reason}"
    ]


def test_a_time_cannot_be_tested(problems: Problems) -> None:
    found = problems(match=selection("crashes", first_seen="2026-11-20"))
    assert found == ["rule.yaml:9: match.stuck.where.first_seen: `first_seen` is a time, which no rule can test"]


@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        ({"match": {}, "summary": "x"}, "match: needs at least one selection"),
        ({"match": selection("gorutines")}, "match.stuck.table: unknown table `gorutines`"),
        ({"match": {"target": selection()["stuck"]}, "summary": "x"}, "match.target: a selection takes a word of its own"),
        ({"match": {"my-own": selection()["stuck"]}, "summary": "x"}, "match.my-own: a selection takes a word of its own"),
        ({"match": {"stuck": {"table": "crashes", "same": ["function"]}}}, "match.stuck.same: only a selection under `unless`"),
        ({"unless": selection()}, "unless.stuck: a selection takes a word of its own"),
        ({"unless": {"calm": {"table": "runtime"}}}, "unless.calm: say with `same` which columns join runtime"),
        ({"unless": {"calm": {"table": "runtime", "same": "stat"}}}, "unless.calm.same[0]: table runtime has no column `stat`"),
        ({"unless": {"calm": {"table": "runtime", "same": "threads"}}}, "unless.calm.same: no table under `match` has all of"),
        ({"next_steps": []}, "next_steps: give at least one step"),
        ({"next_steps": [" "]}, "next_steps[0]: is empty"),
        ({"summary": ""}, "summary: is empty"),
        ({"within_seconds": 5}, "within_seconds: is only of use together with `explains`"),
        (
            {"raise": [{"to": {"severity": "huge"}, "when": {"stuck": {}}}]},
            "raise[0].to.severity: raise to one of severity: critical",
        ),
        ({"raise": [{"to": {}, "when": {"stuck": {}}}]}, "raise[0]: say with `to` what it becomes"),
        (
            {"raise": [{"to": {"severity": "low"}, "when": {"sutck": {}}}]},
            "raise[0].when.sutck: unknown selection `sutck`, did you",
        ),
        (
            {"raise": [{"to": {"severity": "low"}, "when": {"stuck": {"a": 1}}}]},
            "raise[0].when.stuck.a: table goroutine_groups has no",
        ),
        ({"match": selection("pods"), "summary": "x", "culprit": "stuck"}, "culprit: table pods names no function, file, line"),
        ({"measure": "count"}, "measure: write selection.column; unknown selection `count`"),
        ({"measure": "stuck.cuont"}, "measure: `cuont` is not a number of table goroutine_groups, did you mean `count`?"),
        ({"failure_class": "y-ours"}, "failure_class: unknown failure class `y-ours`; a class of your own starts with `x-`"),
    ],
)
def test_one_problem(problems: Problems, rule: dict[str, object], reason: str) -> None:
    found = problems(**rule)
    assert len(found) == 1
    assert reason in found[0]


def test_own_classes(problems: Problems) -> None:
    assert problems(failure_class="x-quota") == []


def test_names_of_directories(write: Callable[..., Any], classes: Mapping[str, FailureClass]) -> None:
    with pytest.raises(ConfigError, match="must be lower-case words joined by hyphens"):
        load_playbooks([write("My_Leak")], classes=classes)


@pytest.mark.parametrize(
    ("summary", "reason"),
    [
        ("{{ incident.key }}", "unknown variable `incident`"),
        ("{{ stuck.count }}", "`.count` of a list of rows: pick one with [0], or go through them with `for`"),
        ("{{ stuck[0] }}", "prints a whole row"),
        ("{{ target }}", "prints a whole row"),
        ("{{ target.ip }}", "there is no column `ip` here"),
        ("{{ stuck[0].count | byte }}", "No filter named 'byte'."),
        ("{{ stuck[0].count", "unexpected end of template"),
        ("{% for row in stuck %}{{ row.cuont }}{% endfor %}", "there is no column `cuont` here, did you mean `count`?"),
        ("{% set one = stuck | first %}{{ one.cuont }}", "there is no column `cuont` here, did you mean `count`?"),
        ("{{ (stuck[:3] | last).cuont }}", "there is no column `cuont` here"),
        ("{{ stuck | map(attribute='cuont') | join }}", "there is no column `cuont` here"),
        ("{{ stuck | selectattr('leakd') | list | length }}", "there is no column `leakd` here"),
        ("{% import '_shared/absent.j2' as a %}", "there is no file `_shared/absent.j2` among the playbooks"),
        ("{% macro m(row) %}{{ row.any }}{% endmacro %}{{ m(stuck[0]) }}{{ x }}", "unknown variable `x`"),
    ],
)
def test_templates(problems: Problems, summary: str, reason: str) -> None:
    found = problems(summary=summary)
    assert len(found) == 1
    assert found[0].startswith("rule.yaml:10: summary: ")
    assert reason in found[0]


@pytest.mark.parametrize(
    "summary",
    [
        "{% for row in stuck %}{{ loop.index }}{{ row.count }}{% endfor %}",
        "{{ stuck | length }} {{ stuck | sum(attribute='count') }} {{ range(3) | list }}",
        "{{ service }} {{ target.instance }} {{ stuck[0].stack[0].upper() }}",
        "{% import '_shared/commands.md.j2' as commands %}{{ commands.top(target, 'heap') }}",
    ],
)
def test_sound_templates(problems: Problems, summary: str) -> None:
    assert problems(summary=summary) == []


def test_runbooks(problems: Problems) -> None:
    runbook = """## Meaning

{{ incident.kye }} {{ similar[0].key }}

## Diagnosis

```
## Mitigation
```

## Impact

## Cure

{{ stcuk }}
"""
    assert problems(runbook=runbook) == [
        "runbook.md.j2:1: the heading `## Mitigation` is missing",
        f"runbook.md.j2:1: the headings stand once each, in the order {HEADINGS}",
        "runbook.md.j2:3: there is no column `kye` here, did you mean `key`?",
        f"runbook.md.j2:13: unknown heading `## Cure`, use `###` inside {HEADINGS}",
        "runbook.md.j2:15: unknown variable `stcuk`, did you mean `stuck`?",
    ]
