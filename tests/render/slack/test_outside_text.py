"""Whatever a sick program, an alert or a person writes: every message stays within Slack's limits and pings nobody."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.model.diagnosis import (
    Culprit,
    Diagnosis,
    Finding,
    NotEvaluated,
    Proof,
    SimilarIncident,
    TargetReport,
)
from bot.model.evidence import CollectFailure, Kind
from bot.model.facts import AllocationGrowthRow, ChangeRow, GoroutineGroupRow, GoroutineGrowthRow
from bot.model.incident import Incident, Status, TimelineEvent
from bot.model.message import Action, Figure, SlackFile, SlackMessage
from bot.model.rule import Confidence, Severity
from bot.render.slack import headline, notices, replies

Valid = Callable[[SlackMessage], SlackMessage]

NOW = datetime(2026, 11, 20, 14, 2, tzinfo=UTC)
PIECES = [
    "<!channel>", "<!here|x>", "<@U1>", "<http://evil.example|x>", "&", "<", ">", "|", "```", "`", "*", "_x_", ":fire:",
    "\n", "\t", " ", "\ud800", "😀", "\x1b[31m", "\x00", "# ", "- ", "[a](b)",
    "x" * 900, "line\n" * 60, "&&&&&&&&&" * 200, "😀" * 500, '"\\' * 300,
]  # fmt: skip
OUTSIDE = st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=12)), max_size=8).map("".join)


def findings(symptoms: st.SearchStrategy[tuple[Finding, ...]]) -> st.SearchStrategy[Finding]:
    return st.builds(
        Finding,
        playbook=OUTSIDE,
        failure_class=OUTSIDE,
        title=OUTSIDE,
        severity=st.sampled_from(Severity),
        confidence=st.sampled_from(Confidence),
        summary=OUTSIDE,
        culprit=st.none() | st.builds(Culprit, OUTSIDE, OUTSIDE, st.integers(0, 99)),
        instances=st.lists(OUTSIDE, max_size=4).map(tuple),
        proofs=st.lists(st.builds(Proof, OUTSIDE, OUTSIDE, OUTSIDE, OUTSIDE), max_size=4).map(tuple),
        next_steps=st.lists(OUTSIDE, max_size=4).map(tuple),
        fingerprint=st.just("f"),
        symptoms=symptoms,
    )


DIAGNOSES = st.builds(
    Diagnosis,
    service=OUTSIDE,
    started_at=st.just(NOW),
    duration_seconds=st.floats(0, 1e6),
    verdict=OUTSIDE,
    targets=st.lists(
        st.builds(
            TargetReport,
            instance=OUTSIDE,
            collected=st.just(("heap",)),
            failures=st.lists(
                st.builds(CollectFailure, kind=st.sampled_from(Kind), reason=OUTSIDE, target=st.none()), max_size=2
            ).map(tuple),
            frozen_seconds=st.floats(0, 100),
            bytes=st.integers(0, 10**12),
        ),
        max_size=2,
    ).map(tuple),
    findings=st.lists(findings(st.lists(findings(st.just(())), max_size=2).map(tuple)), max_size=3).map(tuple),
    not_evaluated=st.lists(st.builds(NotEvaluated, OUTSIDE, st.lists(OUTSIDE, max_size=2).map(tuple)), max_size=2).map(tuple),
    changes=st.lists(st.builds(ChangeRow, kind=OUTSIDE, before=OUTSIDE, after=st.none()), max_size=2).map(tuple),
    problems=st.lists(OUTSIDE, max_size=2).map(tuple),
    similar=st.fixed_dictionaries(
        {"f": st.lists(st.builds(SimilarIncident, OUTSIDE, st.just(NOW), OUTSIDE, OUTSIDE), max_size=2).map(tuple)}
    ),
    runbooks=st.fixed_dictionaries({"f": OUTSIDE}),
)
INCIDENTS = st.builds(
    Incident,
    number=st.integers(1, 10**6),
    service=OUTSIDE,
    title=OUTSIDE,
    status=st.sampled_from(Status),
    severity=OUTSIDE,
    dedup_key=st.just("d"),
    opened_at=st.just(NOW),
    opened_by=OUTSIDE,
    lead=OUTSIDE,
    resolved_at=st.none() | st.just(NOW),
    resolution=OUTSIDE,
)
SITUATIONS = st.builds(
    headline.Situation,
    incident=st.none() | INCIDENTS,
    occurrences=st.integers(1, 10**6),
    version=OUTSIDE,
    culprit_url=st.sampled_from(["", "https://git.example.com/x#L1", "https://x>y"]) | OUTSIDE,
    notes=st.lists(OUTSIDE, max_size=3).map(tuple),
)
ACTIONS = st.lists(st.sampled_from(["rerun", "ack", "resolve"]), unique=True).flatmap(
    lambda names: st.tuples(
        *(
            st.builds(
                Action,
                action_id=st.just(name),
                label=OUTSIDE.map(lambda text: f"x{text}"),
                value=st.just("INC-1"),
                confirm=OUTSIDE,
            )
            for name in names
        )
    )
)
EVENTS = st.lists(
    st.builds(
        TimelineEvent,
        number=st.just(1),
        incident=st.just(1),
        kind=OUTSIDE,
        text=OUTSIDE,
        actor=OUTSIDE,
        occurred_at=st.just(NOW),
        recorded_at=st.just(NOW),
        permalink=st.just("https://shop.slack.com/p1") | OUTSIDE,
    ),
    max_size=20,
)


def group_row(text: str, count: int) -> GoroutineGroupRow:
    return GoroutineGroupRow(
        state=text, top_function=text, function=text, file=text, line=1, package=text, own_code=True, module=text, entry=text,
        count=count, share_ratio=0.5, leaked=False, leaked_count=0, benign=False, created_by=text, stack=(text, text),
    )  # fmt: skip


slowly = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)


@slowly
@given(diagnosis=DIAGNOSES, situation=SITUATIONS, actions=ACTIONS)
def test_headline_of_anything(
    valid: Valid, diagnosis: Diagnosis, situation: headline.Situation, actions: tuple[Action, ...]
) -> None:
    valid(headline.diagnosed(diagnosis, situation=situation, actions=actions))


@slowly
@given(diagnosis=DIAGNOSES)
def test_replies_to_anything(valid: Valid, diagnosis: Diagnosis) -> None:
    for message in replies.details(diagnosis):
        valid(message)


@slowly
@given(diagnosis=DIAGNOSES, text=OUTSIDE, count=st.integers(0, 10**9))
def test_exhibits_of_anything(valid: Valid, diagnosis: Diagnosis, text: str, count: int) -> None:
    group = group_row(text, count)
    growth = GoroutineGrowthRow(function=text, count=count, count_change=count, samples=2, against=text, state=text)
    memory = AllocationGrowthRow(
        function=text, file=text, line=1, inuse_bytes=count, inuse_bytes_change=count, against=text, bytes_per_second=1.0
    )
    exhibits = replies.Exhibits(
        groups=(group,) * 30,
        goroutine_growth=(growth,) * 30,
        allocation_growth=(memory,) * 30,
        figures=(Figure(title=f"goroutines {text}", alt_text=text, png=b"x"),) * 3,
        evidence=SlackFile(name="checkout.tar.gz", title="x", content=b"x"),
        left_out=(text,) * 40,
    )
    messages = replies.details(diagnosis, exhibits=exhibits)
    assert len(messages) <= replies.MOST_DETAILS
    for message in messages:
        valid(message)


@slowly
@given(incident=INCIDENTS, situation=SITUATIONS, texts=st.lists(OUTSIDE, min_size=1, max_size=5), events=EVENTS)
def test_short_messages_of_anything(
    valid: Valid, incident: Incident, situation: headline.Situation, texts: list[str], events: list[TimelineEvent]
) -> None:
    first = texts[0]
    steps = [headline.Step(text, headline.StepState.DONE) for text in texts]
    whole = SlackFile(name="x.md", title="x", content=b"x")
    for message in (
        headline.looking(first, steps=steps, started_at=NOW, situation=situation),
        headline.failed(first, reason=first, error_id=first, known=texts, situation=situation),
        headline.resolved(incident, diagnosis=None, situation=situation),
        replies.timeline(incident, events, whole=whole),
        replies.timeline(incident, events),
        notices.help_text([notices.Verb(text, text) for text in texts], services=texts),
        notices.unknown_service(first, []),
        notices.unknown_verb(first, first),
        notices.incident_list([incident] * 30, title=first),
        notices.error(first, do=first, error_id=first),
        notices.done(first),
    ):
        valid(message)


@pytest.mark.parametrize("piece", PIECES)
def test_a_diagnosis_made_of_one_thing_only(valid: Valid, piece: str) -> None:
    text = (piece * 50)[:20_000]
    finding = Finding(
        playbook=text,
        failure_class=text,
        title=text,
        severity=Severity.HIGH,
        confidence=Confidence.LIKELY,
        summary=text,
        culprit=Culprit(text, text, 1),
        instances=(text,) * 9,
        proofs=(Proof(text, text, text, text),) * 12,
        next_steps=(text,) * 20,
        fingerprint="f",
    )
    target = TargetReport(instance=text, collected=(), failures=(), frozen_seconds=0, bytes=0)
    diagnosis = Diagnosis(
        service=text,
        started_at=NOW,
        duration_seconds=1,
        verdict=text,
        targets=(target,) * 9,
        findings=(finding,) * 2,
        problems=(text,) * 20,
        runbooks={"f": text},
    )
    valid(headline.diagnosed(diagnosis, situation=headline.Situation(version=text, notes=(text,) * 9)))
    for message in replies.details(diagnosis):
        valid(message)
