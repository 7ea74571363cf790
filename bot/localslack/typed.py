"""Text as it leaves Slack's client: escaped, with mentions of known people and channels as `<@U…>` and `<#C…>`.

In: what somebody typed, and who and what exists. Out: the text as it stands in a message.

>>> typed("@maya: 1 < 2 & see #alerts, not @nobody", users={"maya": "U0MAYA"}, channels={"alerts": "C0ALERTS"})
'<@U0MAYA>: 1 &lt; 2 &amp; see <#C0ALERTS>, not @nobody'
"""

from __future__ import annotations

import re
from collections.abc import Mapping

# `@name` as typed, or `<@U0MAYA>` as a script may write it, after escaping.
_MENTION = re.compile(r"(?<![\w&])(?P<sigil>[@#])(?P<name>\w(?:[\w.-]*\w)?)|&lt;(?P<marked>[@#])(?P<id>\w+)&gt;")


def escape(text: str) -> str:
    """The three characters that have a meaning in Slack's text."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def typed(text: str, *, users: Mapping[str, str], channels: Mapping[str, str]) -> str:
    """Escape, and turn mentions of known names (`users` and `channels`: name to id) into ids."""

    def mention(found: re.Match[str]) -> str:
        sigil = found["sigil"] or found["marked"]
        names = users if sigil == "@" else channels
        target = found["id"] if found["id"] in names.values() else names.get((found["name"] or "").lower())
        return f"<{sigil}{target}>" if target else found[0]

    return _MENTION.sub(mention, escape(text))


def with_labels(text: str, *, users: Mapping[str, str], channels: Mapping[str, str]) -> str:
    """The same with names beside the ids, as commands with `should_escape` get it.

    >>> with_labels("lead @maya", users={"maya": "U0MAYA"}, channels={})
    'lead <@U0MAYA|maya>'
    """
    names = {target: name for name, target in (*users.items(), *channels.items())}
    marked = typed(text, users=users, channels=channels)
    return re.sub(r"<([@#])(\w+)>", lambda found: f"<{found[1]}{found[2]}|{names[found[2]]}>", marked)
