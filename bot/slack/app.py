"""Bolt's `App` and the two doors through which Slack reaches it: a socket (Socket Mode) or signed posts (HTTP mode)."""

from __future__ import annotations

import logging
from collections.abc import Callable

from slack_bolt import App
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_bolt.adapter.starlette.handler import to_bolt_request, to_starlette_response
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from bot.errors import UnreachableError
from bot.slack.errors import translate

# The socket is asked this often whether it is still alive.
PING_SECONDS = 5.0
# The SDK reads what has piled up by recursion, a level per buffer: with its own 1 KiB a storm of alerts ends in a RecursionError.
RECEIVE_BYTES = 1 << 16

Events = Callable[[Request, bytes], Response]


def web_client(token: str, api_url: str) -> WebClient:
    """Return a client for `api_url`. Retries are left to the outbox: it knows whether a post may be repeated."""
    return WebClient(token=token, base_url=api_url, retry_handlers=[])


def verify(client: WebClient) -> str:
    """Ask Slack who we are; return the bot's user id.

    Raises:
        InstallationError: Slack refuses the token.
        SlackAwayError: Slack has trouble, or cannot be reached.
    """
    try:
        return str(client.auth_test()["user_id"])
    except SlackApiError as error:
        raise translate(error) from error
    except OSError as error:
        raise UnreachableError(
            "unreachable", f"Slack cannot be reached at {client.base_url}: {error}. Check SLACK_API_URL and the network."
        ) from error


def create_app(client: WebClient, *, signing_secret: str = "") -> App:
    """Return a Bolt app on this client; it asks Slack nothing. Without a signing secret it can only be reached by a socket."""
    logger = logging.getLogger("slack_bolt")
    secret = signing_secret or "unused in Socket Mode"
    return App(client=client, logger=logger, token_verification_enabled=False, signing_secret=secret)


def socket(app: App, app_token: str, *, ping_seconds: float = PING_SECONDS) -> SocketModeHandler:
    """Return the handler of a socket that is not open yet; `close()` ends it."""
    return SocketModeHandler(
        app,
        app_token,
        logger=logging.getLogger("slack_sdk.socket_mode"),
        ping_interval=ping_seconds,
        receive_buffer_size=RECEIVE_BYTES,
    )


def events(app: App) -> Events:
    """Return what answers a post of Slack's, given its body. It waits for the listener's ack: call it in a thread.

    Bolt checks the signature and its age first (401), and answers the challenge that Slack sends when the URL is configured.
    """

    def answer(request: Request, body: bytes) -> Response:
        if not request.headers.get("x-slack-request-timestamp", "0").isdecimal():
            return PlainTextResponse("this is not signed by Slack\n", status_code=401)
        try:
            return to_starlette_response(app.dispatch(to_bolt_request(request, body)))
        except UnicodeDecodeError:
            return PlainTextResponse("this is no UTF-8\n", status_code=400)

    return answer
