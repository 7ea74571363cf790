"""Modals and menus whose options the app looks up, with a real Bolt app that answers as each test says."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from slack_bolt import Ack, App
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.localslack import LocalSlack, Refused

Payload = dict[str, Any]


def plain(text: str) -> Payload:
    return {"type": "plain_text", "text": text}


def option(text: str) -> Payload:
    return {"text": plain(text), "value": text}


def control(block_id: str, **element: object) -> Payload:
    return {"type": "input", "block_id": block_id, "label": plain(block_id), "element": {"action_id": f"{block_id}-a", **element}}


def modal(title: str, *blocks: Payload, **more: object) -> Payload:
    shown = list(blocks) or [{"type": "divider"}]
    return {"type": "modal", "callback_id": "form", "title": plain(title), "submit": plain("Go"), "blocks": shown, **more}


WORDS = control("words", type="plain_text_input")
SERVICE = control("service", type="external_select", min_query_length=2)
LEVEL = control("level", type="radio_buttons", options=[option("high"), option("low")], initial_option=option("low"))
DAY = control("day", type="datepicker") | {"optional": True}


@dataclass
class Bench:
    slack: LocalSlack
    client: WebClient
    answer: Payload = field(default_factory=dict)
    offer: Payload = field(default_factory=dict)
    heard: list[Payload] = field(default_factory=list)

    def trigger(self) -> str:
        """A fresh trigger id of Maya's."""
        before = len(self.heard)
        assert self.slack.command("maya", "checkout", "/app").ok
        self.slack.wait_idle(until=lambda: len(self.heard) > before)
        return str(self.heard[-1]["trigger_id"])

    def show(self, view: Payload) -> Payload:
        opened: Payload = self.client.views_open(trigger_id=self.trigger(), view=view)["view"]
        return opened

    def title(self) -> str | None:
        view = self.slack.modal("maya")
        return view["title"]["text"] if view else None


@pytest.fixture(scope="module")
def running() -> Iterator[Bench]:
    with LocalSlack() as slack:
        client = WebClient(token=slack.bot_token, base_url=slack.api_url)
        bench = Bench(slack, client)
        app = App(client=client)

        @app.command("/app")
        @app.action("pick")
        def noted(ack: Ack, body: Payload) -> None:
            ack()
            bench.heard.append(body)

        @app.view("form")
        def submitted(ack: Ack, body: Payload) -> None:
            ack(**bench.answer)
            bench.heard.append(body)

        @app.options("service-a")
        @app.options("pick")
        def options(ack: Ack, body: Payload) -> None:
            ack(**bench.offer)
            bench.heard.append(body)

        app.event("message")(lambda: None)
        handler = SocketModeHandler(app, slack.app_token)
        handler.connect()  # type: ignore[no-untyped-call]
        slack.wait_connected()
        yield bench
        handler.close()  # type: ignore[no-untyped-call]


@pytest.fixture
def bench(running: Bench) -> Bench:
    while running.slack.modal("maya"):
        running.slack.close_view("maya")
    running.heard.clear()
    running.slack.workspace.calls.clear()
    running.answer, running.offer = {}, {}
    return running


def refused(call: Callable[[], object]) -> Payload:
    with pytest.raises(SlackApiError) as error:
        call()
    answer: Payload = error.value.response.data
    return answer


def test_an_answer_may_push_update_and_clear(bench: Bench) -> None:
    bench.show(modal("one"))
    bench.answer = {"response_action": "push", "view": modal("two")}
    assert bench.slack.submit_view("maya", {}).ok
    assert bench.title() == "two"
    bench.answer = {"response_action": "update", "view": modal("three")}
    assert bench.slack.submit_view("maya", {}).ok
    assert bench.title() == "three"
    bench.answer = {"response_action": "clear"}
    assert bench.slack.submit_view("maya", {}).ok
    assert bench.title() is None
    assert bench.slack.refusals == ()


def test_an_empty_answer_goes_back_to_the_form_below(bench: Bench) -> None:
    bench.show(modal("one"))
    bench.client.views_push(trigger_id=bench.trigger(), view=modal("two"))
    assert bench.slack.submit_view("maya", {}).ok
    assert bench.title() == "one"


def test_three_forms_can_be_stacked(bench: Bench) -> None:
    bench.show(modal("one"))
    for title in ("two", "three"):
        bench.client.views_push(trigger_id=bench.trigger(), view=modal(title))
    trigger = bench.trigger()
    assert refused(lambda: bench.client.views_push(trigger_id=trigger, view=modal("four")))["error"] == "push_limit_reached"


def test_an_update_of_an_old_edition_is_refused(bench: Bench) -> None:
    view = bench.show(modal("one"))
    newer = bench.client.views_update(view_id=view["id"], hash=view["hash"], view=modal("two"))["view"]
    update = {"view_id": view["id"], "hash": view["hash"], "view": modal("three")}
    assert refused(lambda: bench.client.views_update(**update))["error"] == "hash_conflict"
    assert bench.client.views_update(view_id=view["id"], hash=newer["hash"], view=modal("three"))["ok"]
    bench.slack.close_view("maya")
    assert refused(lambda: bench.client.views_update(view_id=view["id"], view=modal("four")))["error"] == "not_found"


def test_a_published_home_has_editions_too(bench: Bench) -> None:
    home = {"type": "home", "blocks": [{"type": "divider"}]}
    first = bench.client.views_publish(user_id="U0MAYA", view=home)["view"]
    second = bench.client.views_publish(user_id="U0MAYA", view=home, hash=first["hash"])["view"]
    assert second["id"] == first["id"]
    old = first["hash"]
    assert refused(lambda: bench.client.views_publish(user_id="U0MAYA", view=home, hash=old))["error"] == "hash_conflict"


def test_an_external_id_names_one_view(bench: Bench) -> None:
    bench.show(modal("one", external_id="incident-7"))
    assert bench.client.views_update(external_id="incident-7", view=modal("two", external_id="incident-7"))["ok"]
    trigger = bench.trigger()
    third = modal("three", external_id="incident-7")
    assert refused(lambda: bench.client.views_push(trigger_id=trigger, view=third))["error"] == "duplicate_external_id"


@pytest.mark.parametrize("block_id", ["wrods", "rule"])
def test_errors_that_nobody_would_see_are_refused(bench: Bench, block_id: str) -> None:
    bench.show(modal("one", WORDS, {"type": "divider", "block_id": "rule"}))
    bench.answer = {"response_action": "errors", "errors": {block_id: "Say more."}}
    assert bench.slack.submit_view("maya", {"words": "x"}).ok
    [refusal] = bench.slack.refusals
    assert (refusal.method, refusal.error) == ("ack of a form", "invalid_arguments")
    assert bench.title() == "one"


def test_a_form_with_every_kind_of_field(bench: Bench) -> None:
    view = bench.show(modal("one", WORDS, SERVICE, LEVEL, DAY))
    bench.offer = {"option_groups": [{"label": plain("Shop"), "options": [option("checkout"), option("cart")]}]}
    with pytest.raises(Refused, match="query_too_short"):
        bench.slack.options("maya", view["id"], "service-a", "c")
    assert bench.slack.options("maya", view["id"], "service-a", "ch").payload == bench.offer
    asked = bench.heard[-1]
    assert (asked["type"], asked["value"]) == ("block_suggestion", "ch")
    assert (asked["action_id"], asked["block_id"]) == ("service-a", "service")
    assert asked["view"]["id"] == view["id"]
    assert bench.slack.submit_view("maya", {"words": "x", "service": "cart", "day": "2026-11-21"}).ok
    bench.slack.wait_idle(until=lambda: bench.heard[-1]["type"] == "view_submission")
    state = bench.heard[-1]["view"]["state"]["values"]
    assert state["service"]["service-a"] == {"type": "external_select", "selected_option": option("cart")}
    assert state["level"]["level-a"]["selected_option"]["value"] == "low"
    assert state["day"]["day-a"] == {"type": "datepicker", "selected_date": "2026-11-21"}


def test_only_what_was_offered_can_be_chosen(bench: Bench) -> None:
    menu = {"type": "external_select", "action_id": "pick"}
    blocks = [{"type": "actions", "block_id": "b", "elements": [menu]}]
    ts = bench.client.chat_postMessage(channel="C0CHECKOUT", text="x", blocks=blocks)["ts"]
    with pytest.raises(Refused, match="no_such_option"):
        bench.slack.click("maya", ts, "pick", "checkout")
    with pytest.raises(Refused, match="query_too_short"):
        bench.slack.options("maya", ts, "pick", "ch")  # three letters where the menu says nothing
    bench.offer = {"options": [option("checkout")]}
    assert bench.slack.options("maya", ts, "pick", "che").ok
    assert bench.slack.click("maya", ts, "pick", "checkout").ok
    bench.slack.wait_idle(until=lambda: bench.heard[-1]["type"] == "block_actions")
    assert bench.heard[-1]["actions"][0]["selected_option"] == option("checkout")


def test_options_that_slack_would_not_show_are_refused(bench: Bench) -> None:
    view = bench.show(modal("one", SERVICE))
    bench.offer = {"options": [option("x" * 76)]}
    assert bench.slack.options("maya", view["id"], "service-a", "xx").ok
    [refusal] = bench.slack.refusals
    assert (refusal.method, refusal.error) == ("ack of options", "invalid_arguments")
    with pytest.raises(Refused, match="no_such_option"):
        bench.slack.submit_view("maya", {"service": "x" * 76})


def test_a_trigger_is_too_old_after_three_seconds(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    trigger = bench.trigger()
    monkeypatch.setattr("bot.localslack.interactions.TRIGGER_SECONDS", -1.0)
    assert refused(lambda: bench.client.views_open(trigger_id=trigger, view=modal("late")))["error"] == "expired_trigger_id"
