"""What the incident's thread hears after a look at a mitigated service."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from bot.model.diagnosis import Diagnosis
from bot.model.incident import Incident
from bot.model.message import SlackMessage
from bot.model.recovery import Recovery
from bot.render.document import diagnosis_of, document
from bot.render.phrases import changes_text, changes_title
from bot.render.slack.headline import Situation, diagnosed
from bot.render.slack.recovery import checked

Valid = Callable[[SlackMessage], SlackMessage]
AsText = Callable[[SlackMessage], str]

LEAK = Recovery(fingerprint="f", title="Goroutines leak", column="count", before=412, after=3, recovered=True)
HEAP = Recovery(fingerprint="g", title="The heap grows", column="inuse_bytes", before=2.5e8, after=4e8, recovered=False)
DARK = Recovery(fingerprint="h", title="panic", column="count", before=2)


@pytest.mark.parametrize(
    ("recoveries", "said"),
    [
        ((LEAK,), (":white_check_mark:", "INC-7 of checkout has recovered")),
        ((LEAK, HEAP, DARK), (":x:", "INC-7 of checkout has not recovered")),
        ((LEAK, DARK), (":grey_question:", "INC-7 of checkout cannot be judged: evidence is missing")),
        ((), (":grey_question:", "INC-7 of checkout: there was nothing to compare with; now Nothing wrong found")),
    ],
)
def test_one_word_and_the_numbers(
    healthy: Diagnosis, incident: Incident, as_text: AsText, recoveries: tuple[Recovery, ...], said: tuple[str, str]
) -> None:
    mark, sentence = said
    message = checked(incident, recoveries, healthy, new=())
    assert message.text.startswith(sentence)
    shown = as_text(message)
    assert f"{mark} *{sentence}" in shown
    assert ("412 → 3" in shown, "250 MB → 400 MB" in shown) == (LEAK in recoveries, HEAP in recoveries)


def test_what_is_wrong_that_was_not_before_is_said(healthy: Diagnosis, incident: Incident, valid: Valid, as_text: AsText) -> None:
    crowd = tuple(replace(LEAK, title=f"<!channel> {number} " + "x" * 300) for number in range(60))
    message = valid(checked(incident, crowd, healthy, new=["new: 97 of 100 files are open"]))
    assert "<!channel>" not in as_text(message)
    assert "new: 97 of 100 files are open" in as_text(
        valid(checked(incident, (LEAK,), healthy, new=["new: 97 of 100 files are open"]))
    )


def test_what_has_become_of_it_is_json(leak: Diagnosis) -> None:
    assert document(leak)["recovered"] is None
    assert document(replace(leak, recovered=()))["recovered"] == {}
    shown: dict[str, Any] = document(replace(leak, recovered=(LEAK, DARK)))["recovered"]
    assert shown["f"] == {"title": "Goroutines leak", "before": 412, "after": 3, "recovered": True}
    assert shown["h"] == {"title": "panic", "before": 2, "after": None, "recovered": None}


def test_since_when_things_have_changed_survives_the_store(leak: Diagnosis, as_text: AsText, valid: Valid) -> None:
    assert changes_title(leak) == "Changed since the baseline"
    compared = replace(leak, baseline_at=leak.started_at)
    assert changes_title(diagnosis_of(document(compared))) == "What changed since 2026-11-20 14:02 UTC"
    assert "What changed since 2026-11-20 14:02 UTC" in as_text(valid(diagnosed(compared, situation=Situation())))


def test_much_new_code_is_counted(leak: Diagnosis) -> None:
    (change, *_) = leak.changes
    rows = [replace(change, kind="revision"), *(replace(change, kind="new_group", after=f"f{number}") for number in range(9))]
    lines = list(changes_text(replace(leak, changes=tuple(rows))))
    assert [line.partition(":")[0] for line in lines] == ["revision", *["new_group"] * 6]
    assert lines[-1] == "new_group: 4 more"
