from __future__ import annotations

from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.localslack.blockkit import MESSAGE_BLOCKS
from bot.localslack.checks import check_message, check_view
from bot.localslack.refusal import Refused


def plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text}


def mrkdwn(text: str) -> dict[str, Any]:
    return {"type": "mrkdwn", "text": text}


def section(text: str = "x", **more: object) -> dict[str, Any]:
    return {"type": "section", "text": mrkdwn(text), **more}


def button(**more: object) -> dict[str, Any]:
    return {"type": "button", "text": plain("Go"), "action_id": "go", **more}


def actions(*elements: dict[str, Any]) -> dict[str, Any]:
    return {"type": "actions", "elements": list(elements)}


def option(text: str = "One", value: str = "1") -> dict[str, Any]:
    return {"text": plain(text), "value": value}


def overflow(count: int) -> dict[str, Any]:
    return {"type": "overflow", "action_id": "more", "options": [option(value=str(n)) for n in range(count)]}


def select(**more: object) -> dict[str, Any]:
    return {"type": "static_select", "action_id": "pick", "options": [option()], **more}


CONFIRM = {"title": plain("t"), "text": mrkdwn("x"), "confirm": plain("y"), "deny": plain("n")}


def table(rows: int, cells: int = 1, **more: object) -> dict[str, Any]:
    return {"type": "table", "rows": [[{"type": "raw_text", "text": "x"}] * cells] * rows, **more}


def radio(count: int, **more: object) -> dict[str, Any]:
    options = [option(value=str(n)) for n in range(count)]
    return {"type": "radio_buttons", "action_id": "r", "options": options, **more}


def rich(*elements: dict[str, Any]) -> dict[str, Any]:
    return {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": list(elements)}]}


VOTE = {"text": plain("Good"), "value": "up"}
FEEDBACK = {"type": "feedback_buttons", "action_id": "f", "positive_button": VOTE, "negative_button": VOTE}

ACCEPTED = {
    "a table": table(100, 20, column_settings=[{"align": "right", "is_wrapped": True}]),
    "a menu the app fills": actions({"type": "external_select", "action_id": "s", "min_query_length": 0}),
    "a menu filled from the start": actions({"type": "external_select", "action_id": "s", "initial_option": option()}),
    "feedback": {"type": "context_actions", "elements": [FEEDBACK]},
    "rich text": rich({"type": "text", "text": "x", "style": {"bold": True}}, {"type": "user", "user_id": "U1"}),
    "ten radio buttons": actions(radio(10)),
    "section at its limit": section("x" * 3000),
    "ten fields": {"type": "section", "fields": [mrkdwn("x" * 10)] * 10},
    "header": {"type": "header", "text": plain("x" * 150)},
    "context with text and picture": {
        "type": "context",
        "elements": [mrkdwn("x"), {"type": "image", "image_url": "https://example.com/a.png", "alt_text": "a"}],
    },
    "button with everything": actions(button(value="v", url="https://example.com", style="danger", confirm=CONFIRM)),
    "overflow": actions(overflow(5)),
    "select": actions(select(placeholder=plain("Choose"), initial_option=option())),
    "divider": {"type": "divider"},
    "uploaded image": {"type": "image", "slack_file": {"id": "F1"}, "alt_text": "a", "title": plain("t")},
    "markdown": {"type": "markdown", "text": "# hi"},
    "accessory": section(accessory=button()),
}

REFUSED = {
    "section too long": (section("x" * 3001), "must be less than 3001 characters [json-pointer:/blocks/0/text/text]"),
    "section empty": (section(""), "must be more than 0 characters [json-pointer:/blocks/0/text/text]"),
    "section of nothing": ({"type": "section"}, "must provide either text or fields [json-pointer:/blocks/0]"),
    "eleven fields": (
        {"type": "section", "fields": [mrkdwn("x")] * 11},
        "no more than 10 items allowed [json-pointer:/blocks/0/fields]",
    ),
    "field too long": (
        {"type": "section", "fields": [mrkdwn("x" * 2001)]},
        "must be less than 2001 characters [json-pointer:/blocks/0/fields/0/text]",
    ),
    "header of mrkdwn": (
        {"type": "header", "text": mrkdwn("*x*")},
        "unsupported type: mrkdwn [json-pointer:/blocks/0/text/type]",
    ),
    "header too long": (
        {"type": "header", "text": plain("x" * 151)},
        "must be less than 151 characters [json-pointer:/blocks/0/text/text]",
    ),
    "empty context": ({"type": "context", "elements": []}, "no fewer than 1 items required [json-pointer:/blocks/0/elements]"),
    "eleven in a context": (
        {"type": "context", "elements": [mrkdwn("x")] * 11},
        "no more than 10 items allowed [json-pointer:/blocks/0/elements]",
    ),
    "26 actions": (
        actions(*[button(action_id=f"a{n}") for n in range(26)]),
        "no more than 25 items allowed [json-pointer:/blocks/0/elements]",
    ),
    "button text too long": (
        actions(button(text=plain("x" * 76))),
        "must be less than 76 characters [json-pointer:/blocks/0/elements/0/text/text]",
    ),
    "button value too long": (
        actions(button(value="x" * 2001)),
        "must be less than 2001 characters [json-pointer:/blocks/0/elements/0/value]",
    ),
    "button style": (
        actions(button(style="warning")),
        "must be one of: primary, danger [json-pointer:/blocks/0/elements/0/style]",
    ),
    "same action id twice": (
        actions(button(), button()),
        "`action_id` go already exists [json-pointer:/blocks/0/elements/1/action_id]",
    ),
    "six overflow options": (
        actions(overflow(6)),
        "no more than 5 items allowed [json-pointer:/blocks/0/elements/0/options]",
    ),
    "option text too long": (
        actions(select(options=[option(text="x" * 76)])),
        "must be less than 76 characters [json-pointer:/blocks/0/elements/0/options/0/text/text]",
    ),
    "option value too long": (
        actions(select(options=[option(value="x" * 151)])),
        "must be less than 151 characters [json-pointer:/blocks/0/elements/0/options/0/value]",
    ),
    "101 options": (
        actions(select(options=[option(value=str(n)) for n in range(101)])),
        "no more than 100 items allowed [json-pointer:/blocks/0/elements/0/options]",
    ),
    "confirm text too long": (
        actions(button(confirm={**CONFIRM, "text": mrkdwn("x" * 301)})),
        "must be less than 301 characters [json-pointer:/blocks/0/elements/0/confirm/text/text]",
    ),
    "image without alt text": (
        {"type": "image", "image_url": "https://example.com/a.png"},
        "missing required field: alt_text [json-pointer:/blocks/0]",
    ),
    "image without source": (
        {"type": "image", "alt_text": "a"},
        "must provide exactly one of image_url or slack_file [json-pointer:/blocks/0]",
    ),
    "unknown block": ({"type": "banner"}, "unsupported type: banner [json-pointer:/blocks/0/type]"),
    "block without type": ({}, "missing required field: type [json-pointer:/blocks/0]"),
    "unknown property": (section(colour="red"), "invalid additional property: colour [json-pointer:/blocks/0]"),
    "text is no string": (
        {"type": "section", "text": {"type": "mrkdwn", "text": 7}},
        "must provide a string [json-pointer:/blocks/0/text/text]",
    ),
    "block is no object": ("hello", "must provide an object [json-pointer:/blocks/0]"),
    "block id too long": (section(block_id="x" * 256), "must be less than 256 characters [json-pointer:/blocks/0/block_id]"),
    "101 rows": (table(101), "no more than 100 items allowed [json-pointer:/blocks/0/rows]"),
    "21 cells": (table(1, 21), "no more than 20 items allowed [json-pointer:/blocks/0/rows/0]"),
    "21 column settings": (
        table(1, column_settings=[{}] * 21),
        "no more than 20 items allowed [json-pointer:/blocks/0/column_settings]",
    ),
    "cell of mrkdwn": (
        {"type": "table", "rows": [[mrkdwn("x")]]},
        "unsupported type: mrkdwn [json-pointer:/blocks/0/rows/0/0/type]",
    ),
    "six context actions": (
        {"type": "context_actions", "elements": [{**FEEDBACK, "action_id": str(n)} for n in range(6)]},
        "no more than 5 items allowed [json-pointer:/blocks/0/elements]",
    ),
    "eleven radio buttons": (
        actions(radio(11)),
        "no more than 10 items allowed [json-pointer:/blocks/0/elements/0/options]",
    ),
    "rich text of an unknown kind": (
        rich({"type": "shout", "text": "x"}),
        "unsupported type: shout [json-pointer:/blocks/0/elements/0/elements/0/type]",
    ),
    "101 option groups": (
        actions({"type": "static_select", "option_groups": [{"label": plain("g"), "options": [option()]}] * 101}),
        "no more than 100 items allowed [json-pointer:/blocks/0/elements/0/option_groups]",
    ),
    "option description too long": (
        actions(select(options=[{**option(), "description": plain("x" * 76)}])),
        "must be less than 76 characters [json-pointer:/blocks/0/elements/0/options/0/description/text]",
    ),
    "no overflow options": (
        actions(overflow(0)),
        "no fewer than 1 items required [json-pointer:/blocks/0/elements/0/options]",
    ),
    "placeholder too long": (
        actions(select(placeholder=plain("x" * 151))),
        "must be less than 151 characters [json-pointer:/blocks/0/elements/0/placeholder/text]",
    ),
    "action id too long": (
        actions(button(action_id="x" * 256)),
        "must be less than 256 characters [json-pointer:/blocks/0/elements/0/action_id]",
    ),
    "button url too long": (
        actions(button(url="https://example.com/" + "x" * 2981)),
        "must be less than 3001 characters [json-pointer:/blocks/0/elements/0/url]",
    ),
    "accessibility label too long": (
        actions(button(accessibility_label="x" * 76)),
        "must be less than 76 characters [json-pointer:/blocks/0/elements/0/accessibility_label]",
    ),
    "confirm title too long": (
        actions(button(confirm={**CONFIRM, "title": plain("x" * 101)})),
        "must be less than 101 characters [json-pointer:/blocks/0/elements/0/confirm/title/text]",
    ),
    "confirm button too long": (
        actions(button(confirm={**CONFIRM, "confirm": plain("x" * 31)})),
        "must be less than 31 characters [json-pointer:/blocks/0/elements/0/confirm/confirm/text]",
    ),
    "deny button too long": (
        actions(button(confirm={**CONFIRM, "deny": plain("x" * 31)})),
        "must be less than 31 characters [json-pointer:/blocks/0/elements/0/confirm/deny/text]",
    ),
    "image url too long": (
        {"type": "image", "image_url": "x" * 3001, "alt_text": "a"},
        "must be less than 3001 characters [json-pointer:/blocks/0/image_url]",
    ),
    "alt text too long": (
        {"type": "image", "image_url": "x", "alt_text": "a" * 2001},
        "must be less than 2001 characters [json-pointer:/blocks/0/alt_text]",
    ),
    "image title too long": (
        {"type": "image", "image_url": "x", "alt_text": "a", "title": plain("x" * 2001)},
        "must be less than 2001 characters [json-pointer:/blocks/0/title/text]",
    ),
    "uploaded image named twice": (
        {"type": "image", "slack_file": {"id": "F1", "url": "x"}, "alt_text": "a"},
        "must provide exactly one of id or url [json-pointer:/blocks/0/slack_file]",
    ),
    "chosen from the start but not offered": (
        actions(select(initial_option=option(value="2"))),
        "must match one of the options [json-pointer:/blocks/0/elements/0/initial_option]",
    ),
    "one markdown too long": (
        {"type": "markdown", "text": "x" * 12_001},
        "must be less than 12001 characters [json-pointer:/blocks/0/text]",
    ),
    "input element in actions": (
        actions({"type": "plain_text_input", "action_id": "t"}),
        "unsupported type: plain_text_input [json-pointer:/blocks/0/elements/0/type]",
    ),
}


@pytest.mark.parametrize("block", ACCEPTED.values(), ids=ACCEPTED)
def test_accepts_what_slack_accepts(block: dict[str, Any]) -> None:
    check_message(text="hi", blocks=[block])


@pytest.mark.parametrize(("block", "message"), REFUSED.values(), ids=REFUSED)
def test_refuses_a_block_and_points_at_the_fault(block: dict[str, Any], message: str) -> None:
    with pytest.raises(Refused) as refusal:
        check_message(text="hi", blocks=[block])
    assert refusal.value.error == "invalid_blocks"
    assert message in refusal.value.details["errors"]
    assert f"[ERROR] {message}" in refusal.value.details["response_metadata"]["messages"]


WHOLE_MESSAGES: dict[str, tuple[dict[str, Any], str]] = {
    "nothing": ({"text": ""}, "no_text"),
    "text too long": ({"text": "x" * 40_001}, "msg_too_long"),
    "text of an update too long": ({"text": "x" * 4_001, "text_limit": 4_000}, "msg_too_long"),
    "51 blocks": ({"text": "x", "blocks": [{"type": "divider"}] * 51}, "invalid_blocks"),
    "block ids repeat": ({"text": "x", "blocks": [section(block_id="a"), section(block_id="a")]}, "invalid_blocks"),
    "too much in all": ({"text": "x", "blocks": [section("x" * 2700)] * 5}, "msg_blocks_too_long"),
    "too much in attachments": ({"text": "x", "attachments": [{"blocks": [section("x" * 2700)] * 5}]}, "msg_blocks_too_long"),
    "too much markdown": ({"text": "x", "blocks": [{"type": "markdown", "text": "x" * 6001}] * 2}, "msg_too_long"),
    "bad block in an attachment": ({"text": "x", "attachments": [{"blocks": [{"type": "banner"}]}]}, "invalid_attachments"),
    "unknown attachment field": ({"text": "x", "attachments": [{"titel": "x"}]}, "invalid_attachments"),
    "two tables": ({"text": "x", "blocks": [table(1), table(1)]}, "invalid_attachments"),
    "metadata that is no object": (
        {"text": "x", "metadata": {"event_type": "a", "event_payload": "x"}},
        "invalid_metadata_format",
    ),
    "metadata too large": (
        {"text": "x", "metadata": {"event_type": "a", "event_payload": {"x": "y" * 17_000}}},
        "metadata_too_large",
    ),
    "101 attachments": ({"text": "x", "attachments": [{"text": "x"}] * 101}, "invalid_attachments"),
    "metadata without type": ({"text": "x", "metadata": {"event_payload": {}}}, "invalid_metadata_format"),
}


@pytest.mark.parametrize(("message", "error"), WHOLE_MESSAGES.values(), ids=WHOLE_MESSAGES)
def test_refuses_a_whole_message(message: dict[str, Any], error: str) -> None:
    with pytest.raises(Refused) as refusal:
        check_message(**message)
    assert refusal.value.error == error


INPUT = {"type": "input", "label": plain("Note"), "element": {"type": "plain_text_input", "action_id": "t"}}
MODAL = {"type": "modal", "title": plain("Note"), "submit": plain("Add"), "blocks": [INPUT]}
VIEWS: dict[str, tuple[dict[str, Any], str, str]] = {
    "title too long": (
        {**MODAL, "title": plain("x" * 25)},
        "modal",
        "must be less than 25 characters [json-pointer:/view/title/text]",
    ),
    "no title": (
        {key: value for key, value in MODAL.items() if key != "title"},
        "modal",
        "missing required field: title [json-pointer:/view]",
    ),
    "input without submit": (
        {key: value for key, value in MODAL.items() if key != "submit"},
        "modal",
        "submit is required when an input block is within blocks [json-pointer:/view]",
    ),
    "101 blocks": (
        {"type": "home", "blocks": [{"type": "divider"}] * 101},
        "home",
        "no more than 100 items allowed [json-pointer:/view/blocks]",
    ),
    "private metadata too long": (
        {**MODAL, "private_metadata": "x" * 3001},
        "modal",
        "must be less than 3001 characters [json-pointer:/view/private_metadata]",
    ),
    "submit too long": (
        {**MODAL, "submit": plain("x" * 25)},
        "modal",
        "must be less than 25 characters [json-pointer:/view/submit/text]",
    ),
    "close too long": (
        {**MODAL, "close": plain("x" * 25)},
        "modal",
        "must be less than 25 characters [json-pointer:/view/close/text]",
    ),
    "callback id too long": (
        {**MODAL, "callback_id": "x" * 256},
        "modal",
        "must be less than 256 characters [json-pointer:/view/callback_id]",
    ),
    "external id too long": (
        {**MODAL, "external_id": "x" * 256},
        "modal",
        "must be less than 256 characters [json-pointer:/view/external_id]",
    ),
    "label too long": (
        {**MODAL, "blocks": [{**INPUT, "label": plain("x" * 2001)}]},
        "modal",
        "must be less than 2001 characters [json-pointer:/view/blocks/0/label/text]",
    ),
    "hint too long": (
        {**MODAL, "blocks": [{**INPUT, "hint": plain("x" * 2001)}]},
        "modal",
        "must be less than 2001 characters [json-pointer:/view/blocks/0/hint/text]",
    ),
    "longest input too long": (
        {**MODAL, "blocks": [{**INPUT, "element": {"type": "plain_text_input", "max_length": 3001}}]},
        "modal",
        "must be between 1 and 3000 [json-pointer:/view/blocks/0/element/max_length]",
    ),
    "shortest above longest": (
        {**MODAL, "blocks": [{**INPUT, "element": {"type": "plain_text_input", "min_length": 9, "max_length": 8}}]},
        "modal",
        "must not be more than max_length [json-pointer:/view/blocks/0/element/min_length]",
    ),
    "two in focus": (
        {**MODAL, "blocks": [{**INPUT, "element": {"type": "plain_text_input", "focus_on_load": True}}] * 2},
        "modal",
        "only one element may have focus_on_load [json-pointer:/view/blocks/1/element/focus_on_load]",
    ),
    "a table in a modal": (
        {**MODAL, "blocks": [table(1)]},
        "modal",
        "unsupported type: table [json-pointer:/view/blocks/0/type]",
    ),
    "a modal as Home": (MODAL, "home", "must be of type home [json-pointer:/view/type]"),
    "markdown in a modal": (
        {**MODAL, "blocks": [{"type": "markdown", "text": "x"}]},
        "modal",
        "unsupported type: markdown [json-pointer:/view/blocks/0/type]",
    ),
}


@pytest.mark.parametrize(("view", "kind", "message"), VIEWS.values(), ids=VIEWS)
def test_refuses_a_view(view: dict[str, Any], kind: str, message: str) -> None:
    with pytest.raises(Refused) as refusal:
        check_view(view, kind=kind)
    assert refusal.value.error == "invalid_arguments"
    assert message in refusal.value.details["errors"]


def test_accepts_a_modal_and_a_home() -> None:
    check_view(MODAL, kind="modal")
    check_view({"type": "home", "blocks": [section()]}, kind="home")


KEYS = ["type", "text", "elements", "options", "x"]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner),
    max_leaves=12,
)


@given(JSON)
def test_any_json_is_either_accepted_or_refused(block: object) -> None:
    problems = list(MESSAGE_BLOCKS.problems([block], "/blocks"))
    assert all("[json-pointer:/blocks/0" in problem for problem in problems)
    if problems:
        with pytest.raises(Refused, match="invalid_blocks"):
            check_message(text="hi", blocks=cast("list[dict[str, Any]]", [block]))
