from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.model.diagnosis import Diagnosis, Proof
from bot.model.incident import Incident, Status
from bot.model.message import Action, SlackMessage
from bot.model.rule import Confidence
from bot.render.slack.headline import Situation, Step, StepState, diagnosed, failed, looking, resolved

Valid = Callable[[SlackMessage], SlackMessage]
AsText = Callable[[SlackMessage], str]
Golden = Callable[[str, str], None]

ACTIONS = (
    Action(action_id="rerun", label="Re-run", value="INC-7", style="primary"),
    Action(action_id="resolve", label="Resolve", value="INC-7", style="danger", confirm="Resolve INC-7 for everybody?"),
)


@pytest.fixture
def situation(incident: Incident) -> Situation:
    return Situation(
        incident=incident,
        occurrences=4,
        version="9f3e771",
        culprit_url="https://git.example.com/shop/blob/9f3e771/pool.go#L88",
        notes=("Acknowledged by Ana, 14:05 UTC",),
    )


def test_looking(leak: Diagnosis, situation: Situation, valid: Valid, as_text: AsText, golden: Golden) -> None:
    steps = [
        Step("goroutine of 10.0.3.7:6060", StepState.DONE),
        Step("heap of 10.0.3.7:6060", StepState.RUNNING),
        Step("goroutine of 10.0.3.9:6060: no answer within 10 s", StepState.FAILED),
    ]
    shown = valid(looking("checkout", steps=steps, started_at=leak.started_at, situation=situation, actions=ACTIONS))
    assert shown.text == "checkout: looking for the cause, 2 of 3 steps done."
    golden("headline-looking.txt", as_text(shown))


def test_looking_before_the_first_step(leak: Diagnosis, valid: Valid) -> None:
    shown = valid(looking("checkout", steps=(), started_at=leak.started_at, situation=Situation()))
    assert shown.text == "checkout: looking for the cause."
    assert [block["type"] for block in shown.blocks] == ["section", "context"]


def test_diagnosed(leak: Diagnosis, situation: Situation, valid: Valid, as_text: AsText, golden: Golden) -> None:
    golden("headline-diagnosed.txt", as_text(valid(diagnosed(leak, situation=situation, actions=ACTIONS))))


def test_order_of_the_answer(leak: Diagnosis, situation: Situation, as_text: AsText) -> None:
    shown = as_text(diagnosed(leak, situation=situation, actions=ACTIONS))
    marks = [
        "412 goroutines are stuck",
        "*Cause:*",
        "chan send, 31 minutes",
        "*Do next*",
        "*Also found*",
        "*INC-7*",
        "Not looked at",
        "[Re-run]",
    ]
    places = [shown.index(mark, shown.index("section:")) for mark in marks]
    assert places == sorted(places)


def test_the_words_follow_the_confidence(leak: Diagnosis, as_text: AsText) -> None:
    likely = replace(leak, findings=(replace(leak.findings[0], confidence=Confidence.LIKELY),))
    assert "*Likely cause:* Goroutines leak on a channel send at `pool.go:88` (likely: two independent signs)" in as_text(
        diagnosed(likely, situation=Situation())
    )


def test_nothing_found_says_whether_everything_was_looked_at(healthy: Diagnosis, valid: Valid) -> None:
    whole = valid(diagnosed(healthy, situation=Situation()))
    partial = valid(diagnosed(replace(healthy, problems=("heap: cut off",)), situation=Situation()))
    assert whole.text == "checkout: Nothing wrong found in goroutine, heap and metrics of 1 instance."
    assert whole.blocks[0]["text"]["text"].startswith(":white_check_mark:")
    assert partial.blocks[0]["text"]["text"].startswith(":grey_question:")
    assert "*Not looked at:* heap: cut off" in str(partial.blocks)


def test_failed(situation: Situation, valid: Valid, as_text: AsText, golden: Golden) -> None:
    shown = valid(
        failed(
            "checkout",
            reason="no instance answered within 30 s",
            error_id="e-4f2a",
            known=["10.0.3.7:6060: connection refused"],
            situation=situation,
            actions=ACTIONS[:1],
        )
    )
    golden("headline-failed.txt", as_text(shown))


@pytest.fixture
def over(incident: Incident) -> Incident:
    ended = incident.opened_at + timedelta(minutes=83)
    return replace(incident, status=Status.RESOLVED, resolved_at=ended, resolution="rolled back to 4ac1d20")


def test_resolved(leak: Diagnosis, over: Incident, valid: Valid, as_text: AsText, golden: Golden) -> None:
    situation = Situation(incident=over, culprit_url="https://git.example.com/shop/pool.go#L88")
    shown = valid(resolved(over, diagnosis=leak, situation=situation, actions=ACTIONS[:1]))
    golden("headline-resolved.txt", as_text(shown))
    assert valid(resolved(over, diagnosis=None, situation=Situation())).text.startswith(
        "INC-7 is resolved after 1 h 23 min: checkout:"
    )


def test_a_long_proof_points_to_the_thread(leak: Diagnosis) -> None:
    first = replace(leak.findings[0], proofs=(Proof("goroutine", "a", "b", "x\n" * 50),))
    assert "… 44 lines more in the thread" in str(diagnosed(replace(leak, findings=(first,)), situation=Situation()).blocks)


def test_buttons_ask_before_they_count(leak: Diagnosis, situation: Situation) -> None:
    *_, last = diagnosed(leak, situation=situation, actions=ACTIONS).blocks
    rerun, resolve = last["elements"]
    assert rerun == {
        "type": "button",
        "action_id": "rerun",
        "text": {"type": "plain_text", "text": "Re-run"},
        "value": "INC-7",
        "style": "primary",
    }
    assert resolve["confirm"]["text"]["text"] == "Resolve INC-7 for everybody?"
    assert resolve["style"] == "danger"


def test_the_proof_in_the_headline_shows_the_line_to_blame(leak: Diagnosis, valid: Valid) -> None:
    below = "".join(f"runtime.gopark{number}(0x{'f' * 300})\n\t/go/{'d' * 300}/proc.go:47{number}\n" for number in range(4))
    frame = "example.com/shop.(*Pool).fetch(...)\n\t/src/shop/pool.go:88 +0x85"
    excerpt = f"12000 goroutines [chan send]:\n{below}{frame}\nmain.main\n\tmain.go:3"
    other = Proof("metrics", "10.0.3.7:6060", "line 1", "go_goroutines 12000")
    first = replace(leak.findings[0], proofs=(other, Proof("goroutine", "10.0.3.7:6060", "lines 1-9", excerpt)))
    shown = valid(diagnosed(replace(leak, findings=(first,)), situation=Situation()))
    (proof,) = [block["text"]["text"] for block in shown.blocks if "```" in str(block)]
    assert proof.startswith("```\n12000 goroutines [chan send]:\nruntime.gopark0(")
    assert proof.endswith(f"\n…\n{frame}\n```")
