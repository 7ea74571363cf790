"""`Watchdog`: knows whether Slack can reach the bot, and opens the socket anew when it cannot.

Slack's SDK reconnects when a socket is closed. It does not notice a socket that was silent from its first moment, gives up
where the very first connection fails, and says nothing that a person on call would see. A quiet workspace sends no events for
hours, so silence is measured by the answers to our own pings.
"""

from __future__ import annotations

import threading
import time
from contextlib import suppress

import structlog
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.socket_mode.builtin import SocketModeClient

from bot.errors import InstallationError, SlackError, UnreachableError
from bot.slack.app import verify
from bot.slack.errors import translate
from bot.telemetry import Metrics

log = structlog.get_logger(__name__)

LOOK_SECONDS = 1.0
# Three pings without an answer.
SILENT_SECONDS = 15.0
# Between two tries to connect: doubled from try to try.
LONGEST_PAUSE_SECONDS = 15.0


class Watchdog:
    """A thread that looks every second, from `start` to `stop`. Without a socket (HTTP mode) only the token is verified."""

    def __init__(
        self,
        client: WebClient,
        socket: SocketModeClient | None,
        *,
        metrics: Metrics,
        silent_seconds: float = SILENT_SECONDS,
    ) -> None:
        self._client = client
        self._socket = socket
        self._metrics = metrics
        self._silent_seconds = silent_seconds
        self._bot_user = ""
        self._seen: tuple[str, float | None] = ("", None)
        self._heard_at = 0.0
        self._session = ""
        self._failures = 0
        self._reason = "not connected to Slack yet"
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="watchdog")

    @property
    def reason(self) -> str:
        """Why Slack cannot reach the bot just now, in a sentence; empty while it can."""
        return self._reason

    def start(self) -> None:
        """Connect, and watch from then on. A Slack that is away is waited for.

        Raises:
            InstallationError: Slack refuses a token.
        """
        try:
            self._look()
        except InstallationError:
            raise
        except SlackError as error:
            self._lost(error)
        else:
            self._found()
        self._thread.start()

    def stop(self) -> None:
        """Stop looking."""
        self._stopping.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stopping.wait(min(LONGEST_PAUSE_SECONDS, LOOK_SECONDS * 2.0 ** min(self._failures, 8))):
            try:
                self._look()
            except SlackError as error:
                self._lost(error)
            except Exception as error:
                # The watchdog is what everything else relies on: it goes on whatever the SDK throws.
                log.exception("the connection to Slack could not be looked at")
                self._lost(UnreachableError("unreachable", f"the connection to Slack could not be looked at: {error}"))
            else:
                self._found()

    def _lost(self, error: SlackError) -> None:
        self._failures += 1
        self._metrics.slack_connected.set(0)
        if self._reason != str(error):
            log.warning("not connected to Slack", code=error.code, reason=str(error))
            self._reason = str(error)

    def _found(self) -> None:
        self._failures = 0
        self._metrics.slack_connected.set(1)
        if self._reason:
            log.info("connected to Slack", bot_user=self._bot_user, socket=self._socket is not None)
            self._reason = ""

    def _look(self) -> None:
        """Do what is missing: verify the token once, keep the socket open; raises `SlackError` when that does not succeed."""
        if not self._bot_user:
            self._bot_user = verify(self._client)
        if self._socket is None:
            return
        if self._is_silent(self._socket):
            log.warning("the socket to Slack has gone silent: opening another", seconds=self._silent_seconds)
            # The SDK may be closing it at the same moment, and its own close is not made for that.
            with suppress(AttributeError):
                self._socket.disconnect()
        if not self._socket.is_connected():
            self._open(self._socket)
        self._count(self._socket.session_id() or "")

    def _is_silent(self, socket: SocketModeClient) -> bool:
        """Say whether an open socket has answered no ping for too long. By our own clock: the machine's may be set."""
        session = socket.current_session
        if session is None or not session.is_active():
            return False
        seen, now = (session.session_id, session.last_ping_pong_time), time.monotonic()
        if seen != self._seen:
            self._seen, self._heard_at = seen, now
        return now - self._heard_at > self._silent_seconds

    def _open(self, socket: SocketModeClient) -> None:
        self._metrics.slack_connected.set(0)
        try:
            # Does nothing where the SDK was quicker.
            socket.connect_to_new_endpoint()
        except SlackApiError as error:
            raise translate(error, token="SLACK_APP_TOKEN") from error  # noqa: S106  # the variable's name
        except (OSError, SlackClientError) as error:
            raise UnreachableError(
                "unreachable", f"Slack opens no socket: {error}. Check SLACK_API_URL and the network."
            ) from error
        if not socket.is_connected():
            raise UnreachableError("unreachable", "Slack opens no socket: check the network and any proxy in between.")

    def _count(self, session: str) -> None:
        """Count a socket that replaced another one, whoever opened it."""
        if self._session and session != self._session:
            self._metrics.slack_reconnects.inc()
        self._session = session
