"""Bolt's `App` and its connection to Slack, built from settings: tokens, base URL, Socket Mode."""

from __future__ import annotations

import logging

from slack_bolt import App
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.errors import SlackError
from bot.slack.errors import translate


def web_client(token: str, api_url: str) -> WebClient:
    """Return a client for `api_url`. Retries are left to the outbox: it knows whether a post may be repeated."""
    return WebClient(token=token, base_url=api_url, retry_handlers=[])


def verify(client: WebClient) -> str:
    """Ask Slack who we are; return the bot's user id.

    Raises:
        SlackError: Slack refuses the token, or cannot be reached.
    """
    try:
        return str(client.auth_test()["user_id"])
    except SlackApiError as error:
        raise translate(error) from error
    except OSError as error:
        raise SlackError(
            "unreachable", f"Slack cannot be reached at {client.base_url}: {error}. Check SLACK_API_URL and the network."
        ) from error


def create_app(client: WebClient) -> App:
    """Return a Bolt app on this client. It asks Slack nothing here: `verify` has said whether the token is good."""
    logger = logging.getLogger("slack_bolt")
    return App(client=client, logger=logger, token_verification_enabled=False, signing_secret="unused in Socket Mode")  # noqa: S106


def connect(app: App, app_token: str) -> SocketModeHandler:
    """Open the socket and return its handler; `close()` ends it."""
    handler = SocketModeHandler(app, app_token, logger=logging.getLogger("slack_sdk.socket_mode"))
    handler.connect()  # type: ignore[no-untyped-call]  # slack_bolt leaves it unannotated
    return handler
