"""The tokens in the environment, and what Slack says to them. No token is ever part of a text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import yaml
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.config import SLACK_API_URL
from bot.errors import SlackError
from bot.model.check import Check, State, ok, skipped, wrong
from bot.model.units import format_duration
from bot.slack.app import web_client
from bot.slack.errors import translate

MANIFEST = Path(__file__).parents[1] / "slack" / "manifest.yaml"
# Slack's own tolerance for the time of a signed request is five minutes; timelines are wrong long before that.
SKEW_SECONDS = 30.0

_AREA = "slack"
# What a token begins with. Of other characters none could stand in an HTTP header, and the error would show the token.
_REST = re.compile(r"[A-Za-z0-9._-]+")
_TOKENS = {
    "SLACK_BOT_TOKEN": ("xoxb-", "copy the Bot User OAuth Token from the app's Install page"),
    "SLACK_APP_TOKEN": ("xapp-", "make an app-level token with connections:write on the app's Basic Information page"),
}


def checks(env: Mapping[str, str], *, now: datetime) -> Iterator[Check]:
    """Yield what holds of the tokens, the granted scopes, the socket and the clock; skipped where there are no tokens."""
    if not any(env.get(name) for name in _TOKENS):
        yield from (skipped(_AREA, f"{name} is not set") for name in _TOKENS)
        return
    shapes = {name: _shape(name, env.get(name, ""), env.get("SLACK_SIGNING_SECRET", "")) for name in _TOKENS}
    yield from shapes.values()
    url = env.get("SLACK_API_URL", SLACK_API_URL)
    if shapes["SLACK_BOT_TOKEN"].state is State.OK:
        yield from _bot(web_client(env["SLACK_BOT_TOKEN"], url), now)
    if shapes["SLACK_APP_TOKEN"].state is State.OK:
        yield _socket(web_client("", url), env["SLACK_APP_TOKEN"])


def wanted_scopes() -> frozenset[str]:
    """Return the scopes that the app's manifest asks for."""
    manifest = yaml.safe_load(MANIFEST.read_text(encoding="utf-8"))
    return frozenset(manifest["oauth_config"]["scopes"]["bot"])


def _shape(name: str, token: str, secret: str) -> Check:
    start, hint = _TOKENS[name]
    if not token and name == "SLACK_APP_TOKEN" and secret:
        return skipped(_AREA, "SLACK_APP_TOKEN is not set: with SLACK_SIGNING_SECRET Slack calls over HTTP, without a socket")
    if not token:
        return wrong(_AREA, f"{name} is not set: {hint}")
    if not token.startswith(start):
        return wrong(_AREA, f"{name} does not begin with {start}: {hint}")
    if not _REST.fullmatch(token):
        return wrong(_AREA, f"{name} holds a character that no token has, white space perhaps: {hint}")
    return ok(_AREA, f"{name} is set")


def _bot(client: WebClient, now: datetime) -> Iterator[Check]:
    try:
        answer = client.auth_test()
    except SlackApiError as error:
        yield wrong(_AREA, str(translate(error)))
        return
    except OSError as error:
        yield wrong(_AREA, _unreachable(client, error))
        return
    headers = {name.lower(): value for name, value in answer.headers.items()}
    yield ok(_AREA, f"Slack knows the bot as @{answer['user']} of {answer['team']}")
    yield _scopes(headers)
    yield _clock(headers, now)


def _scopes(headers: Mapping[str, Any]) -> Check:
    wanted = wanted_scopes()
    if "x-oauth-scopes" not in headers:
        return skipped(_AREA, "this Slack does not say which scopes it has granted")
    missing = wanted - {scope.strip() for scope in str(headers["x-oauth-scopes"]).split(",")}
    if missing:
        names = ", ".join(sorted(missing))
        return wrong(_AREA, f"scopes are missing: {names}; add them to the app (deploy/slack-manifest.yaml) and reinstall it")
    return ok(_AREA, f"all {len(wanted)} scopes of the manifest are granted")


def _clock(headers: Mapping[str, Any], now: datetime) -> Check:
    try:
        theirs = parsedate_to_datetime(str(headers["date"])).astimezone(UTC)
    except (KeyError, ValueError):
        return skipped("clock", "Slack does not say what time it is")
    skew = (now - theirs).total_seconds()
    if abs(skew) > SKEW_SECONDS:
        turn = "ahead of" if skew > 0 else "behind"
        return wrong("clock", f"this machine is {format_duration(abs(skew))} {turn} Slack: set its clock (NTP)")
    return ok("clock", "agrees with Slack's")


def _socket(client: WebClient, app_token: str) -> Check:
    try:
        client.apps_connections_open(app_token=app_token)
    except SlackApiError as error:
        hint = _TOKENS["SLACK_APP_TOKEN"][1]
        return wrong(_AREA, f"Slack opens no socket for SLACK_APP_TOKEN ({_code(error)}): {hint}")
    except OSError as error:
        return wrong(_AREA, _unreachable(client, error))
    return ok(_AREA, "a socket can be opened")


def _unreachable(client: WebClient, error: OSError) -> str:
    reason = getattr(error, "reason", error)
    return f"Slack cannot be reached at {client.base_url} ({reason}): check SLACK_API_URL and the network"


def _code(error: SlackApiError) -> str:
    refused: SlackError = translate(error)
    return refused.code
