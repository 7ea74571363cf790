"""What real Slack refuses about the content of messages and views: the tables of `blockkit.py` plus the rules across fields.

In: blocks, attachments, text, a view. Out: nothing, or `Refused` with Slack's error word and one message per problem.

>>> check_message(text="hi", blocks=[{"type": "header", "text": {"type": "mrkdwn", "text": "*hi*"}}])  # doctest: +ELLIPSIS
Traceback (most recent call last):
    ...
bot.localslack.refusal.Refused: invalid_blocks: {'errors': ['unsupported type: mrkdwn [json-pointer:/blocks/0/text/type]'], ...
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from bot.localslack.blockkit import ATTACHMENTS, MESSAGE_BLOCKS, METADATA, OFFERED, VIEWS
from bot.localslack.nouns import View
from bot.localslack.refusal import Json, Refused, invalid
from bot.localslack.schema import problem

TEXT_POSTED = 40_000  # Slack cuts longer texts without a word; refusing tells the app's author that it would
TEXT_UPDATED = 4_000
MARKDOWN_IN_ALL = 12_000
# Slack documents the refusal `metadata_too_large` but no number: an assumption.
METADATA_IN_ALL = 16_384
# Undocumented: real Slack answered msg_blocks_too_long from about this many characters on, all documented limits holding.
BLOCKS_IN_ALL = 13_200


def check_message(
    *,
    text: str,
    blocks: Sequence[Json] = (),
    attachments: Sequence[Json] = (),
    metadata: Json | None = None,
    text_limit: int = TEXT_POSTED,
) -> None:
    """Refuse what Slack refuses: `no_text`, `msg_too_long`, `invalid_blocks`, `invalid_attachments`, `msg_blocks_too_long`..."""
    if not text and not blocks and not attachments:
        raise Refused("no_text")
    if len(text) > text_limit:
        raise Refused("msg_too_long")
    problems = [*MESSAGE_BLOCKS.problems(blocks, "/blocks")]
    if not problems:
        problems = [*_block_rules(blocks, "/blocks")]
    if problems:
        raise invalid("invalid_blocks", problems)
    _check_attachments(attachments)
    _check_metadata(metadata)
    everything = [*blocks, *(block for attachment in attachments for block in attachment.get("blocks", ()))]
    if sum(block["type"] == "table" for block in everything) > 1:
        raise invalid("invalid_attachments", ["only_one_table_allowed"])
    if sum(len(block["text"]) for block in everything if block["type"] == "markdown") > MARKDOWN_IN_ALL:
        raise Refused("msg_too_long")
    if sum(map(len, texts_in(everything))) > BLOCKS_IN_ALL:
        raise Refused("msg_blocks_too_long")


def _check_metadata(metadata: Json | None) -> None:
    """Metadata is wholly there or wholly absent; `{}` takes it away."""
    if not metadata:
        return
    if problems := [*METADATA.problems(metadata, "/metadata")]:
        raise invalid("invalid_metadata_format", problems)
    if len(json.dumps(metadata)) > METADATA_IN_ALL:
        raise Refused("metadata_too_large")


def _check_attachments(attachments: Sequence[Json]) -> None:
    problems = [*ATTACHMENTS.problems(attachments, "/attachments")]
    if not problems:
        for number, attachment in enumerate(attachments):
            problems += _block_rules(attachment.get("blocks", ()), f"/attachments/{number}/blocks")
    if problems:
        raise invalid("invalid_attachments", problems)


def check_view(view: Json, *, kind: str) -> None:
    """Refuse a view that is not a valid `kind` (modal or home): `invalid_arguments`."""
    problems = [*VIEWS.problems(view, "/view")]
    if not problems and view["type"] != kind:
        problems = [problem(f"must be of type {kind}", "/view/type")]
    if not problems:
        problems = [*_block_rules(view["blocks"], "/view/blocks")]
        if kind == "modal" and "submit" not in view and any(block["type"] == "input" for block in view["blocks"]):
            problems.append(problem("submit is required when an input block is within blocks", "/view"))
        problems += _one_focus(view["blocks"])
    if problems:
        raise invalid("invalid_arguments", problems)


def check_errors(view: View, errors: object) -> None:
    """Refuse the `errors` of a form's answer unless each stands at an input block: Slack shows none of them otherwise."""
    inputs = {block["block_id"] for block in view.body["blocks"] if block["type"] == "input"}
    if not isinstance(errors, dict) or not errors:
        raise invalid("invalid_arguments", [problem("must provide an object of block id to message", "/errors")])
    if problems := [problem("not the block_id of an input block", f"/errors/{key}") for key in errors if key not in inputs]:
        raise invalid("invalid_arguments", problems)


def offered_options(answer: Json) -> tuple[Json, ...]:
    """The options in an app's answer to a menu that asked for them, those in groups too; refuses what Slack does not show."""
    if problems := [*OFFERED.problems(answer, "")]:
        raise invalid("invalid_arguments", problems)
    grouped = (option for group in answer.get("option_groups", ()) for option in group["options"])
    return (*answer.get("options", ()), *grouped)


def _one_focus(blocks: Sequence[Json]) -> Iterator[str]:
    found = [each for number, block in enumerate(blocks) for each in _elements(block, f"/view/blocks/{number}")]
    for _, at in [each for each in found if each[0].get("focus_on_load")][1:]:
        yield problem("only one element may have focus_on_load", f"{at}/focus_on_load")


def texts_in(value: object) -> Iterator[str]:
    """Every string under a key `text` at any depth: what a reader sees, and what the whole-message budget counts."""
    if isinstance(value, dict):
        for key, item in value.items():
            if key == "text" and isinstance(item, str):
                yield item
            else:
                yield from texts_in(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from texts_in(item)


def _block_rules(blocks: Sequence[Json], at: str) -> Iterator[str]:
    """Rules that look at more than one field; called only when every field alone is right."""
    seen: set[str] = set()
    for number, block in enumerate(blocks):
        here = f"{at}/{number}"
        if block.get("block_id") in seen:
            yield problem(f"`block_id` {block['block_id']} already exists", f"{here}/block_id")
        seen |= {block["block_id"]} if "block_id" in block else set()
        if block["type"] == "section" and "text" not in block and "fields" not in block:
            yield problem("must provide either text or fields", here)
        yield from _elements_rules(block, here)


def _elements_rules(block: Json, here: str) -> Iterator[str]:
    found = [*_elements(block, here)]
    for element, at in found:
        kind = element.get("type", "")
        if kind == "image" and ("image_url" in element) == ("slack_file" in element):
            yield problem("must provide exactly one of image_url or slack_file", at)
        if kind in {"static_select", "multi_static_select"} and ("options" in element) == ("option_groups" in element):
            yield problem("must provide exactly one of options or option_groups", at)
        yield from _initial_rules(element, at)
        if "slack_file" in element and len(element["slack_file"]) != 1:
            yield problem("must provide exactly one of id or url", f"{at}/slack_file")
        if element.get("min_length", 0) > element.get("max_length", 3000):
            yield problem("must not be more than max_length", f"{at}/min_length")
    ids = [(element["action_id"], at) for element, at in found if "action_id" in element]
    for number, (action_id, at) in enumerate(ids):
        if action_id in [earlier for earlier, _ in ids[:number]]:
            yield problem(f"`action_id` {action_id} already exists", f"{at}/action_id")


def _initial_rules(element: Json, at: str) -> Iterator[str]:
    """What is chosen from the start must be among what can be chosen, where the app itself lists that."""
    groups = element.get("option_groups", ())
    offered = [*element.get("options", ()), *(option for group in groups for option in group["options"])]
    if not offered:
        return
    if "initial_option" in element and element["initial_option"] not in offered:
        yield problem("must match one of the options", f"{at}/initial_option")
    for number, option in enumerate(element.get("initial_options", ())):
        if option not in offered:
            yield problem("must match one of the options", f"{at}/initial_options/{number}")


def _elements(block: Json, here: str) -> Iterator[tuple[dict[str, Any], str]]:
    """The block's interactive elements and images, each with its pointer; an image block is its own image."""
    if block["type"] == "image":
        yield block, here
    if block["type"] in {"actions", "context", "context_actions"}:
        for number, element in enumerate(block["elements"]):
            yield element, f"{here}/elements/{number}"
    for name in ("accessory", "element"):
        if name in block:
            yield block[name], f"{here}/{name}"
