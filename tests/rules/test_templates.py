from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import ConfigError
from bot.model.diagnosis import Finding, SimilarIncident
from bot.model.evidence import Target
from bot.model.facts import CollectionRow, Facts, GoroutineGroupRow, LogEventRow
from bot.model.failure import FailureClass
from bot.model.incident import Incident, Status
from bot.model.rule import Confidence, Playbook, Rule, Selection, Severity
from bot.rules.load import load_playbooks
from bot.rules.match import MatchContext, match
from bot.rules.templates import FILTERS, render_next_steps, render_runbook, render_summary

SAMPLES = Path(__file__).parent / "data" / "playbooks"
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
TARGET = Target("checkout", "a:6060", "http://a:6060")


def playbook(summary: str, **rule: Any) -> Playbook:  # noqa: ANN401  # fields of every type
    fields: dict[str, Any] = {
        "failure_class": "overload",
        "severity": Severity.LOW,
        "confidence": Confidence.LIKELY,
        "next_steps": (),
    }
    made = Rule(title="t", match={"rows": Selection("log_events")}, summary=summary, **{**fields, **rule})
    return Playbook(name="my-leak", rule=made, runbook="", directory=Path("playbooks/my-leak"))


def summary(template: str, **columns: Any) -> str:  # noqa: ANN401  # columns of every type
    row = LogEventRow(**{"text": "dial tcp", "count": 3, "source": "service", **columns})
    return render_summary(playbook(template), {"rows": (row,)}, service="checkout", target=TARGET)


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{{ 412345678 | bytes }}", "412 MB"),
        ("{{ 5400 | duration }}", "1 h 30 min"),
        ("{{ 0.853 | percent }}", "85 %"),
        ("{{ 'example.com/shop/pool.(*Pool).fetch' | short }}", "pool.(*Pool).fetch"),
        ("{{ '/src/shop/pool.go' | basename }} {{ 'C:\\\\src\\\\x.go' | basename }}", "pool.go x.go"),
        ("{{ 1 | plural('goroutine') }}, {{ 412 | plural('goroutine') }}", "1 goroutine, 412 goroutines"),
        ("{{ 2 | plural('process', 'processes') }}", "2 processes"),
        ("{{ 'it`s ``odd``\nhere' | code }} {{ 'plain' | code }}", "``` it`s ``odd`` here ``` `plain`"),
        ("{{ 'a b; rm -rf /' | shell }}", "'a b; rm -rf /'"),
        ("{{ service }} {{ target.instance }} {{ target.url }} {{ rows[0].count }}", "checkout a:6060 http://a:6060 3"),
    ],
)
def test_filters_and_context(template: str, expected: str) -> None:
    assert summary(template) == expected


@pytest.mark.parametrize("name", FILTERS)
def test_an_unknown_value_is_the_word_unknown(name: str) -> None:
    arguments = "('goroutine')" if name == "plural" else ""
    assert summary(f"{{{{ rows[0].level | {name}{arguments} }}}}") == "unknown"


@pytest.mark.parametrize(
    ("template", "reason"),
    [
        ("{{ rows[0].cuont }}", "has no attribute 'cuont'"),
        ("{{ incident }}", "'incident' is undefined"),
        ("{{ rows[1].count }}", "has no element 1"),
        ("{{ rows[0].level + 1 }}", "unsupported operand"),
        ("{{ 1 / 0 }}", "division by zero"),
        ("{{ 'x' | bytes }}", "not supported between instances of 'str'"),
        ("{{ rows[0].__class__ }}", "unsafe"),
        ("{{ ().__class__.__mro__ }}", "unsafe"),
        ("{{ range(10000000) | list }}", "Range too big"),
        ("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "recursion"),
    ],
)
def test_every_failure_is_a_config_error_that_names_the_template(template: str, reason: str) -> None:
    with pytest.raises(ConfigError, match=r"^playbooks/my-leak/rule\.yaml: summary: ") as caught:
        summary(template)
    assert reason in str(caught.value)


def test_next_steps_name_the_one_that_fails() -> None:
    good = playbook("s", next_steps=("look at {{ service }}", "{{ rows[0].count }} times"))
    rows = {"rows": (LogEventRow(text="x", count=3, source="service"),)}
    assert render_next_steps(good, rows, service="checkout", target=TARGET) == ("look at checkout", "3 times")
    with pytest.raises(ConfigError, match=r"rule\.yaml: next_steps\[1\]: "):
        render_next_steps(playbook("s", next_steps=("fine", "{{ x }}")), rows, service="checkout", target=TARGET)


@pytest.fixture
def stuck(group: Callable[..., GoroutineGroupRow], classes: Mapping[str, FailureClass]) -> tuple[Playbook, Finding]:
    """The sample playbook about stuck senders, and a finding of it."""
    playbooks = load_playbooks([SAMPLES], classes=classes)
    facts = Facts(
        goroutine_groups=(group(count=1500),),
        collection=(CollectionRow(target="a:6060", kind="goroutine", ok=True, truncated=False),),
    )
    [finding] = match(playbooks, facts, context=MatchContext(service="checkout", classes=classes)).findings
    return playbooks[1], finding


def test_a_runbook_is_filled_in(stuck: tuple[Playbook, Finding]) -> None:
    assert (
        render_runbook(*stuck, service="checkout", target=TARGET)
        == """## Meaning

1500 goroutines wait in `example.com/shop.send`, unknown long.

## Impact

Memory of checkout grows with every one.

## Diagnosis

    curl -sS -m 30 -o goroutine.txt 'http://a:6060/debug/pprof/goroutine?debug=2'

## Mitigation

    kubectl rollout undo deployment/checkout"""
    )


def test_a_runbook_knows_the_incident_and_earlier_ones(stuck: tuple[Playbook, Finding]) -> None:
    incident = Incident(
        number=7,
        service="checkout",
        title="t",
        status=Status.INVESTIGATING,
        severity="SEV2",
        dedup_key="k",
        opened_at=NOON,
        opened_by="u",
    )
    similar = (SimilarIncident("INC-3", NOON, "resolved", "rolled back"),)
    text = render_runbook(*stuck, service="checkout", target=Target("checkout", ""), incident=incident, similar=similar)
    assert "Incident INC-7." in text
    assert "Seen before: INC-3." in text
    assert "'http://HOST:6060/debug/pprof/goroutine?debug=2'" in text


@given(st.text())
def test_outside_text_stays_a_value(text: str) -> None:
    assert summary("<{{ rows[0].text }}>", text=text) == f"<{text}>"


@given(st.text(alphabet="` \nab"))
def test_a_code_span_cannot_be_broken_out_of(text: str) -> None:
    span = summary("{{ rows[0].text | code }}", text=text)
    fence = span[: len(span) - len(span.lstrip("`"))]
    inside = span[len(fence) : -len(fence)]
    assert "\n" not in span
    assert fence not in inside


def test_a_runbook_that_fails_is_named_with_its_line(stuck: tuple[Playbook, Finding]) -> None:
    broken = replace(stuck[0], runbook="## Meaning\n\n{{ stuck[9].count }}\n", directory=Path("my-leak"))
    with pytest.raises(ConfigError, match=r"^my-leak/runbook\.md\.j2:3: "):
        render_runbook(broken, stuck[1], service="checkout", target=TARGET)
