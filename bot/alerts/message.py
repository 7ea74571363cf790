"""All words of a Slack message, wherever the sender put them: text, attachments, blocks.

Monitoring products often leave `text` empty and put everything into attachments:

>>> words({"text": "", "attachments": [{"title": "[FIRING:1] HighErrorRate (checkout)", "fallback": "HighErrorRate"}]})
('[FIRING:1] HighErrorRate (checkout)',)
"""

from __future__ import annotations

import html
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Message = Mapping[str, Any]


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
    """Return the titled fields of all attachments: what a product says about an alert by name."""
    return {
        str(item["title"]): html.unescape(str(item.get("value", "")))
        for attachment in _items(message, "attachments")
        for item in _items(attachment, "fields")
        if item.get("title")
    }


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
        yield f"{_text(item.get('title'))}: {_text(item.get('value'))}"
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
    if isinstance(value, Mapping) and value.get("type") in {"mrkdwn", "plain_text", "text"}:
        return _text(value.get("text"))
    return ""


def _items(owner: Message, key: str) -> Sequence[Message]:
    value = owner.get(key)
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []
