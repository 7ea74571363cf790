r"""Outside text → Slack's mrkdwn, so that a crash log can neither ping a channel nor draw a link.

Only `&`, `<` and `>` are escaped: that is all Slack decodes
(https://docs.slack.dev/messaging/formatting-message-text/). Emphasis has no escape, so words with `*`, `_` or `~` in them,
and emoji codes, are shown as code, which also suits them: most are Go names.

    >>> escape("<!channel> a && b")
    '&lt;!channel&gt; a &amp;&amp; b'
    >>> inline("stuck in shop.(*Pool).fetch, see <https://evil.example|here>")
    'stuck in `shop.(*Pool).fetch`, see &lt;https://evil.example|here&gt;'
"""

from __future__ import annotations

import re
from datetime import datetime

from bot.render.phrases import utc, utc_text
from bot.render.prose import one_line, printable, spans

LONGEST = 3_000
# An id has a digit in it, which tells it from a name in capitals.
_PERSON = re.compile(r"[UW](?=[A-Z]*\d)[A-Z0-9]{2,}", re.ASCII)
_GROUP = re.compile(r"S(?=[A-Z]*\d)[A-Z0-9]{2,}", re.ASCII)
_MARKS = re.compile(r"[*_~]|:[a-z0-9_+-]*[a-z][a-z0-9_+-]*:")


def escape(text: str) -> str:
    """Return printable text with `&`, `<` and `>` escaped; line ends stay."""
    return printable(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def inline(text: str) -> str:
    """Return outside text as one line of mrkdwn: words that Slack would read as markup stand in code."""
    return words(_bounded(one_line(text)))


def words(text: str) -> str:
    """Return text as mrkdwn with its white space as it is: what `inline` does to a piece of a sentence."""
    return "".join(code(span.text) if span.code else escape(span.text) for span in spans(text, _MARKS))


def code(text: str) -> str:
    """Return outside text as inline code; backticks in it become apostrophes."""
    shown = escape(_bounded(one_line(text))).replace("`", "'")
    return f"`{shown}`" if shown else ""


def label(text: str) -> str:
    """Return outside text as the label of a link, where Slack reads no markup: backticks in it become apostrophes."""
    return escape(_bounded(one_line(text))).replace("`", "'")


def fence_line(line: str) -> str:
    """Return one line of outside text as it may stand in a code fence: three backticks in it become apostrophes."""
    return escape(_bounded(line)).replace("```", "'''")


def _bounded(text: str) -> str:
    """Return text no longer than any block can hold, so that a log line of megabytes costs nothing."""
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def link(url: str, label: str) -> str:
    """Return a link with a label that is mrkdwn already; only the label when the address is not one of the web."""
    address = printable(url).strip()
    if not re.fullmatch(r"(?:https?://|mailto:)[^\s<>|`]+", address):
        return label
    return f"<{address.replace('&', '&amp;')}|{label}>"


def mention(member: str) -> str:
    """Return what names a person or a user group by id, so that Slack tells them; another name is only text.

    >>> mention("U0LEAD1"), mention("S0ONCALL"), mention("maya"), mention("@oncall-shop")
    ('<@U0LEAD1>', '<!subteam^S0ONCALL>', 'maya', '@oncall-shop')
    """
    if _GROUP.fullmatch(member):
        return f"<!subteam^{member}>"
    return f"<@{member}>" if _PERSON.fullmatch(member) else inline(member)


def date(when: datetime) -> str:
    """Return a moment in the reader's own zone, with UTC beside it."""
    moment = utc(when)
    local = f"<!date^{int(moment.timestamp())}^{{date_short_pretty}} {{time}}|{utc_text(moment)}>"
    return f"{local} ({moment:%H:%M} UTC)"
