"""`SlackWorkspace`: what the bot asks Slack about people, groups, messages and files. Answers are kept for a while.

Slack's limits make this worth it: names change once a year, and `users.info` before every line of a timeline would be refused.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

import httpx
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.errors import GoneError, SlackError
from bot.model.message import View
from bot.slack.errors import translate

KEEP_SECONDS = 600.0
KEPT = 2_000
DOWNLOAD_SECONDS = 30.0
LOGIN_PAGE = "text/html"


class SlackWorkspace:
    """One workspace, seen through one client; usable from any thread (`bot.respond.context.Workspace`)."""

    def __init__(self, client: WebClient, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._client = client
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: dict[tuple[str, str], tuple[float, Any]] = {}

    def name(self, user: str) -> str:
        """Return what people call a user; the id where Slack does not say."""
        return str(self._keep("name", user, lambda: self._name(user), otherwise=user))

    def members(self, group: str) -> frozenset[str]:
        """Return the user ids of a group, given as `@handle` or as its id.

        Raises:
            SlackError: Slack does not say, or knows no such group.
        """
        found: frozenset[str] = self._keep("members", group, lambda: self._members(group))
        return found

    def group_id(self, handle: str) -> str:
        """Return the id of a group written as `@handle` or as its id; empty where there is none, or Slack does not say."""
        if not handle.startswith("@"):
            return handle
        with suppress(SlackError):
            return self._groups().get(handle.removeprefix("@"), "")
        return ""

    def permalink(self, channel: str, ts: str) -> str:
        """Return the address of a message; empty where Slack gives none."""
        return str(self._keep("permalink", f"{channel} {ts}", lambda: self._permalink(channel, ts), otherwise=""))

    def message(self, channel: str, ts: str) -> Mapping[str, Any] | None:
        """Return a message as Slack has it; None where it is gone.

        Raises:
            SlackError: Slack does not say: the bot is not in the channel, or Slack is away.
        """
        try:
            found = self._call(
                "conversations.replies", channel=channel, ts=ts, oldest=ts, latest=ts, inclusive="true", limit="1"
            )["messages"]
        except GoneError:
            return None
        return next((message for message in found if message.get("ts") == ts), None)

    def publish_home(self, user: str, view: View) -> None:
        """Show a person their Home tab.

        Raises:
            SlackError: Slack does not take it.
        """
        self._call("views.publish", user_id=user, view=json.dumps(view))

    def download(self, url: str, *, max_bytes: int) -> tuple[bytes, bool]:
        """Return a file that somebody uploaded, and whether it was cut at `max_bytes`.

        Raises:
            SlackError: Slack does not give it, it lies elsewhere, or Slack is not to be reached.
        """
        if not self._is_slacks(url):
            # A file that somebody only linked to may lie anywhere; the token must not go there.
            raise SlackError("file_elsewhere", "This file does not lie in Slack: upload it, or paste its text.")
        headers = {"Authorization": f"Bearer {self._client.token}"}
        content = bytearray()
        try:
            with httpx.stream("GET", url, headers=headers, timeout=DOWNLOAD_SECONDS, follow_redirects=False) as answer:
                # Without the right to a file Slack answers with its login page and with 200.
                if answer.status_code != httpx.codes.OK or answer.headers.get("content-type", "").startswith(LOGIN_PAGE):
                    raise SlackError(
                        "no_file_access",
                        "Slack does not let me read this file: add the scope `files:read` to the app and reinstall it.",
                    )
                for chunk in answer.iter_bytes():
                    content += chunk
                    if len(content) > max_bytes:
                        return bytes(content[:max_bytes]), True
        except httpx.HTTPError as error:
            raise SlackError("unreachable", f"The file could not be fetched from Slack: {error}. Try again.") from error
        return bytes(content), False

    def _is_slacks(self, url: str) -> bool:
        place = urlsplit(url)
        return place.netloc == urlsplit(self._client.base_url).netloc or (
            place.scheme == "https" and (place.hostname or "").endswith(".slack.com")
        )

    def _keep(self, kind: str, key: str, ask: Callable[[], Any], *, otherwise: object = None) -> Any:  # noqa: ANN401
        """Return what was answered lately, or ask. Where Slack does not say: `otherwise`, or the error when that is None."""
        now = self._clock()
        with self._lock:
            until, answer = self._kept.get((kind, key), (0.0, None))
            if now < until:
                return answer
        try:
            answer = ask()
        except SlackError:
            if otherwise is None:
                raise
            return otherwise
        with self._lock:
            if len(self._kept) >= KEPT:
                self._kept.clear()
            self._kept[kind, key] = (now + KEEP_SECONDS, answer)
        return answer

    def _name(self, user: str) -> str:
        found = self._call("users.info", user=user)["user"]
        profile = found.get("profile") or {}
        return str(profile.get("display_name") or found.get("name") or user)

    def _members(self, group: str) -> frozenset[str]:
        number = self._groups().get(group.removeprefix("@"), "") if group.startswith("@") else group
        if not number:
            raise SlackError("no_such_subteam", f"Slack knows no user group {group}: correct `allow` in the configuration.")
        return frozenset(self._call("usergroups.users.list", usergroup=number)["users"])

    def _groups(self) -> dict[str, str]:
        found: dict[str, str] = self._keep(
            "groups", "", lambda: {group["handle"]: group["id"] for group in self._call("usergroups.list")["usergroups"]}
        )
        return found

    def _permalink(self, channel: str, ts: str) -> str:
        return str(self._call("chat.getPermalink", channel=channel, message_ts=ts)["permalink"])

    def _call(self, method: str, **arguments: str) -> Any:  # noqa: ANN401  # JSON
        try:
            return self._client.api_call(method, params=arguments)
        except SlackApiError as error:
            raise translate(error) from error
        except OSError as error:
            raise SlackError("unreachable", f"Slack cannot be reached: {error}. Try again in a minute.") from error
