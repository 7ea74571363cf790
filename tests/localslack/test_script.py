"""The script language, against an app that answers with buttons and a form."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from slack_bolt import Ack, App
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk import WebClient

from bot.localslack import LocalSlack, Refused

Payload = dict[str, Any]
FIRING = "alertmanager-checkout-high-errors"


def plain(text: str) -> Payload:
    return {"type": "plain_text", "text": text}


MENU = {"type": "overflow", "action_id": "more", "options": [{"text": plain("Mute"), "value": "mute"}]}
BUTTONS = [{"type": "actions", "elements": [{"type": "button", "action_id": "form", "text": plain("Note"), "value": "v"}, MENU]}]
INPUT = {"type": "input", "block_id": "words", "label": plain("Words"), "element": {"type": "plain_text_input", "action_id": "t"}}
FORM = {"type": "modal", "callback_id": "note", "title": plain("Note"), "submit": plain("Add"), "blocks": [INPUT]}
START = {"type": "button", "action_id": "start", "text": plain("Start")}
HOME = {"type": "home", "blocks": [{"type": "actions", "elements": [START]}]}


def listen(app: App) -> None:
    @app.command("/app")
    def command(ack: Ack, client: WebClient, body: Payload) -> None:
        ack()
        client.chat_postMessage(channel=body["channel_id"], text="Answer", blocks=BUTTONS)

    @app.action("form")
    @app.shortcut("ask_app")
    @app.shortcut("talk_to_app")
    def form(ack: Ack, client: WebClient, body: Payload) -> None:
        ack()
        client.views_open(trigger_id=body["trigger_id"], view=FORM)

    @app.action("more")
    @app.action("start")
    def chosen(ack: Ack, client: WebClient, action: Payload) -> None:
        ack()
        client.chat_postMessage(channel="C0INCIDENTS", text=f"chosen {action['action_id']}")

    @app.view("note")
    def noted(ack: Ack, client: WebClient, body: Payload) -> None:
        ack()
        words = body["view"]["state"]["values"]["words"]["t"]["value"]
        client.chat_postMessage(channel="C0INCIDENTS", text=f"{body['user']['name']} noted {words}")

    @app.event("app_home_opened")
    def home(client: WebClient, event: Payload) -> None:
        client.views_publish(user_id=event["user"], view=HOME)

    for kind in ("message", "reaction_added", "reaction_removed", "pin_added", "pin_removed", "file_shared", "app_mention"):
        app.event(kind)(lambda: None)


@pytest.fixture
def slack() -> Iterator[LocalSlack]:
    with LocalSlack() as slack:
        app = App(client=WebClient(token=slack.bot_token, base_url=slack.api_url))
        listen(app)
        handler = SocketModeHandler(app, slack.app_token)
        handler.connect()  # type: ignore[no-untyped-call]
        slack.wait_connected()
        yield slack
        handler.close()  # type: ignore[no-untyped-call]


def play(slack: LocalSlack, script: str) -> None:
    for line in script.strip().splitlines():
        slack.run_line("maya", "checkout", line.strip())
        slack.wait_idle(quiet_seconds=0.15)


def test_people_write_mark_and_take_back_and_alerts_resolve(slack: LocalSlack, tmp_path: Path) -> None:
    log = tmp_path / "crash.log"
    log.write_text("panic: x")
    play(
        slack,
        f"""
        hello
        react eyes
        pin
        user jonas
        say react to that
        edit I said it wrong
        thread
        a reply
        thread off
        upload {shlex.quote(str(log))} from the pod
        react boom
        unreact boom
        pin
        unpin
        user maya
        gone soon
        delete
        alert {FIRING}
        resolve {FIRING}-resolved
        """,
    )
    assert slack.channel_text("checkout").splitlines() == [
        "maya:",
        "  hello",
        "  (pinned)",
        "  👀 1",
        "jonas:",
        "  I said it wrong",
        "  (edited)",
        "    jonas: a reply",
        "jonas:",
        "  from the pod",
        "  (file) crash.log: crash.log",
    ]
    [message] = slack.messages("alerts")
    assert (message["attachments"][0]["title"].startswith("[RESOLVED]"), message["subtype"]) == (True, "bot_message")


def test_buttons_menus_and_forms(slack: LocalSlack) -> None:
    play(
        slack,
        """
        /app checkout
        click mute
        click Note
        submit words="all is well"
        home
        click Start
        channel alerts
        user jonas
        say look
        shortcut ask_app
        close
        shortcut talk_to_app
        submit t=again
        """,
    )
    assert slack.channel_text("incidents").splitlines() == [
        "Local app: chosen more",
        "Local app: maya noted all is well",
        "Local app: chosen start",
        "Local app: jonas noted again",
    ]
    assert slack.channel_text("alerts").splitlines() == ["jonas: look"]
    assert slack.refusals == ()


WRONG = {
    "no such button": ("click Panic", "no_such_label"),
    "nobody of that name": ("user nobody", "user_not_found"),
    "no such channel": ("channel nowhere", "channel_not_found"),
    "no alert to resolve": (f"resolve {FIRING}-resolved", "message_not_found"),
    "no such alert": ("alert nothing", "alert_not_found"),
    "nothing to mark": ("react eyes", "message_not_found"),
    "nothing to edit": ("edit x", "message_not_found"),
    "no such file": ("upload /nonexistent/crash.log", "file_not_found"),
    "no form open": ("submit a=b", "no_modal_open"),
}


@pytest.mark.parametrize(("line", "error"), WRONG.values(), ids=WRONG)
def test_a_line_that_cannot_be_played_says_why(line: str, error: str) -> None:
    with LocalSlack() as slack, pytest.raises(Refused, match=error):
        slack.run_line("maya", "checkout", line)
