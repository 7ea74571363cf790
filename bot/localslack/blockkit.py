"""Block Kit as tables: every block and element this stand-in knows, with its limits.

Source: Slack's Block Kit reference and the limits in the types of its SDKs. A type that is not here is refused, so an app
learns at once that the stand-in does not know it.
"""

from __future__ import annotations

from bot.localslack.richtext import RICH_TEXT
from bot.localslack.schema import Anything, ByType, Chars, Flag, Many, Object, Record, Spec, Whole, record

ID = Chars(255)
URL = Chars(3000)


def plain(most: int) -> ByType:
    """A `plain_text` object of at most `most` characters."""
    return ByType({"plain_text": record("text", text=Chars(most), emoji=Flag())})


def words(most: int) -> ByType:
    """A `plain_text` or `mrkdwn` object of at most `most` characters."""
    return ByType({"plain_text": plain(most).kinds["plain_text"], "mrkdwn": record("text", text=Chars(most), verbatim=Flag())})


CONFIRM = record(
    "title text confirm deny",
    title=plain(100),
    text=words(300),
    confirm=plain(30),
    deny=plain(30),
    style=Chars(9, one_of=("primary", "danger")),
)
OPTION = record("text value", text=words(75), value=Chars(150), description=words(75), url=URL)
OPTION_GROUP = record("label options", label=plain(75), options=Many(OPTION, 100))
# What an app answers to a menu that asks it for options.
OFFERED = record(options=Many(OPTION, 100, least=0), option_groups=Many(OPTION_GROUP, 100, least=0))
SLACK_FILE = record(id=Chars(255), url=URL)
IMAGE = record("alt_text", image_url=URL, slack_file=SLACK_FILE, alt_text=Chars(2000))
DISPATCH = record(trigger_actions_on=Many(Chars(30, one_of=("on_enter_pressed", "on_character_entered")), 2))

_FOCUS: dict[str, Spec] = {"action_id": ID, "focus_on_load": Flag()}
_CHOICE: dict[str, Spec] = {**_FOCUS, "placeholder": plain(150), "confirm": CONFIRM}
_OPTIONS: dict[str, Spec] = {"options": Many(OPTION, 100), "option_groups": Many(OPTION_GROUP, 100)}
_MANY: dict[str, Spec] = {"max_selected_items": Whole(1, 100)}
_IDS = Many(Chars(255), 100)

BUTTON = record(
    "text",
    text=plain(75),
    action_id=ID,
    value=Chars(2000),
    url=URL,
    style=Chars(7, one_of=("primary", "danger")),
    confirm=CONFIRM,
    accessibility_label=Chars(75),
)
SELECTS: dict[str, Record] = {
    "static_select": record(**_CHOICE, **_OPTIONS, initial_option=OPTION),
    "multi_static_select": record(**_CHOICE, **_OPTIONS, **_MANY, initial_options=Many(OPTION, 100)),
    "external_select": record(**_CHOICE, min_query_length=Whole(0, 255), initial_option=OPTION),
    "multi_external_select": record(**_CHOICE, **_MANY, min_query_length=Whole(0, 255), initial_options=Many(OPTION, 100)),
    "users_select": record(**_CHOICE, initial_user=Chars(255)),
    "multi_users_select": record(**_CHOICE, **_MANY, initial_users=_IDS),
    "channels_select": record(**_CHOICE, initial_channel=Chars(255), response_url_enabled=Flag()),
    "conversations_select": record(
        **_CHOICE,
        initial_conversation=Chars(255),
        default_to_current_conversation=Flag(),
        response_url_enabled=Flag(),
        filter=Anything(),
    ),
}
PICKERS: dict[str, Record] = {
    "datepicker": record(**_CHOICE, initial_date=Chars(10)),
    "timepicker": record(**_CHOICE, initial_time=Chars(5), timezone=Chars(255)),
    "datetimepicker": record(**_FOCUS, confirm=CONFIRM, initial_date_time=Whole(0, 9_999_999_999)),
    "checkboxes": record("options", **_FOCUS, confirm=CONFIRM, options=Many(OPTION, 10), initial_options=Many(OPTION, 10)),
    "radio_buttons": record("options", **_FOCUS, confirm=CONFIRM, options=Many(OPTION, 10), initial_option=OPTION),
}
_ADDRESS = record(**_FOCUS, placeholder=plain(150), initial_value=Chars(3000), dispatch_action_config=DISPATCH)
INPUTS: dict[str, Record] = {
    "email_text_input": _ADDRESS,
    "url_text_input": _ADDRESS,
    **SELECTS,
    **PICKERS,
    "plain_text_input": record(
        **_FOCUS,
        placeholder=plain(150),
        initial_value=Chars(3000, least=0),
        multiline=Flag(),
        min_length=Whole(0, 3000),
        max_length=Whole(1, 3000),
        dispatch_action_config=DISPATCH,
    ),
    "number_input": record(
        "is_decimal_allowed",
        **_FOCUS,
        is_decimal_allowed=Flag(),
        placeholder=plain(150),
        initial_value=Chars(255),
        min_value=Chars(255),
        max_value=Chars(255),
        dispatch_action_config=DISPATCH,
    ),
}
ACTIONS: dict[str, Record] = {
    **SELECTS,
    **PICKERS,
    "button": BUTTON,
    "overflow": record("options", action_id=ID, options=Many(OPTION, 5), confirm=CONFIRM),
}

_VOTE = record("text value", text=plain(75), value=Chars(2000), accessibility_label=Chars(75))
_FEEDBACK: dict[str, Record] = {
    "feedback_buttons": record("positive_button negative_button", action_id=ID, positive_button=_VOTE, negative_button=_VOTE),
    "icon_button": record(
        "icon text",
        icon=Chars(255),
        text=plain(75),
        action_id=ID,
        value=Chars(2000),
        confirm=CONFIRM,
        accessibility_label=Chars(75),
        visible_to_user_ids=_IDS,
    ),
}
_CELL = ByType({"raw_text": record("text", text=Chars(3000)), "rich_text": RICH_TEXT})
BLOCKS: dict[str, Record] = {
    "section": record(
        block_id=ID, text=words(3000), fields=Many(words(2000), 10), accessory=ByType({**ACTIONS, "image": IMAGE}), expand=Flag()
    ),
    "header": record("text", block_id=ID, text=plain(150)),
    "context": record("elements", block_id=ID, elements=Many(ByType({**words(3000).kinds, "image": IMAGE}), 10)),
    "actions": record("elements", block_id=ID, elements=Many(ByType(ACTIONS), 25)),
    "divider": record(block_id=ID),
    "image": record("alt_text", block_id=ID, image_url=URL, slack_file=SLACK_FILE, alt_text=Chars(2000), title=plain(2000)),
    "markdown": record("text", block_id=ID, text=Chars(12_000)),
    "input": record(
        "label element",
        block_id=ID,
        label=plain(2000),
        element=ByType(INPUTS),
        hint=plain(2000),
        optional=Flag(),
        dispatch_action=Flag(),
    ),
    "context_actions": record("elements", block_id=ID, elements=Many(ByType(_FEEDBACK), 5)),
    "table": record(
        "rows",
        block_id=ID,
        rows=Many(Many(_CELL, 20), 100),
        column_settings=Many(record(align=Chars(6, one_of=("left", "center", "right")), is_wrapped=Flag()), 20),
    ),
    "rich_text": RICH_TEXT,
}
IN_MESSAGES = ByType(BLOCKS)
IN_VIEWS = ByType({name: spec for name, spec in BLOCKS.items() if name not in {"markdown", "table", "context_actions"}})

MESSAGE_BLOCKS = Many(IN_MESSAGES, 50, least=0)
_VIEW: dict[str, Spec] = {
    "blocks": Many(IN_VIEWS, 100, least=0),
    "private_metadata": Chars(3000, least=0),
    "callback_id": Chars(255, least=0),
    "external_id": Chars(255, least=0),
}
VIEWS = ByType(
    {
        "modal": record(
            "title blocks",
            **_VIEW,
            title=plain(24),
            submit=plain(24),
            close=plain(24),
            clear_on_close=Flag(),
            notify_on_close=Flag(),
            submit_disabled=Flag(),
        ),
        "home": record("blocks", **_VIEW),
    }
)

_LONG = Chars(40_000, least=0)
ATTACHMENT = record(
    color=Chars(32, least=0),
    fallback=_LONG,
    pretext=_LONG,
    author_name=_LONG,
    author_link=_LONG,
    author_icon=_LONG,
    title=_LONG,
    title_link=_LONG,
    text=_LONG,
    fields=Many(record(title=_LONG, value=_LONG, short=Flag()), 100, least=0),
    footer=Chars(300, least=0),
    footer_icon=_LONG,
    image_url=_LONG,
    thumb_url=_LONG,
    ts=Anything(),
    mrkdwn_in=Many(Chars(32), 10, least=0),
    callback_id=_LONG,
    attachment_type=_LONG,
    actions=Many(Anything(), 5, least=0),
    blocks=MESSAGE_BLOCKS,
    id=Anything(),
)
ATTACHMENTS = Many(ATTACHMENT, 100, least=0)
METADATA = record("event_type event_payload", event_type=Chars(255), event_payload=Object(), entities=Anything())
