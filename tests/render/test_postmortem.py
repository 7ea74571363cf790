from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.model.diagnosis import Diagnosis
from bot.model.evidence import Evidence, Kind
from bot.model.incident import Incident, TimelineEvent
from bot.model.numbers import Budget, IncidentTimes
from bot.render.document import document
from bot.render.postmortem import Known, postmortem, prevention_of, tasks_of


@pytest.fixture
def known(incident: Incident, events: tuple[TimelineEvent, ...]) -> Known:
    times = IncidentTimes(
        number=7,
        service="checkout",
        severity="SEV2",
        failure_class="",
        opened_at=incident.opened_at,
        acknowledged_at=incident.opened_at + timedelta(minutes=4),
        mitigated_at=incident.opened_at + timedelta(minutes=31),
        ill_seconds=31 * 60,
        resolved_at=None,
    )
    return Known(incident=incident, events=events, times=times, document=None, evidence=(), earlier=())


def test_a_draft_says_what_is_known_and_where_it_is_proved(known: Known, leak: Diagnosis) -> None:
    piece = Evidence(
        kind=Kind.GOROUTINE,
        name="goroutine.txt",
        content=b"x" * 2000,
        source="http://10.0.3.7:6060/debug/pprof/goroutine",
        collected_at=known.incident.opened_at,
    )
    budget = Budget(service="checkout", objective_percent=99.9, window_seconds=28 * 86400, spent=(("INC-7", 1860.0),))
    draft = postmortem(
        replace(
            known,
            document=document(leak),
            evidence=(piece,),
            earlier=(replace(known.incident, number=3, resolution="raised the timeout"),),
            prevention="Give the sender a way out.",
            named_at=known.incident.opened_at + timedelta(minutes=3),
            proved_by=(0,),
            culprit_url="https://git.example.com/shop/pool.go#L88",
            budget=budget,
        )
    )
    headings = [line for line in draft.splitlines() if line.startswith("## ")]
    assert headings == [
        f"## {title}"
        for title in (
            *("Summary", "Impact", "Timeline", "Root cause", "What went well, and what did not", "Follow-up", "Evidence"),
        )
    ]
    first = leak.findings[0]
    for said in (
        "(<https://git.example.com/shop/pool.go#L88>)",
        "this incident took 31 min of the 40 min 19 s in 28 d; 23 % is left",
        "- Lasted: 31 min until it was mitigated ([timeline](#timeline))",
        "- Taken on: after 4 min ([timeline](#timeline))\n- Mitigated: after 31 min (",
        "- Resolved: not yet",
        "- The cause was named: after 3 min [E1](#evidence)",
        "pool.go#L88>) [E1](#evidence)",
        "lines 120-131 [E1](#evidence):",
        f"{first.summary.split()[0]} goroutines",
        "The same code was to blame in INC-3",
        "raised the timeout",
        "### So that it does not come again\n\n- [ ] Give the sender a way out.",
        "| E1 | goroutine.txt | http://10.0.3.7:6060/debug/pprof/goroutine |",
        first.proofs[0].excerpt.splitlines()[0],
    ):
        assert said in draft, said
    assert draft.count("- [ ] ") == len(first.next_steps) + 2


def test_a_draft_of_which_nothing_is_known_has_only_gaps(known: Known) -> None:
    draft = postmortem(replace(known, events=()))
    assert "## Evidence\n\n_Nothing is known._" in draft
    assert "_Why could this happen" in draft
    assert "- [ ] _What else, by whom, until when?_" in draft
    assert "So that it does not come again" not in draft


@pytest.mark.parametrize(
    ("mitigated_after", "ill_minutes", "lasted"),
    [
        (None, 0, "it is not over"),
        (None, 3, "it is not over: 3 min at first, then it came again"),
        (31, 31, "31 min until it was mitigated"),
        (31, 8, "8 min until it was mitigated (it came again; pauses are left out)"),
    ],
)
def test_it_lasts_while_it_is_ill(known: Known, mitigated_after: int | None, ill_minutes: int, lasted: str) -> None:
    mitigated_at = None if mitigated_after is None else known.incident.opened_at + timedelta(minutes=mitigated_after)
    times = replace(known.times, mitigated_at=mitigated_at, ill_seconds=ill_minutes * 60)
    draft = postmortem(replace(known, times=times))
    assert f"- Lasted: {lasted} ([timeline]" in draft
    assert ("- Mitigated: not yet" in draft) == (mitigated_after is None)


def test_evidence_whose_file_is_gone_is_said_to_be_missing(known: Known, tmp_path: Path) -> None:
    piece = Evidence(
        kind=Kind.HEAP, name="heap.pb.gz", content=tmp_path / "gone", source="here", collected_at=known.incident.opened_at
    )
    assert "| missing | `gone` |" in postmortem(replace(known, evidence=(piece,)))


def test_outside_text_is_no_markup(known: Known) -> None:
    hostile = "**bold** [link](http://evil) | `"
    draft = postmortem(replace(known, incident=replace(known.incident, title=hostile, lead=hostile, opened_by=hostile)))
    assert "](http://evil)" not in draft.replace("`[link](http://evil)`", "")


@pytest.mark.parametrize(
    ("runbook", "text"),
    [
        ("", ""),
        ("## Meaning\n\ntext\n", ""),
        ("## Prevention\n\n```sh\n## no heading\n```\n\n## References\n", "```sh\n## no heading\n```"),
        ("## Prevention\n\n### deeper\nlast", "### deeper\nlast"),
    ],
)
def test_the_prevention_of_a_runbook(runbook: str, text: str) -> None:
    assert prevention_of(runbook) == text


@pytest.mark.parametrize(
    ("prevention", "tasks"),
    [
        ("Bound it.\nTest it.", "- [ ] Bound it.\n  Test it."),
        ("- one\n- two\n  more", "- [ ] one\n- [ ] two\n  more"),
        ("1. one\n2) two", "- [ ] one\n- [ ] two"),
        ("```sh\n- no item\n```", "- [ ] Make this change:\n\n  ```sh\n  - no item\n  ```"),
        ("Do:\n\n| a |\n|---|\n\n#### then", "- [ ] Do:\n\n  | a |\n  |---|\n\n  #### then"),
    ],
)
def test_prevention_becomes_tasks(prevention: str, tasks: str) -> None:
    assert tasks_of(prevention) == tasks


def test_every_playbook_of_ours_can_be_cut(request: pytest.FixtureRequest) -> None:
    expected = list(Path(request.config.rootpath, "playbooks").glob("*/examples/fires-*/expected.md"))
    assert expected
    for path in expected:
        text = path.read_text()
        assert bool(prevention_of(text)) == ("\n## Prevention\n" in text), path
