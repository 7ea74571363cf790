from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from bot.model.incident import Incident, Status
from bot.model.message import Action, SlackMessage
from bot.render.slack import notices
from bot.render.slack.notices import Verb

Valid = Callable[[SlackMessage], SlackMessage]
AsText = Callable[[SlackMessage], str]

VERBS = (
    Verb("/gocrash checkout", "diagnose a service"),
    Verb("/gocrash incidents [open|all]", "list incidents"),
    Verb("/gocrash note INC-7 text", "write a line into the timeline"),
)


def test_help(valid: Valid, as_text: AsText, golden: Callable[[str, str], None]) -> None:
    golden("help.txt", as_text(valid(notices.help_text(VERBS, services=["checkout", "cart"]))))


def test_help_of_one_verb(valid: Valid) -> None:
    assert valid(notices.verb_help(VERBS[0])).text == "/gocrash checkout: diagnose a service."


def test_unknown_service_offers_the_nearest_as_buttons(valid: Valid, as_text: AsText) -> None:
    nearest = [Action(action_id=f"diagnose-{name}", label=name, value=name) for name in ("checkout", "check-in")]
    shown = valid(notices.unknown_service("chekout", nearest))
    assert shown.text == "There is no service called chekout: did you mean checkout or check-in?"
    assert "actions: [checkout] [check-in]" in as_text(shown)
    assert "`/gocrash services`" in as_text(shown)


def test_unknown_service_without_anything_near(valid: Valid, as_text: AsText) -> None:
    assert "No service is called anything like it." in as_text(valid(notices.unknown_service("<!channel>", [])))
    assert "no service called an empty word" in as_text(valid(notices.unknown_service(" ", [])))


def test_unknown_verb(valid: Valid, as_text: AsText) -> None:
    assert "Did you mean `/gocrash resolve`?" in as_text(valid(notices.unknown_verb("resolv", "resolve")))
    assert "Did you mean" not in as_text(valid(notices.unknown_verb("xyzzy")))


def test_incident_list(incident: Incident, valid: Valid, as_text: AsText) -> None:
    others = (incident, replace(incident, number=8, status=Status.RESOLVED, lead="Ana", title="*bold* <!here>"))
    shown = as_text(valid(notices.incident_list(others, title="Open incidents")))
    assert "*INC-7* :mag: investigating · SEV2 · *checkout*" in shown
    assert "*INC-8* :white_check_mark: resolved · SEV2 · *checkout* · lead Ana" in shown
    assert "`*bold*` &lt;!here&gt; · opened <!date^" in shown
    assert valid(notices.incident_list((), title="Open incidents")).text == "Open incidents: none."


def test_a_long_incident_list_says_how_to_see_the_rest(incident: Incident, valid: Valid, as_text: AsText) -> None:
    shown = as_text(valid(notices.incident_list([incident] * 200, title="All incidents")))
    assert "more incidents: ask for one service to see them" in shown


def test_error_says_what_to_do_and_what_to_quote(valid: Valid, as_text: AsText) -> None:
    shown = valid(notices.error("I am not in this channel.", do="Type /invite @gocrash here.", error_id="e-1"))
    assert shown.text == "I am not in this channel. Type /invite @gocrash here."
    assert "quote `e-1`" in as_text(shown)


def test_done(valid: Valid) -> None:
    assert valid(notices.done("INC-7 is mitigated.")).text == "INC-7 is mitigated."
