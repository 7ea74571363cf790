"""A baseline that was taken on a schedule shows what changed, and never makes a finding: it was taken under another load."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bot.collect.bundle import read_bundle
from bot.diagnose import Engine, Outcome, Subject, judge, load_engine
from bot.model.evidence import Bundle

RECORDED = Path(__file__).parent / "goservices" / "recorded" / "go1.27"
ILL = ("heap-map", "leak-chan-send", "leak-chan-receive", "lock-convoy", "body-leak", "healthy")


@pytest.fixture(scope="module")
def engine() -> Engine:
    return load_engine()


def judged(engine: Engine, name: str, baseline: Bundle | None = None) -> Outcome:
    return judge(replace(read_bundle(RECORDED / name), baseline=baseline), engine, Subject(name="checkout"))


def counts(name: str) -> Bundle:
    """The goroutine profile of the first sample alone, so that only the baseline could tell how things grow."""
    bundle = read_bundle(RECORDED / name)
    pieces = (piece for piece in bundle.evidence if piece.name == "goroutine.pb.gz" and not piece.sample)
    return replace(bundle, evidence=tuple(pieces))


@pytest.mark.parametrize("name", ILL)
def test_a_routine_baseline_finds_nothing_that_is_not_found_without_it(engine: Engine, name: str) -> None:
    quiet = read_bundle(RECORDED / "healthy")
    alone, compared = judged(engine, name), judged(engine, name, replace(quiet, routine=True))
    assert compared.diagnosis.findings == alone.diagnosis.findings
    assert alone.diagnosis.changes == ()
    assert bool(compared.diagnosis.changes) == (name != "healthy")


def test_growth_since_a_routine_baseline_would_be_a_false_alarm(engine: Engine) -> None:
    quiet, busy = counts("healthy"), counts("leak-chan-receive")

    def found(baseline: Bundle) -> set[str]:
        outcome = judge(replace(busy, baseline=baseline), engine, Subject(name="checkout"))
        return {finding.playbook for finding in outcome.diagnosis.findings}

    assert found(quiet) > found(replace(quiet, routine=True))
