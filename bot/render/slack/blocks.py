"""Small constructors of Block Kit blocks, and `message`, which puts them together within the budget."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bot.model.message import Action, Block, SlackFile, SlackMessage
from bot.render.prose import one_line
from bot.render.slack.budget import MAX_CONFIRM, MAX_CONTEXT, MAX_LABEL, MAX_SECTION, clip, clip_plain, fitting, joined, sentence

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
    """Return a row of buttons; nothing when there are no actions."""
    return ({"type": "actions", "elements": [_button(action) for action in actions]},) if actions else ()


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


def _mrkdwn(text: str) -> dict[str, Any]:
    """Return a text object; `verbatim` keeps Slack from making links of bare words such as `#general` or `pool.go`."""
    return {"type": "mrkdwn", "text": text if text.strip() else NOTHING, "verbatim": True}


def _plain(text: str, limit: int) -> dict[str, Any]:
    return {"type": "plain_text", "text": clip_plain(one_line(text), limit) or NOTHING}


def _button(action: Action) -> dict[str, Any]:
    button = {"type": "button", "action_id": action.action_id, "text": _plain(action.label, MAX_LABEL), "value": action.value}
    if action.style:
        button["style"] = action.style
    if action.confirm:
        button["confirm"] = {
            "title": _plain("Are you sure?", MAX_LABEL),
            "text": _plain(action.confirm, MAX_CONFIRM),
            "confirm": _plain("Yes", MAX_LABEL),
            "deny": _plain("No", MAX_LABEL),
        }
    return button
