"""A real Bolt app over the SDK's own socket client: what an app under test experiences."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from slack_bolt import Ack, App
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.localslack import LocalSlack, Refused

Payload = dict[str, Any]
NOTE = {
    "type": "modal",
    "callback_id": "note",
    "private_metadata": "INC-7",
    "notify_on_close": True,
    "title": {"type": "plain_text", "text": "Add a note"},
    "submit": {"type": "plain_text", "text": "Add"},
    "blocks": [
        {
            "type": "input",
            "block_id": "words",
            "label": {"type": "plain_text", "text": "Note"},
            "element": {"type": "plain_text_input", "action_id": "t"},
        },
        {
            "type": "input",
            "block_id": "severity",
            "optional": True,
            "label": {"type": "plain_text", "text": "Severity"},
            "element": {
                "type": "static_select",
                "action_id": "s",
                "options": [{"text": {"type": "plain_text", "text": name}, "value": name} for name in ("SEV1", "SEV2")],
            },
        },
    ],
}
BUTTONS = [
    {
        "type": "actions",
        "elements": [
            {"type": "button", "action_id": "run", "text": {"type": "plain_text", "text": "Re-run"}, "value": "checkout"},
            {"type": "button", "action_id": "modal", "text": {"type": "plain_text", "text": "Note"}},
            {
                "type": "overflow",
                "action_id": "more",
                "options": [{"text": {"type": "plain_text", "text": "Mute"}, "value": "mute"}],
            },
        ],
    }
]


@dataclass
class Heard:
    """What reached the app."""

    events: list[Payload] = field(default_factory=list)
    bodies: list[Payload] = field(default_factory=list)

    def of(self, kind: str, subtype: str | None = None) -> list[Payload]:
        return [event for event in self.events if event["type"] == kind and event.get("subtype") == subtype]


@dataclass
class Bench:
    slack: LocalSlack
    heard: Heard

    def wait_for(self, holds: Callable[[], object]) -> None:
        self.slack.wait_idle(until=lambda: bool(holds()))


def listen_to_commands_and_clicks(app: App, heard: Heard) -> None:
    @app.command("/app")
    def command(ack: Ack, body: Payload, client: WebClient) -> None:
        ack("Looking…")
        heard.bodies.append(body)
        client.chat_postMessage(channel=body["channel_id"], text="Answer", blocks=BUTTONS)

    @app.action("run")
    @app.action("more")
    def action(ack: Ack, body: Payload) -> None:
        ack()
        heard.bodies.append(body)

    @app.action("modal")
    def modal(ack: Ack, body: Payload, client: WebClient) -> None:
        ack()
        client.views_open(trigger_id=body["trigger_id"], view=NOTE)
        heard.bodies.append(body)

    @app.shortcut("ask_app")
    def shortcut(ack: Ack, body: Payload) -> None:
        ack()
        heard.bodies.append(body)


def listen_to_forms(app: App, heard: Heard) -> None:
    @app.view("note")
    def submitted(ack: Ack, body: Payload) -> None:
        words = body["view"]["state"]["values"]["words"]["t"]["value"]
        if words == "short":
            ack(response_action="errors", errors={"words": "Say more."})
        elif words == "wrong":
            ack(response_action="update", view={"type": "modal"})
        else:
            ack()
        heard.bodies.append(body)

    @app.view_closed("note")
    def closed(ack: Ack, body: Payload) -> None:
        ack()
        heard.bodies.append(body)


def listen_to_events(app: App, heard: Heard) -> None:
    def event(event: Payload) -> None:
        heard.events.append(event)

    for kind in ("app_mention", "reaction_added", "reaction_removed", "pin_added", "pin_removed", "file_shared"):
        app.event(kind)(event)
    app.event("member_joined_channel")(event)
    app.event("message")(event)

    @app.event("app_home_opened")
    def home(event: Payload, client: WebClient) -> None:
        heard.events.append(event)
        view = {"type": "home", "blocks": [{"type": "header", "text": {"type": "plain_text", "text": "Incidents"}}]}
        client.views_publish(user_id=event["user"], view=view)


@pytest.fixture(scope="module")
def running() -> Iterator[Bench]:
    with LocalSlack() as slack:
        bench = Bench(slack, Heard())
        app = App(client=WebClient(token=slack.bot_token, base_url=slack.api_url))
        for listen in (listen_to_commands_and_clicks, listen_to_forms, listen_to_events):
            listen(app, bench.heard)
        handler = SocketModeHandler(app, slack.app_token)
        handler.connect()  # type: ignore[no-untyped-call]
        slack.wait_connected()
        yield bench
        handler.close()  # type: ignore[no-untyped-call]


@pytest.fixture
def bench(running: Bench) -> Bench:
    running.heard.events.clear()
    running.heard.bodies.clear()
    running.slack.workspace.calls.clear()
    return running


def posted(bench: Bench) -> Payload:
    """A message of the app with buttons."""
    assert bench.slack.command("maya", "checkout", "/app checkout").ok
    bench.wait_for(lambda: "Answer" in [message["text"] for message in bench.slack.messages("checkout")[-2:]])
    return next(message for message in reversed(bench.slack.messages("checkout")) if message["text"] == "Answer")


def test_a_command_is_acked_and_answered(bench: Bench) -> None:
    channel = bench.slack.add_channel("quiet")
    ack = bench.slack.command("maya", "quiet", "/app checkout")
    assert (ack.ok, ack.payload) == (True, {"text": "Looking…"})
    bench.wait_for(lambda: "[Re-run]" in bench.slack.channel_text("quiet"))
    assert sorted(bench.slack.channel_text("quiet").splitlines()[1:]) == [
        "Local app (only visible to maya): Looking…",
        "Local app: [Re-run] [Note] [...: Mute]",
    ]
    [body] = bench.heard.bodies
    assert (body["command"], body["text"], body["user_id"], body["channel_id"]) == ("/app", "checkout", "U0MAYA", channel)
    assert bench.slack.refusals == ()


def test_an_unknown_command_never_reaches_the_app(bench: Bench) -> None:
    assert bench.slack.command("maya", "checkout", "/other").error == "unknown_command"
    assert "/other is not a valid command" in bench.slack.channel_text("checkout")
    assert bench.heard.bodies == []


def test_messages_mentions_and_threads_reach_the_app(bench: Bench) -> None:
    ts = bench.slack.say("jonas", "checkout", "@app look at <this> in #alerts")
    bench.slack.say("jonas", "checkout", "reply", ts)
    bench.wait_for(lambda: len(bench.heard.of("message")) == 2 and bench.heard.of("app_mention"))
    first, reply = sorted(bench.heard.of("message"), key=lambda event: str(event["ts"]))
    assert first["text"] == "<@U0APP> look at &lt;this&gt; in <#C0ALERTS>"
    assert (first["channel_type"], first["user"]) == ("channel", "U0JONAS")
    assert (reply["thread_ts"], reply["parent_user_id"]) == (ts, "U0JONAS")


def test_direct_messages_are_of_type_im(bench: Bench) -> None:
    bench.slack.say("maya", "app", "help")
    bench.wait_for(lambda: bench.heard.of("message"))
    assert [(event["channel"], event["channel_type"]) for event in bench.heard.of("message")] == [("D0MAYA", "im")]


def test_an_alert_arrives_as_its_product_posts_it(bench: Bench) -> None:
    bench.slack.post_alert("alertmanager checkout-high-errors")
    bench.wait_for(lambda: bench.heard.of("message", "bot_message"))
    [event] = bench.heard.of("message", "bot_message")
    assert (event["text"], event["bot_id"], event["username"]) == ("", "B0ALERTMANAGER", "Alertmanager")
    assert event["attachments"][0]["title"].startswith("[FIRING:1] HighErrorRate")
    bench.slack.post_alert("grafana-checkout-slow")
    bench.wait_for(lambda: bench.heard.of("message"))
    [event] = bench.heard.of("message")
    assert (event["bot_profile"]["name"], "username" in event) == ("Grafana", False)


def test_edits_and_deletions_reach_the_app(bench: Bench) -> None:
    ts = bench.slack.post_as_bot("alerts", "Pager", "down")
    bench.slack.edit(ts, "up")
    bench.slack.delete(ts)
    bench.wait_for(lambda: bench.heard.of("message", "message_deleted"))
    [event] = bench.heard.of("message", "message_changed")
    assert (event["message"]["text"], event["previous_message"]["text"], event["message"]["ts"]) == ("up", "down", ts)


def test_marks_files_and_new_members_reach_the_app(bench: Bench) -> None:
    ts = bench.slack.say("maya", "checkout", "it is back")
    bench.slack.react("maya", ts, "pushpin")
    bench.slack.react("maya", ts, "pushpin", present=False)
    bench.slack.pin("maya", ts)
    bench.slack.pin("maya", ts, present=False)
    bench.slack.upload("maya", "checkout", "crash.log", b"panic: x")
    bench.slack.add_channel("lobby", with_app=False)
    bench.slack.say("maya", "lobby", "not for the app")
    bench.slack.invite_app("lobby")
    wanted = {"reaction_added", "reaction_removed", "pin_added", "pin_removed", "file_shared", "member_joined_channel"}
    bench.wait_for(lambda: wanted <= {event["type"] for event in bench.heard.events})
    [reaction] = bench.heard.of("reaction_added")
    assert (reaction["reaction"], reaction["item"]["ts"], reaction["item_user"]) == ("pushpin", ts, "U0MAYA")
    assert not any(event.get("text") == "not for the app" for event in bench.heard.events)


def test_a_click_and_a_menu(bench: Bench) -> None:
    message = posted(bench)
    bench.heard.bodies.clear()
    assert bench.slack.click("jonas", message["ts"], "run").ok
    assert bench.slack.click("jonas", message["ts"], "more", "mute").ok
    bench.wait_for(lambda: len(bench.heard.bodies) == 2)
    run, more = sorted(bench.heard.bodies, key=lambda body: str(body["actions"][0]["action_id"]), reverse=True)
    assert run["actions"][0]["value"] == "checkout"
    assert (run["container"]["message_ts"], run["message"]["text"], run["user"]["id"]) == (message["ts"], "Answer", "U0JONAS")
    assert more["actions"][0]["selected_option"]["value"] == "mute"
    with pytest.raises(Refused, match="action_not_found"):
        bench.slack.click("jonas", message["ts"], "gone")
    with pytest.raises(Refused, match="no_such_option"):
        bench.slack.click("jonas", message["ts"], "more", "unmute")


def test_a_response_url_takes_five_posts(bench: Bench) -> None:
    message = posted(bench)
    bench.heard.bodies.clear()
    bench.slack.click("maya", message["ts"], "run")
    bench.wait_for(lambda: bench.heard.bodies)
    url = bench.heard.bodies[0]["response_url"]
    assert httpx.post(url, json={"text": "only you"}).text == "ok"
    assert bench.slack.messages("checkout")[-1]["visible_to"] == "U0MAYA"
    assert httpx.post(url, json={"text": "all", "response_type": "in_channel"}).text == "ok"
    assert bench.slack.messages("checkout")[-1]["visible_to"] == ""
    assert httpx.post(url, json={"text": "instead", "replace_original": True}).text == "ok"
    assert next(each for each in bench.slack.messages("checkout") if each["ts"] == message["ts"])["text"] == "instead"
    assert httpx.post(url, json={"text": "x", "blocks": [{"type": "banner"}]}).json()["error"] == "invalid_blocks"
    assert httpx.post(url, json={"delete_original": True}).text == "ok"
    assert message["ts"] not in {each["ts"] for each in bench.slack.messages("checkout")}
    sixth = httpx.post(url, json={"text": "x"})
    assert (sixth.status_code, sixth.json()["error"]) == (404, "used_url")
    assert [call.error for call in bench.slack.refusals] == ["invalid_blocks", "used_url"]


def test_a_modal_from_click_to_submission(bench: Bench) -> None:
    message = posted(bench)
    bench.slack.click("maya", message["ts"], "modal")
    bench.wait_for(lambda: bench.slack.modal("maya"))
    with pytest.raises(Refused, match="missing_input"):
        bench.slack.submit_view("maya", {})
    assert bench.slack.submit_view("maya", {"t": "short"}).ok
    modal = bench.slack.modal("maya")
    assert modal is not None
    assert modal["errors"] == {"words": "Say more."}
    assert bench.slack.submit_view("maya", {"t": "wrong"}).ok
    assert [call.error for call in bench.slack.refusals] == ["invalid_arguments"]
    assert bench.slack.submit_view("maya", {"words": "all is well", "s": "SEV2"}).ok
    assert bench.slack.modal("maya") is None
    view = bench.heard.bodies[-1]["view"]
    assert (view["private_metadata"], view["callback_id"]) == ("INC-7", "note")
    assert view["state"]["values"]["severity"]["s"]["selected_option"]["value"] == "SEV2"


def test_closing_a_modal_is_told_when_asked_for(bench: Bench) -> None:
    bench.slack.click("maya", posted(bench)["ts"], "modal")
    bench.wait_for(lambda: bench.slack.modal("maya"))
    assert bench.slack.close_view("maya").ok
    bench.wait_for(lambda: bench.heard.bodies[-1]["type"] == "view_closed")


def test_a_trigger_works_once(bench: Bench) -> None:
    bench.slack.click("maya", posted(bench)["ts"], "modal")
    bench.wait_for(lambda: bench.slack.modal("maya"))
    bench.slack.close_view("maya")
    body = next(each for each in bench.heard.bodies if each.get("type") == "block_actions")
    client = WebClient(token=bench.slack.bot_token, base_url=bench.slack.api_url)
    with pytest.raises(SlackApiError, match="exchanged_trigger_id"):
        client.views_open(trigger_id=body["trigger_id"], view=NOTE)


def test_a_message_shortcut_carries_the_message(bench: Bench) -> None:
    ts = bench.slack.post_alert("alertmanager-checkout-high-errors")
    assert bench.slack.shortcut("maya", "ask_app", ts).ok
    bench.wait_for(lambda: bench.heard.bodies)
    [body] = bench.heard.bodies
    assert (body["type"], body["message_ts"], body["message"]["attachments"][0]["color"]) == ("message_action", ts, "danger")


def test_the_home_tab_is_published_when_opened(bench: Bench) -> None:
    bench.slack.open_home("jonas")
    bench.wait_for(lambda: bench.slack.home("jonas"))
    home = bench.slack.home("jonas")
    assert home is not None
    assert home["blocks"][0]["text"]["text"] == "Incidents"


def test_an_event_delivered_twice_has_the_same_id(bench: Bench) -> None:
    bench.slack.repeat_next_event()
    bench.slack.say("maya", "checkout", "once")
    bench.wait_for(lambda: len(bench.heard.of("message")) == 2)
    assert bench.heard.events[0]["ts"] == bench.heard.events[1]["ts"]


def test_the_app_comes_back_after_its_sockets_are_dropped(bench: Bench) -> None:
    bench.slack.drop_sockets()
    bench.slack.wait_connected()
    bench.slack.say("maya", "checkout", "still there?")
    bench.wait_for(lambda: bench.heard.of("message"))


def test_one_script_line_each(bench: Bench) -> None:
    bench.slack.run_line("maya", "checkout", "alert alertmanager checkout-high-errors-resolved")
    bench.slack.run_line("maya", "checkout", "hello")
    bench.slack.run_line("maya", "checkout", "/app checkout")
    bench.wait_for(lambda: bench.heard.bodies and bench.heard.of("message") and bench.heard.of("message", "bot_message"))
