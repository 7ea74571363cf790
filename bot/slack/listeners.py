"""Bolt listeners. Each one writes the event down (inbox and job in one transaction), then acks; workers do the rest.

Slack delivers at least once: the key of an event makes a second delivery of it a no-op.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import structlog
from slack_bolt import Ack, App, Respond
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.errors import StoreError
from bot.model.message import View
from bot.respond.dialogs import Dialogs, problems
from bot.respond.reception import Reception
from bot.slack.errors import translate

log = structlog.get_logger(__name__)
ANY = re.compile("")
NOT_WRITTEN_DOWN = "gocrash could not write this down, so it will not be done: {reason} Please try again in a minute."


def register(app: App, reception: Reception, dialogs: Dialogs) -> None:
    """Attach every listener to `app`."""
    _register_words(app, reception)
    _register_clicks(app, reception, dialogs)
    _register_marks(app, reception)

    @app.error
    def failed(error: Exception, body: Mapping[str, Any]) -> None:
        # Not acked: Slack delivers an event again, and tells the person that a command or a click timed out.
        log.error("a Slack event was not accepted", reason=str(error), type=body.get("type"), exc_info=error)


def _register_words(app: App, reception: Reception) -> None:
    """Attach what listens to words: commands, mentions, messages."""

    @app.command("/gocrash")
    def command(ack: Ack, body: dict[str, Any]) -> None:
        try:
            reception.command(body)
        except StoreError as error:
            ack(NOT_WRITTEN_DOWN.format(reason=error))
        else:
            ack()

    @app.event("app_mention")
    def mention(ack: Ack, body: dict[str, Any]) -> None:
        reception.mention(body)
        ack()

    @app.event("message")
    def message(ack: Ack, body: dict[str, Any]) -> None:
        reception.message(body)
        ack()


def _register_clicks(app: App, reception: Reception, dialogs: Dialogs) -> None:
    """Attach what listens to buttons, menus, modals and shortcuts."""

    @app.action(ANY)
    def click(ack: Ack, body: dict[str, Any], client: WebClient, respond: Respond) -> None:
        view = dialogs.opened_by(body)
        if view is None:
            reception.click(body)
        ack()
        _open(client, body, view, respond)

    @app.view(ANY)
    def submission(ack: Ack, body: dict[str, Any]) -> None:
        if wrong := problems(body["view"]):
            ack(response_action="errors", errors=wrong)
            return
        reception.submission(body)
        ack()

    @app.shortcut("diagnose_message")
    def diagnose(ack: Ack, body: dict[str, Any]) -> None:
        reception.message_to_diagnose(body)
        ack()

    @app.shortcut("note_message")
    def note(ack: Ack, body: dict[str, Any], client: WebClient, respond: Respond) -> None:
        incident = dialogs.incident_of_message(body)
        if incident is not None:
            reception.note(body, incident)
        ack()
        _open(client, body, None if incident is not None else dialogs.asking_for_incident(body), respond)


def _register_marks(app: App, reception: Reception) -> None:
    """Attach what listens to emoji, pins and the Home tab."""

    @app.event("reaction_added")
    def reacted(ack: Ack, body: dict[str, Any]) -> None:
        reception.reaction(body, present=True)
        ack()

    @app.event("reaction_removed")
    def unreacted(ack: Ack, body: dict[str, Any]) -> None:
        reception.reaction(body, present=False)
        ack()

    @app.event("pin_added")
    def pinned(ack: Ack, body: dict[str, Any]) -> None:
        reception.pin(body, present=True)
        ack()

    @app.event("pin_removed")
    def unpinned(ack: Ack, body: dict[str, Any]) -> None:
        reception.pin(body, present=False)
        ack()

    @app.event("app_home_opened")
    def home(ack: Ack, body: dict[str, Any]) -> None:
        reception.home(body)
        ack()


def _open(client: WebClient, body: Mapping[str, Any], view: View | None, respond: Respond) -> None:
    """Show a modal to whoever clicked, if there is one; where Slack does not take it, say so to them."""
    if view is None:
        return
    try:
        client.views_open(trigger_id=body["trigger_id"], view=view)
    except SlackApiError as error:
        log.warning("a modal was not opened", reason=str(translate(error)))
        respond(text=f"The form could not be opened: {translate(error)}", response_type="ephemeral", replace_original=False)
