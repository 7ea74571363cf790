"""The Home tab: what it shows to whom, and its buttons."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from bench import Bench, bench

from bot.config import Config, Defaults, Service
from bot.model.units import Duration

LEAK = str(Path(__file__).parents[1] / "goservices" / "recorded" / "go1.27" / "leak-chan-send")


@pytest.fixture(scope="module")
def bot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    config = Config(
        services={
            "checkout": Service(replay=LEAK, channel="C0CHECKOUT"),
            "cart": Service(targets=("http://127.0.0.1:9",), allow={"capture": ("U0JONAS",), "diagnose": ("U0JONAS",)}),
            "ledger": Service(replay=LEAK),
            "billing": Service(replay=LEAK, allow={"resolve": ("@oncall",)}),
        },
        defaults=Defaults(cooldown=Duration(0), interval=Duration(0)),
    )
    with bench(config, tmp_path_factory.mktemp("home")) as running:
        running.slack.set_group("oncall", ["jonas"])
        yield running
        assert running.slack.refusals == ()


def opened(bot: Bench, user: str) -> dict[str, Any]:
    """Open the tab until it is drawn anew: openings that follow each other within seconds share one picture."""
    before, deadline = bot.slack.home(user), time.monotonic() + 20
    while time.monotonic() < deadline:
        bot.slack.open_home(user)
        bot.settle()
        home = bot.slack.home(user)
        if home and (before is None or home["hash"] != before["hash"]):
            return home
    raise TimeoutError(f"the tab of {user} is not drawn")


def texts(home: dict[str, Any]) -> str:
    shown = []
    for block in home["blocks"]:
        text = block.get("text") or {}
        shown += [text.get("text", ""), *(element.get("text", "") for element in block.get("elements", ()) if "text" in element)]
    return "\n".join(map(str, shown))


def test_a_new_person_sees_an_empty_tab_with_help(bot: Bench) -> None:
    bot.slack.add_person("tom")
    shown = texts(opened(bot, "tom"))
    assert ":white_check_mark: None." in shown
    assert "None yet: services come here" in shown
    assert "All is well" in shown
    assert "/gocrash checkout" in shown
    assert "4 services" in shown


def test_it_shows_incidents_own_services_and_diagnoses(bot: Bench) -> None:
    bot.slack.command("maya", "checkout", "/gocrash checkout")
    bot.settle()
    home = opened(bot, "maya")
    shown = texts(home)
    assert "Open incidents (1)" in shown
    assert "*INC-1*" in shown or "|INC-1>*" in shown
    assert "*checkout* · INC-1 is investigating · answers in <#C0CHECKOUT>" in shown
    assert "stuck sending" in shown
    assert "*cart*" not in shown
    jonas = texts(opened(bot, "jonas"))
    assert "*cart* · no open incident" in jonas
    assert "*billing* · no open incident" in jonas, "a group of his is named there"
    assert "*ledger* ·" not in jonas


def test_its_button_looks_into_a_service(bot: Bench) -> None:
    home = opened(bot, "maya")
    before = len(bot.answers("checkout"))
    assert bot.slack.click("maya", home["id"], "home:checkout").ok
    bot.settle()
    assert len(bot.answers("checkout")) > before
    assert any(event.actor == "maya" for event in bot.store.timeline.of(1) if event.kind == "diagnosis")


def test_a_source_that_gave_nothing_is_said(bot: Bench) -> None:
    bot.slack.command("jonas", "incidents", "/gocrash cart")
    bot.settle()
    shown = texts(opened(bot, "jonas"))
    assert "Needs a look" in shown
    assert "cart: goroutine of 127.0.0.1:9" in shown
    assert "answers in <#C0INCIDENTS>" in shown, "where it was answered last"


def test_a_refused_click_is_said_in_the_tab(bot: Bench) -> None:
    bot.slack.add_person("eve")
    bot.store.timeline.add(1, kind="note", text="hello", actor="eve", now=bot.store.timeline.of(1)[0].recorded_at)
    home = opened(bot, "jonas")
    assert bot.slack.click("eve", home["id"], "home:cart").ok
    bot.settle()
    assert "`diagnose` on cart is reserved for U0JONAS" in texts(bot.slack.home("eve") or {})


def test_looking_again_and_again_is_drawn_at_a_bounded_rate(bot: Bench) -> None:
    opened(bot, "maya")
    before = sum(call.method == "views.publish" for call in bot.slack.calls)
    for _ in range(20):
        bot.slack.open_home("maya")
    bot.settle()
    assert sum(call.method == "views.publish" for call in bot.slack.calls) - before <= 3
