"""Modals and the Home tab: whatever is in them, Slack takes them, and nobody is pinged."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.localslack.checks import check_view
from bot.model.incident import Incident, Status
from bot.model.message import Action, Choice, View
from bot.render.slack import home, modals
from bot.render.slack.budget import MAX_METADATA

NOW = datetime(2026, 11, 20, 14, 2, tzinfo=UTC)
PIECES = ["<!channel>", "<@U1>", "<https://evil.example|x>", "&", "`", "```", "*", "\n", " ", "\ud800", "😀" * 300, "x" * 4_000]
OUTSIDE = st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=12)), max_size=6).map("".join)
LIVE = re.compile(r"<(?:!(?!date)|@|https://evil)")


def incident(text: str, number: int = 7) -> Incident:
    return Incident(
        number=number, service=text, title=text, status=Status.INVESTIGATING, severity="SEV2", dedup_key="service",
        opened_at=NOW, opened_by=text, lead=text,
    )  # fmt: skip


def checked(view: View) -> View:
    check_view(view, kind=view["type"])
    for block in view["blocks"]:
        for element in (block.get("text"), *block.get("elements", ())):
            if element and element["type"] == "mrkdwn":
                assert not LIVE.search(element["text"])
    return view


@settings(max_examples=60, deadline=None)
@given(text=OUTSIDE, count=st.integers(0, 130))
def test_modals_of_anything(text: str, count: int) -> None:
    incidents = [incident(text, number) for number in range(count)]
    checked(modals.resolve(incident(text), metadata="{}"))
    checked(modals.severity(incident(text), metadata="{}"))
    checked(modals.full_dump(text, text, total_seconds=7.7, longest_seconds=1.1, metadata="{}"))
    checked(modals.mute(text, metadata="{}"))
    checked(modals.wrong([Choice(text, f"f{number}") for number in range(count + 1)], metadata="{}"))
    checked(modals.note(text, NOW, incidents, metadata="{}"))
    checked(modals.gone(text))


@settings(max_examples=60, deadline=None)
@given(text=OUTSIDE, count=st.integers(0, 130))
def test_a_home_tab_of_anything(text: str, count: int) -> None:
    button = Action(action_id="home:checkout", label=text, value="checkout C0SHOP")
    services = [home.OwnService(name=text, state=text, channel="C0SHOP", diagnose=button)] * count
    overview = home.Overview(
        at=NOW,
        incidents=[incident(text)] * count,
        services=services,
        diagnoses=[home.RecentDiagnosis(text, NOW, text, "INC-7")] * count,
        health=[text] * 30,
        well=False,
        usages=[text] * 40,
        notice=text,
    )
    view = checked(home.home(overview))
    assert len(view["blocks"]) <= 100


def test_what_does_not_fit_into_a_home_tab_is_said() -> None:
    named = [home.OwnService(name=f"service-{number}", state="no open incident") for number in range(40)]
    overview = home.Overview(
        at=NOW,
        incidents=[incident("leak")] * 40,
        services=named,
        diagnoses=[],
        health=["runs"],
        well=True,
        usages=["/gocrash help"],
    )
    shown = json.dumps(home.home(overview))
    assert "30 incidents more" in shown
    assert "25 services more" in shown


def test_a_modal_says_what_a_full_dump_would_freeze() -> None:
    shown = modals.full_dump("checkout", "10.0.3.7:6060", total_seconds=7.7, longest_seconds=1.1, metadata="{}")
    assert "would freeze `checkout` for about 7.7 s in all (longest pause about 1.1 s)" in shown["blocks"][0]["text"]["text"]


def test_a_message_is_quoted_as_it_was_written() -> None:
    shown = modals.note("a &amp;&amp; b &lt;ok&gt;", NOW + timedelta(minutes=5), [incident("leak")], metadata="{}")
    assert shown["blocks"][0]["text"]["text"].startswith("a &amp;&amp; b &lt;ok&gt;\n")
    assert "2026-11-20 14:07" in shown["blocks"][0]["text"]["text"]


@pytest.mark.parametrize("text", ['"' * 1_000, "\n" * 1_000, "\\" * 1_000, "😀" * 1_000])
def test_a_long_note_fits_into_the_metadata(text: str) -> None:
    note = {"channel": "C0CHECKOUT0", "ts": "1700000000.000100", "thread_ts": "1700000000.000100", "text": text, "user": "U0MAYA"}
    metadata = json.dumps(
        note | {"username": "x" * 80, "response_url": "https://hooks.slack.com/" + "x" * 120}, ensure_ascii=False
    )
    assert len(metadata) <= MAX_METADATA
