"""What is said of tokens, scopes, socket and clock, against a local Slack in which the app is or is not well installed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import yaml

from bot.doctor.slack import MANIFEST, checks, wanted_scopes
from bot.localslack import LocalSlack
from bot.model.check import State


def manifest(*left_out: str) -> dict[str, Any]:
    """Return the app's manifest as if somebody had installed it before these scopes were added."""
    document: dict[str, Any] = yaml.safe_load(MANIFEST.read_text())
    scopes = document["oauth_config"]["scopes"]
    scopes["bot"] = [scope for scope in scopes["bot"] if scope not in left_out]
    document["settings"]["event_subscriptions"]["bot_events"] = ["app_mention"]
    return document


def said(env: Mapping[str, str], *, now: datetime | None = None) -> dict[State, list[str]]:
    """Return the texts of all checks by their state; none of them holds a secret."""
    found = list(checks(env, now=now or datetime.now(UTC)))
    for check in found:
        assert not any(value in check.text for name, value in env.items() if name.endswith(("TOKEN", "SECRET")) and value), check
    return {state: [check.text for check in found if check.state is state] for state in State}


def test_an_app_that_is_well_installed_has_nothing_wrong() -> None:
    with LocalSlack(manifest=manifest()) as slack:
        found = said(slack.environment())
    assert (found[State.WRONG], found[State.SKIPPED]) == ([], [])
    assert found[State.OK] == [
        "SLACK_BOT_TOKEN is set",
        "SLACK_APP_TOKEN is set",
        "Slack knows the bot as @gocrash of Local workspace",
        f"all {len(wanted_scopes())} scopes of the manifest are granted",
        "agrees with Slack's",
        "a socket can be opened",
    ]


def test_missing_scopes_are_named() -> None:
    with LocalSlack(manifest=manifest("files:write", "users:read")) as slack:
        found = said(slack.environment())
    assert found[State.WRONG] == [
        "scopes are missing: files:write, users:read; add them to the app (deploy/slack-manifest.yaml) and reinstall it"
    ]


def test_tokens_that_slack_does_not_know_are_said() -> None:
    with LocalSlack(manifest=manifest()) as slack:
        wrong = {"SLACK_BOT_TOKEN": "xoxb-of-another", "SLACK_APP_TOKEN": "xapp-1-of-another"}
        found = said(slack.environment() | wrong)
    bot, *rest = found[State.WRONG]
    assert "SLACK_BOT_TOKEN" in bot
    (socket,) = rest
    assert socket.startswith("Slack opens no socket for SLACK_APP_TOKEN (invalid_auth): make an app-level token")


def test_tokens_that_were_mixed_up_are_said() -> None:
    with LocalSlack(manifest=manifest()) as slack:
        mixed = {"SLACK_BOT_TOKEN": slack.app_token, "SLACK_APP_TOKEN": slack.bot_token}
        found = said(slack.environment() | mixed)
    bot, app = found[State.WRONG]
    assert bot == "SLACK_BOT_TOKEN does not begin with xoxb-: copy the Bot User OAuth Token from the app's Install page"
    assert app.startswith("SLACK_APP_TOKEN does not begin with xapp-: ")


@pytest.mark.parametrize("letter", [" ", "\n", "ö", "\udcff"])
def test_a_token_that_no_request_can_carry_is_not_sent(letter: str) -> None:
    with LocalSlack(manifest=manifest()) as slack:
        env = slack.environment()
        found = said(env | {"SLACK_BOT_TOKEN": env["SLACK_BOT_TOKEN"] + letter})
    (text,) = found[State.WRONG]
    assert text.startswith("SLACK_BOT_TOKEN holds a character that no token has")


def test_one_token_alone_is_not_enough() -> None:
    with LocalSlack(manifest=manifest()) as slack:
        found = said(slack.environment() | {"SLACK_APP_TOKEN": "", "SLACK_SIGNING_SECRET": ""})
    assert found[State.WRONG] == [
        "SLACK_APP_TOKEN is not set: make an app-level token with connections:write on the app's Basic Information page"
    ]


def test_over_http_no_socket_is_wanted() -> None:
    with LocalSlack(manifest=manifest()) as slack:
        found = said(slack.environment() | {"SLACK_APP_TOKEN": "", "SLACK_SIGNING_SECRET": "0" * 32})
    assert found[State.WRONG] == []
    (text,) = found[State.SKIPPED]
    assert "calls over HTTP, without a socket" in text


def test_without_tokens_slack_is_skipped() -> None:
    assert said({}) == {
        State.OK: [],
        State.WRONG: [],
        State.SKIPPED: ["SLACK_BOT_TOKEN is not set", "SLACK_APP_TOKEN is not set"],
    }


def test_a_slack_that_cannot_be_reached_is_said() -> None:
    with LocalSlack(manifest=manifest()) as slack:
        env = slack.environment()
    found = said(env)
    assert len(found[State.WRONG]) == 2
    assert all("cannot be reached at http://127.0.0.1:" in text for text in found[State.WRONG])


@pytest.mark.parametrize(("seconds", "turn"), [(240, "ahead of Slack"), (-5400, "behind Slack")])
def test_a_wrong_clock_is_said(seconds: int, turn: str) -> None:
    with LocalSlack(manifest=manifest()) as slack:
        found = said(slack.environment(), now=datetime.now(UTC) + timedelta(seconds=seconds))
    (text,) = found[State.WRONG]
    assert f" {turn}: set its clock (NTP)" in text
