"""Interactive elements: the ids Slack fills in, finding an element, and what a person's choice looks like in a payload.

In: blocks as the app sent them. Out: blocks with every id, an element, or the JSON of a choice.

>>> blocks = with_ids([{"type": "actions", "elements": [{"type": "button", "action_id": "go", "text": {}}]}])
>>> blocks[0]["block_id"], find_element(blocks, "go")[0]
('b0', 'b0')
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain

from bot.localslack.refusal import Json, Refused

# Where each kind of element puts what was chosen. Source: Slack's reference of block_actions and view_submission payloads.
CHOICE_KEYS = {
    "static_select": "selected_option",
    "overflow": "selected_option",
    "radio_buttons": "selected_option",
    "external_select": "selected_option",
    "multi_static_select": "selected_options",
    "multi_external_select": "selected_options",
    "checkboxes": "selected_options",
    "users_select": "selected_user",
    "multi_users_select": "selected_users",
    "channels_select": "selected_channel",
    "conversations_select": "selected_conversation",
    "datepicker": "selected_date",
    "timepicker": "selected_time",
    "datetimepicker": "selected_date_time",
    "plain_text_input": "value",
    "number_input": "value",
    "email_text_input": "value",
    "url_text_input": "value",
    "icon_button": "value",
    "feedback_buttons": "value",
    "button": "value",
}
_INITIAL_KEYS = {
    "selected_option": "initial_option",
    "selected_options": "initial_options",
    "selected_user": "initial_user",
    "selected_users": "initial_users",
    "selected_channel": "initial_channel",
    "selected_conversation": "initial_conversation",
    "selected_date": "initial_date",
    "selected_time": "initial_time",
    "selected_date_time": "initial_date_time",
    "value": "initial_value",
}


def with_ids(blocks: Sequence[Json]) -> tuple[Json, ...]:
    """A copy in which every block and every interactive element has an id, as Slack answers it."""
    filled = copy.deepcopy(list(blocks))
    for number, block in enumerate(filled):
        block.setdefault("block_id", f"b{number}")
        for place, element in enumerate(_elements(block)):
            if element["type"] in CHOICE_KEYS:
                element.setdefault("action_id", f"a{place}")
    return tuple(filled)


def find_element(blocks: Sequence[Json], action_id: str, *, block_id: str = "", chosen: object = None) -> tuple[str, Json]:
    """The block id and the first element with that action id; `action_not_found` otherwise.

    Where several have it, `block_id` or, for buttons, their value `chosen` tells them apart.
    """
    for block in blocks:
        for element in _elements(block):
            another = element["type"] == "button" and chosen is not None and element.get("value") != chosen
            if element.get("action_id") == action_id and block_id in {"", block["block_id"]} and not another:
                return block["block_id"], element
    raise Refused("action_not_found", action_id=action_id)


def choice(element: Json, chosen: object) -> Json:
    """What a payload says about `chosen`: an option's value (or several), a user id, a date or a text.

    >>> choice({"type": "overflow", "options": [{"text": {}, "value": "mute"}]}, "mute")
    {'type': 'overflow', 'selected_option': {'text': {}, 'value': 'mute'}}
    """
    kind = element["type"]
    key = CHOICE_KEYS[kind]
    if kind in {"button", "icon_button"}:
        return {"type": kind, "text": element["text"]} | ({"value": element["value"]} if "value" in element else {})
    if chosen is None:
        return {"type": kind, key: element.get(_INITIAL_KEYS[key], [] if key.endswith("s") else None)}
    if key == "selected_option":
        return {"type": kind, key: _option(element, str(chosen))}
    if key == "selected_options":
        return {
            "type": kind,
            key: [_option(element, str(each)) for each in (chosen if isinstance(chosen, list | tuple) else [chosen])],
        }
    return {"type": kind, key: chosen}


def state_values(blocks: Sequence[Json], values: Mapping[str, object]) -> Json:
    """The `state.values` of a view: {block id: {action id: choice}}. `values` may be keyed by either id."""
    state: Json = {}
    for block in blocks:
        for element in _elements(block):
            if element["type"] in CHOICE_KEYS and element["type"] not in {
                "button",
                "overflow",
                "icon_button",
                "feedback_buttons",
            }:
                given = values.get(element["action_id"], values.get(block["block_id"]))
                state.setdefault(block["block_id"], {})[element["action_id"]] = choice(element, given or None)
    return state


def missing_inputs(blocks: Sequence[Json], state: Json) -> tuple[str, ...]:
    """The block ids of required inputs that are empty: Slack's own client does not send such a form."""
    required = (block["block_id"] for block in blocks if block["type"] == "input" and not block.get("optional", False))
    return tuple(
        block_id
        for block_id in required
        if not all(given[CHOICE_KEYS[given["type"]]] for given in state.get(block_id, {}).values())
    )


def with_offered(blocks: Sequence[Json], offered: Mapping[str, Sequence[Json]]) -> tuple[Json, ...]:
    """A copy in which the menus whose options the app looks up list those it has `offered`, by action id."""
    filled = copy.deepcopy(tuple(blocks))
    for block in filled:
        for element in _elements(block):
            if element["type"] in {"external_select", "multi_external_select"}:
                initial = (element.get("initial_option"), *element.get("initial_options", ()))
                element["options"] = [*filter(None, initial), *offered.get(element["action_id"], ())]
    return filled


def labelled(blocks: Sequence[Json], label: str) -> tuple[str, str, object]:
    """Block id, action id and choice of the button or option that reads `label`; `no_such_label` with all there are otherwise."""
    known: dict[str, tuple[str, str, object]] = {}
    for block in blocks:
        for element in _elements(block):
            if element["type"] == "button":
                known.setdefault(element["text"]["text"], (block["block_id"], element["action_id"], element.get("value")))
            for option in _options(element):
                known.setdefault(option["text"]["text"], (block["block_id"], element["action_id"], option["value"]))
    found = next((place for text, place in known.items() if text.casefold() == label.casefold()), None)
    if found is None:
        raise Refused("no_such_label", label=label, known=list(known))
    return found


def all_blocks(blocks: Sequence[Json], attachments: Sequence[Json]) -> tuple[Json, ...]:
    """A message's blocks, those inside its attachments too."""
    return (*blocks, *chain.from_iterable(attachment.get("blocks", ()) for attachment in attachments))


def _elements(block: Json) -> Iterator[Json]:
    yield from block["elements"] if block["type"] in {"actions", "context_actions"} else ()
    yield from (block[name] for name in ("accessory", "element") if name in block)


def _options(element: Json) -> list[Json]:
    return [*element.get("options", ()), *(each for group in element.get("option_groups", ()) for each in group["options"])]


def _option(element: Json, value: str) -> Json:
    options = _options(element)
    for option in options:
        if option["value"] == value:
            return option
    raise Refused("no_such_option", value=value, options=[option["value"] for option in options])
