r"""What products write in their messages' text: marked-up words, lists of labels, tags, words for "it is over".

>>> plain("*<https://sentry.example/issues/7|nil map in `Cart`>* :fire:")
'nil map in Cart'
>>> listed("Labels:\n - alertname = SlowRequests\n • *service:* `checkout`")
{'alertname': 'SlowRequests', 'service': 'checkout'}
>>> tags("Tags: env:prod, service:checkout (see https://example.com)")
{'env': 'prod', 'service': 'checkout'}
"""

from __future__ import annotations

import re
from collections.abc import Iterable

LINK = re.compile(r"<(?P<url>(?:https?|mailto):[^|<>]*)(?:\|(?P<label>[^<>]*))?>")
BOLD = re.compile(r"(?<![\w*])\*(?P<bold>[^*\n]+)\*(?![\w*])")
CODE_OR_EMOJI = re.compile(r"`(?P<code>[^`\n]*)`|(?<![\w:]):[a-z][a-z0-9_+-]*:(?![\w:])")
LISTED = re.compile(
    r"^[^\S\n]*[-•*][^\S\n]+[*`]*(?P<name>[A-Za-z_][\w.]*)(?:[*`]*:[*`]*|[*`]*\s+=)[^\S\n]*`?(?P<value>[^`\n]+?)`?[^\S\n]*$",
    re.MULTILINE,
)
TAG = re.compile(r"(?<![\w.:/-])(?P<name>[a-z][\w.-]*):(?P<value>[A-Za-z0-9][\w./-]*)")
OVER = re.compile(r"\b(?:resolved|recovered|ok again|back to normal)\b", re.IGNORECASE)
NUMBERS = re.compile(r"\d+")


def plain(text: str) -> str:
    """Return text without Slack's marks: links by their label, bold and code as they read, no emoji codes."""
    unlinked = LINK.sub(lambda match: match["label"] or match["url"], text)
    return CODE_OR_EMOJI.sub(lambda match: match["code"] or "", BOLD.sub(r"\g<bold>", unlinked)).strip()


def listed(text: str) -> dict[str, str]:
    """Return the `- name = value` lines. A name with several values says nothing certain about the alert and is left out."""
    return _certain((match["name"], match["value"].strip()) for match in LISTED.finditer(text))


def tags(text: str) -> dict[str, str]:
    """Return the `name:value` tags, those with several values left out."""
    return _certain((match["name"], match["value"].rstrip(".")) for match in TAG.finditer(text))


def key(title: str) -> str:
    """Return what stays the same of a title from notification to notification: no numbers, no words for "over".

    >>> key("[Recovered] [cart] took 7 s"), key("[cart] took 12 s")
    ('cart] took # s', 'cart] took # s')
    """
    folded = NUMBERS.sub("#", OVER.sub("", title)).casefold()
    return " ".join(folded.split()).strip(" :-[]()")


def _certain(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    values: dict[str, set[str]] = {}
    for name, value in pairs:
        values.setdefault(name, set()).add(value)
    return {name: found.pop() for name, found in values.items() if len(found) == 1}
