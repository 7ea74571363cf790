"""Bolt listeners. Each one writes the event down (inbox and job in one transaction), then acks; workers do the rest.

Slack delivers at least once: the key of an event makes a second delivery of it a no-op.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import structlog
from slack_bolt import Ack, App

from bot.errors import StoreError
from bot.respond.reception import Reception

log = structlog.get_logger(__name__)
ANY_BUTTON = re.compile("")
NOT_WRITTEN_DOWN = "gocrash could not write this down, so it will not be done: {reason} Please try again in a minute."


def register(app: App, reception: Reception) -> None:
    """Attach every listener to `app`."""

    @app.command("/gocrash")
    def command(ack: Ack, body: dict[str, Any]) -> None:
        try:
            reception.command(body)
        except StoreError as error:
            ack(NOT_WRITTEN_DOWN.format(reason=error))
        else:
            ack()

    @app.action(ANY_BUTTON)
    def click(ack: Ack, body: dict[str, Any]) -> None:
        reception.click(body)
        ack()

    @app.event("app_mention")
    def mention(ack: Ack, body: dict[str, Any]) -> None:
        reception.mention(body)
        ack()

    @app.event("message")
    def message(ack: Ack, body: dict[str, Any]) -> None:
        reception.message(body)
        ack()

    @app.error
    def failed(error: Exception, body: Mapping[str, Any]) -> None:
        # Not acked: Slack delivers an event again, and tells the person that a command or a click timed out.
        log.error("a Slack event was not accepted", reason=str(error), type=body.get("type"), exc_info=error)
