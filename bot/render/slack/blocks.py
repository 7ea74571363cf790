"""Small constructors of Block Kit blocks, and `message`, `modal` and `home`, which put them together within the budget."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bot.model.message import Action, Block, Choice, SlackFile, SlackMessage, View
from bot.render.prose import one_line
from bot.render.slack.budget import (
    MAX_CONFIRM,
    MAX_CONTEXT,
    MAX_LABEL,
    MAX_OPTIONS,
    MAX_SECTION,
    MAX_TITLE,
    clip,
    clip_plain,
    fitting,
    fitting_view,
    joined,
    sentence,
)

IN_THREAD = "in the thread"
IN_FILE = "in the attached file"
NOTHING = "-"  # Slack refuses a whole message for one empty text


def section(mrkdwn: str) -> Block:
    """Return a paragraph of mrkdwn; one with a fence in it must be within a section's limit."""
    return {"type": "section", "text": _mrkdwn(clip(mrkdwn, MAX_SECTION))}


def listing(title: str, lines: Sequence[str], *, rest: str, limit: int = MAX_SECTION) -> tuple[Block, ...]:
    """Return a bold title with lines of mrkdwn under it, as one section; nothing when there are no lines."""
    if not lines:
        return ()
    head = f"*{title}*"
    return ({"type": "section", "text": _mrkdwn(f"{head}\n{joined(lines, limit - len(head) - 1, rest=rest)}")},)


def context(mrkdwn: str) -> Block:
    """Return a line of small print."""
    return {"type": "context", "elements": [_mrkdwn(clip(mrkdwn, MAX_CONTEXT))]}


def buttons(actions: Sequence[Action]) -> tuple[Block, ...]:
    """Return a row of buttons and menus; nothing when there are no actions."""
    elements = [_menu(action) if action.choices else _button(action) for action in actions]
    return ({"type": "actions", "elements": elements},) if elements else ()


def options(choices: Sequence[Choice]) -> list[dict[str, Any]]:
    """Return the entries of a menu, as many as one holds."""
    return [{"text": plain(choice.label, MAX_LABEL), "value": choice.value} for choice in choices[:MAX_OPTIONS]]


def plain(text: str, limit: int) -> dict[str, Any]:
    """Return a text object that Slack shows as it is, in one line."""
    return {"type": "plain_text", "text": clip_plain(one_line(text), limit) or NOTHING}


def message(
    text: str,
    body: Sequence[Block],
    *,
    tail: Sequence[Block] = (),
    whole: SlackFile | None = None,
    cut: bool = False,
    rest: str = f"parts {IN_THREAD}",
) -> SlackMessage:
    """Return a message within Slack's limits.

    Args:
        text: the sentence for notifications and screen readers, from outside or not: it is escaped here.
        body: blocks, most important first; those that do not fit are left out, and the message says so.
        tail: blocks that always stay, at the end.
        whole: a file with everything, attached when something was left out.
        cut: something was left out already, while the blocks were made.
        rest: the name of what is left out, and where to find it when there is no file.
    """
    count = fitting(body, tail)
    dropped = len(body) - count
    note = [context(f"… {dropped:,} more {f'parts {IN_FILE}' if whole else rest}")] if dropped else []
    files = (whole,) if whole and (dropped or cut) else ()
    return SlackMessage(sentence(text), (*body[:count], *note, *tail), files)


def modal(callback_id: str, title: str, body: Sequence[Block], *, submit: str = "", metadata: str = "") -> View:
    """Return a modal within Slack's limits; without `submit` it can only be closed.

    `metadata` must be within `MAX_METADATA`: cut, it could not be read back.
    """
    view: View = {
        "type": "modal",
        "callback_id": callback_id,
        "title": plain(title, MAX_TITLE),
        "close": plain("Cancel" if submit else "Close", MAX_TITLE),
        "private_metadata": metadata,
        "blocks": _view_blocks(body),
    }
    return view | ({"submit": plain(submit, MAX_TITLE)} if submit else {})


def home(body: Sequence[Block]) -> View:
    """Return a Home tab within Slack's limits; the blocks that do not fit are left out, and it says so."""
    return {"type": "home", "blocks": _view_blocks(body)}


def _view_blocks(body: Sequence[Block]) -> list[Block]:
    count = fitting_view(body)
    dropped = len(body) - count
    return [*body[:count], *([context(f"… {dropped:,} more parts do not fit here")] if dropped else [])]


def _mrkdwn(text: str) -> dict[str, Any]:
    """Return a text object; `verbatim` keeps Slack from making links of bare words such as `#general` or `pool.go`."""
    return {"type": "mrkdwn", "text": text if text.strip() else NOTHING, "verbatim": True}


def _menu(action: Action) -> dict[str, Any]:
    return {"type": "overflow", "action_id": action.action_id, "options": options(action.choices)}


def _button(action: Action) -> dict[str, Any]:
    button = {"type": "button", "action_id": action.action_id, "text": plain(action.label, MAX_LABEL), "value": action.value}
    if action.style:
        button["style"] = action.style
    if action.confirm:
        button["confirm"] = {
            "title": plain("Are you sure?", MAX_LABEL),
            "text": plain(action.confirm, MAX_CONFIRM),
            "confirm": plain("Yes", MAX_LABEL),
            "deny": plain("No", MAX_LABEL),
        }
    return button
