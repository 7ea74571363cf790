"""All words of a Slack message, wherever the sender put them: text, attachments, blocks.

Monitoring products often leave `text` empty and put everything into attachments:

>>> words({"text": "", "attachments": [{"title": "[FIRING:1] HighErrorRate (checkout)", "fallback": "HighErrorRate"}]})
('[FIRING:1] HighErrorRate (checkout)',)
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from bot.alerts.moments import from_seconds
from bot.alerts.wording import plain

Message = Mapping[str, Any]
# A field of a block has its name in bold on the first line, or before a colon: `*Service*\ncheckout`, `*Source:* prod`.
NAMED = re.compile(r"^\*(?P<name>[^*\n]{1,80}?):?\*:?\s*(?P<value>\S.*)", re.DOTALL)


def words(message: Message) -> tuple[str, ...]:
    """Return the texts of a message in reading order, entities decoded, empty ones and repeats left out.

    An attachment's `fallback` is read only when the attachment says nothing else: products cut it short.
    """
    found: list[str] = []
    for text in _texts(message):
        clean = html.unescape(text).strip()
        if clean and clean not in found:
            found.append(clean)
    return tuple(found)


def fields(message: Message) -> dict[str, str]:
    """Return what a product says about an alert by name: the titled fields of attachments, and the fields of blocks.

    >>> fields({"attachments": [{"fields": [{"title": "Service", "value": "<https://pd.example/s|checkout>"}]}]})
    {'Service': 'checkout'}
    >>> fields({"blocks": [{"type": "section", "fields": [{"type": "mrkdwn", "text": "*Source:* prod"}]}]})
    {'Source': 'prod'}
    """
    found = {
        plain(_text(item["title"])).rstrip(":"): plain(html.unescape(_text(item.get("value"))))
        for attachment in _items(message, "attachments")
        for item in _items(attachment, "fields")
        if item.get("title")
    }
    for block in blocks(message):
        for text in (_text(block.get("text")), *map(_text, _items(block, "fields"))):
            if match := NAMED.match(html.unescape(text)):
                found[match["name"]] = plain(match["value"])
    return found


def blocks(message: Message) -> Iterator[Message]:
    """Return the blocks of a message and of its attachments."""
    yield from _items(message, "blocks")
    for attachment in _items(message, "attachments"):
        yield from _items(attachment, "blocks")


def attachments(message: Message, name: str) -> tuple[str, ...]:
    """Return what the attachments say under a name such as `title`, `color`, `footer`; those that say nothing left out."""
    texts = (html.unescape(_text(item.get(name))).strip() for item in _items(message, "attachments"))
    return tuple(text for text in texts if text)


def sent_by(message: Message, name: str, site: str) -> bool:
    """Say whether a product sent it: its bot has the name, or something links to its site. Both in lower case."""
    profile = message.get("bot_profile")
    names = (message.get("username"), profile.get("name") if isinstance(profile, Mapping) else None)
    if any(name in _text(found).lower() for found in names):
        return True
    link = re.compile(rf"https?://[^\s/|>]*{re.escape(site)}(?![\w.-])", re.IGNORECASE)
    places = (*words(message), *attachments(message, "title_link"), *attachments(message, "author_link"))
    return any(link.search(place) for place in places)


def sent_at(message: Message) -> datetime | None:
    """Return the time that an attachment shows beside its footer (`ts`, seconds); None when none does."""
    return next((at for item in _items(message, "attachments") if (at := from_seconds(item.get("ts")))), None)


def _texts(message: Message) -> Iterator[str]:
    yield _text(message.get("text"))
    yield from _block_texts(_items(message, "blocks"))
    for attachment in _items(message, "attachments"):
        said = [*_attachment_texts(attachment)]
        yield from said if any(said) else [_text(attachment.get("fallback"))]


def _attachment_texts(attachment: Message) -> Iterator[str]:
    for key in ("pretext", "title", "text"):
        yield _text(attachment.get(key))
    for item in _items(attachment, "fields"):
        yield ": ".join(filter(None, (_text(item.get("title")), _text(item.get("value")))))
    yield from _block_texts(_items(attachment, "blocks"))


def _block_texts(blocks: Sequence[Message]) -> Iterator[str]:
    for block in blocks:
        yield _text(block.get("text"))
        for item in (*_items(block, "fields"), *_items(block, "elements")):
            # Inside rich text the elements nest; everywhere else one level holds the text.
            yield _text(item.get("text") or item)
            yield from _block_texts(_items(item, "elements"))


def _text(value: object) -> str:
    """Text of a string or of a text object; empty for everything else (buttons, images)."""
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping) and value.get("type") in ("mrkdwn", "plain_text", "text"):
        return _text(value.get("text"))
    return ""


def _items(owner: Message, key: str) -> Sequence[Message]:
    value = owner.get(key)
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []
