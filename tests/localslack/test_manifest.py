from __future__ import annotations

from typing import Any

import pytest
import yaml

from bot.localslack import LocalSlack, ManifestError, Refused, read_manifest
from bot.localslack.runner import DEFAULT_MANIFEST


def test_the_default_manifest_is_installable() -> None:
    app = read_manifest(yaml.safe_load(DEFAULT_MANIFEST.read_text()))
    assert (app.id, app.bot_id, app.user_id) == ("A0APP", "B0APP", "U0APP")
    assert app.interactive
    assert app.home_tab


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "no name": ({}, "display_information.name is missing"),
    "misspelt scope": ({"oauth_config": {"scopes": {"bot": ["chat:wrote"]}}}, "chat:wrote is not a bot scope"),
    "misspelt event": ({"settings": {"event_subscriptions": {"bot_events": ["mesage"]}}}, "mesage is not an event"),
    "event without scope": (
        {"settings": {"event_subscriptions": {"bot_events": ["app_mention"]}}},
        "app_mention needs the scope app_mentions:read",
    ),
    "command without scope": ({"features": {"slash_commands": [{"command": "/x"}]}}, "need the scope commands"),
    "command without slash": ({"features": {"slash_commands": [{"command": "x"}]}}, "write /x"),
}


@pytest.mark.parametrize(("manifest", "problem"), WRONG.values(), ids=WRONG)
def test_refuses_what_slack_would_not_install(manifest: dict[str, Any], problem: str) -> None:
    with pytest.raises(ManifestError, match=problem):
        read_manifest(manifest)


def test_an_app_that_did_not_ask_for_it_gets_no_events_clicks_or_home() -> None:
    scopes = {"scopes": {"bot": ["chat:write"]}}
    with LocalSlack(manifest={"display_information": {"name": "Mute"}, "oauth_config": scopes}) as slack:
        ts = slack.say("maya", "checkout", "@mute hello")
        slack.wait_idle(timeout_seconds=1)
        with pytest.raises(Refused, match="interactivity_off"):
            slack.click("maya", ts, "go")
