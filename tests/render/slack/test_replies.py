from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from bot.model.diagnosis import Diagnosis, NotEvaluated, Proof
from bot.model.incident import Incident, TimelineEvent
from bot.model.message import Figure, SlackFile, SlackMessage
from bot.render.slack import replies

Valid = Callable[[SlackMessage], SlackMessage]
AsText = Callable[[SlackMessage], str]


def test_details(leak: Diagnosis, valid: Valid, as_text: AsText, golden: Callable[[str, str], None]) -> None:
    golden("replies.txt", f"{'-' * 60}\n".join(as_text(valid(message)) for message in replies.details(leak)))


def test_a_healthy_service_needs_no_replies(healthy: Diagnosis) -> None:
    assert replies.details(healthy) == ()


def test_evidence_without_a_name_still_makes_a_message(leak: Diagnosis, valid: Valid) -> None:
    shown = valid(replies.proof([replace(leak.findings[0], proofs=(Proof("", "", "", ""),))]))
    assert shown.blocks[1]["elements"][0]["text"] == "-"


def test_cut_proof_is_attached_whole(leak: Diagnosis, valid: Valid) -> None:
    excerpt = "".join(f"goroutine {number} [chan send]:\n" for number in range(200))
    finding = replace(leak.findings[0], proofs=(Proof("goroutine", "10.0.3.7:6060", "lines 1-200", excerpt),))
    shown = valid(replies.proof([finding]))
    assert "… 176 lines more in the attached file" in str(shown.blocks)
    (file,) = shown.files
    assert file.name == "goroutine-leak-channel-send-proof.txt"
    assert excerpt in file.content.decode()


def test_many_proofs_fit_and_the_rest_is_attached(leak: Diagnosis, valid: Valid) -> None:
    proofs = tuple(Proof("goroutine", f"10.0.3.{number}", "record 1", "x" * 2_000) for number in range(60))
    shown = valid(replies.proof([replace(leak.findings[0], proofs=proofs)]))
    assert "more parts in the attached file" in str(shown.blocks[-1])
    assert shown.files[0].content.count(b"== goroutine") == 60


def test_a_runbook_that_fits_needs_no_file(leak: Diagnosis, valid: Valid) -> None:
    (markdown,) = leak.runbooks.values()
    assert valid(replies.runbook("x", "X", markdown)).files == ()
    long = valid(replies.runbook("x", "X", markdown * 20))
    assert long.files[0].name == "x.md"
    assert long.files[0].content.decode().count("## Meaning") == 20


def test_what_is_missing(leak: Diagnosis, valid: Valid) -> None:
    entries = tuple(NotEvaluated(f"playbook-{number}", (f"table.column_{number}",)) for number in range(200))
    shown = valid(replies.missing(replace(leak, not_evaluated=entries)))
    assert shown.text == "checkout: 203 things could not be looked at."
    assert "more in the attached file" in str(shown.blocks)
    assert "playbook-199" in shown.files[0].content.decode()
    assert valid(replies.missing(leak)).files == ()


def test_pictures_come_with_words(valid: Valid) -> None:
    figure = Figure(title="Goroutines of checkout/eu", alt_text="412 of 820 goroutines stand in one place.", png=b"\x89PNG")
    shown = replies.pictures(replies.Exhibits(figures=(figure, figure)))
    assert [file.name for file in shown.files] == ["1-goroutines-of-checkout-eu.png", "2-goroutines-of-checkout-eu.png"]
    assert shown.files[0].alt_text == figure.alt_text
    assert shown.text.startswith("412 of 820 goroutines stand in one place. 412")
    valid(replace(shown, files=()))


def test_timeline(incident: Incident, events: tuple[TimelineEvent, ...], valid: Valid, as_text: AsText) -> None:
    whole = SlackFile(name="INC-7-timeline.md", title="Timeline of INC-7", content=b"all")
    shown = valid(replies.timeline(incident, events, whole=whole))
    assert shown.text == "INC-7: 5 events, investigating, opened 2026-11-20 14:02 UTC."
    assert shown.files == ()
    assert (
        "<https://shop.slack.com/archives/C1/p1|2026-11-20 14:01 UTC> *alert* [FIRING:1] HighErrors (checkout) (alertmanager)"
        in as_text(shown)
    )
    assert "&lt;!channel&gt;" in as_text(shown)
    long = valid(replies.timeline(incident, events * 10, whole=whole))
    assert long.files == (whole,)
    assert "35 earlier events in the attached file" in as_text(long)
