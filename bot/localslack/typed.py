"""Text as it leaves Slack's client: escaped, with mentions of known people, groups and channels as ids in angle brackets.

In: what somebody typed, and who and what exists. Out: the text as it stands in a message.

>>> names = {"users": {"maya": "U0MAYA"}, "groups": {"oncall": "S0ONCALL"}, "channels": {"alerts": "C0ALERTS"}}
>>> typed("@maya: 1 < 2 & see #alerts, not @nobody, but @oncall", **names)
'<@U0MAYA>: 1 &lt; 2 &amp; see <#C0ALERTS>, not @nobody, but <!subteam^S0ONCALL>'
"""

from __future__ import annotations

import re
from collections.abc import Mapping

# `@name` as typed, or `<@U0MAYA>` as a script may write it, after escaping.
_MENTION = re.compile(r"(?<![\w&])(?P<sigil>[@#])(?P<name>\w(?:[\w.-]*\w)?)|&lt;(?P<marked>[@#])(?P<id>\w+)&gt;")


def escape(text: str) -> str:
    """The three characters that have a meaning in Slack's text."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def typed(text: str, *, users: Mapping[str, str], channels: Mapping[str, str], groups: Mapping[str, str] | None = None) -> str:
    """Escape, and turn mentions of known names (`users`, `channels` and user `groups`: name to id) into ids."""

    def mention(found: re.Match[str]) -> str:
        sigil = found["sigil"] or found["marked"]
        names = users if sigil == "@" else channels
        name = (found["name"] or "").lower()
        target = found["id"] if found["id"] in names.values() else names.get(name)
        group = (groups or {}).get(name) if sigil == "@" else None
        return f"<{sigil}{target}>" if target else f"<!subteam^{group}>" if group else found[0]

    return _MENTION.sub(mention, escape(text))


def with_labels(text: str, *, users: Mapping[str, str], channels: Mapping[str, str], groups: Mapping[str, str]) -> str:
    """The same with names beside the ids, as commands with `should_escape` get it.

    >>> with_labels("lead @maya, page @oncall", users={"maya": "U0MAYA"}, channels={}, groups={"oncall": "S0ONCALL"})
    'lead <@U0MAYA|maya>, page <!subteam^S0ONCALL|@oncall>'
    """
    names = {target: name for name, target in (*users.items(), *channels.items())}
    names |= {target: f"@{name}" for name, target in groups.items()}
    marked = typed(text, users=users, channels=channels, groups=groups)
    return re.sub(r"<([@#]|!subteam\^)(\w+)>", lambda found: f"<{found[1]}{found[2]}|{names[found[2]]}>", marked)
