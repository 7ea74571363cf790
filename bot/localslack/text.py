"""A channel as readable plain text: what a terminal shows instead of the page.

In: the store and a channel. Out: lines: author, text and blocks, replies indented, buttons as `[Re-run]`, files as names.
No timestamps, so the same conversation reads the same every time.

>>> plain("*3* crashes &lt;now&gt; <https://example.com|here> :warning:", {})
'*3* crashes <now> here (https://example.com) ⚠️'
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from bot.localslack.checks import texts_in
from bot.localslack.nouns import Message
from bot.localslack.refusal import Json
from bot.localslack.state import Store

EMOJI = Path(__file__).parent / "page" / "emoji.json"
_MARK = re.compile(r"<(?P<sigil>[@#!]?)(?P<target>[^<>|]*)(?:\|(?P<label>[^<>]*))?>")


@functools.cache
def emoji() -> dict[str, str]:
    """Shortcode to character, for the common ones; the page reads the same file."""
    table: dict[str, str] = json.loads(EMOJI.read_text())
    return table


def plain(text: str, names: Mapping[str, str]) -> str:
    """Slack's text without its marks: mentions and channels by name, links spelled out, entities and emoji resolved."""

    def mark(found: re.Match[str]) -> str:
        sigil, target, label = found["sigil"], found["target"], found["label"]
        if sigil in {"@", "#"}:
            return sigil + (label or names.get(target, target))
        if target.startswith("subteam^"):
            return label or "@" + names.get(target.removeprefix("subteam^"), target)
        if sigil == "!":
            return label if target.startswith("date^") and label else "@" + target.partition("^")[0]
        return f"{label} ({target})" if label and label != target else target

    spelled = re.sub(r":([a-z0-9_+-]+):", lambda found: emoji().get(found[1], found[0]), _MARK.sub(mark, text))
    return spelled.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def channel_text(store: Store, channel: str) -> str:
    """The whole channel, oldest first; ephemeral messages say who sees them."""
    names = names_in(store)
    lines: list[str] = []
    for message in store.messages(channel):
        if message.is_reply and store.parent(message) is not None:
            continue
        lines += _message_lines(store, message, names)
        for reply in store.replies(message, with_ephemeral=True):
            lines += [f"    {line}".rstrip() for line in _message_lines(store, reply, names)]
    return "\n".join(lines)


def names_in(store: Store) -> dict[str, str]:
    """What ids are called: people, their groups, bot users and channels."""
    people = {person.id: person.name for person in store.people.values()}
    channels = {channel.id: channel.name for channel in store.channels.values()}
    groups = {group.id: group.handle for group in store.groups.values()}
    return people | groups | channels | {bot.user_id: bot.name for bot in store.bots.values() if bot.user_id}


def _message_lines(store: Store, message: Message, names: Mapping[str, str]) -> list[str]:
    author = message.username or (store.bots[message.bot].name if message.bot else store.people[message.user].name)
    who = f"{author} (only visible to {store.people[message.visible_to].name})" if message.visible_to else author
    if message.subtype == "command":
        return [f"{author}: {plain(message.text, names)}"]
    shown = [block for block in message.blocks if block["type"] != "rich_text"]
    body = [line for block in shown for line in _block_lines(block, names)] if shown else plain(message.text, names).splitlines()
    for attachment in message.attachments:
        body += [f"| {line}" for line in _attachment_lines(attachment, names)]
    body += [f"(file) {store.files[file].name}: {store.files[file].title or store.files[file].name}" for file in message.files]
    body += ["(edited)"] if message.edited and not message.bot else []
    body += ["(pinned)"] if message.pinned_by else []
    body += [" ".join(f"{plain(f':{name}:', {})} {len(users)}" for name, users in message.reactions)] if message.reactions else []
    if len(body) == 1:
        return [f"{who}: {body[0]}"]
    return [f"{who}:", *(f"  {line}".rstrip() for line in body)]


def _attachment_lines(attachment: Json, names: Mapping[str, str]) -> Iterator[str]:
    for key in ("pretext", "author_name", "title", "text"):
        yield from plain(str(attachment.get(key) or ""), names).splitlines()
    for field in attachment.get("fields", ()):
        yield f"{field.get('title', '')}: {plain(field.get('value', ''), names)}"
    for block in attachment.get("blocks", ()):
        yield from _block_lines(block, names)
    if not any(attachment.get(key) for key in ("pretext", "title", "text", "fields", "blocks")):
        yield plain(str(attachment.get("fallback", "")), names)
    if attachment.get("footer"):
        yield plain(str(attachment["footer"]), names)


def _block_lines(block: Json, names: Mapping[str, str]) -> list[str]:
    return _BLOCKS[block["type"]](block, names)


def _words(text: Json, names: Mapping[str, str]) -> str:
    return plain(text["text"], names) if text["type"] == "mrkdwn" else plain(text["text"], {})


def _section(block: Json, names: Mapping[str, str]) -> list[str]:
    lines = _words(block["text"], names).splitlines() if "text" in block else []
    lines += [_words(field, names).replace("\n", " ") for field in block.get("fields", ())]
    return lines + ([_element(block["accessory"])] if "accessory" in block else [])


def _header(block: Json, names: Mapping[str, str]) -> list[str]:
    title = _words(block["text"], names)
    return [title, "=" * len(title)]


def _context(block: Json, names: Mapping[str, str]) -> list[str]:
    parts = [f"(image) {each['alt_text']}" if each["type"] == "image" else _words(each, names) for each in block["elements"]]
    return " · ".join(parts).splitlines()


def _actions(block: Json, names: Mapping[str, str]) -> list[str]:
    del names
    return [" ".join(_element(element) for element in block["elements"])]


def _divider(block: Json, names: Mapping[str, str]) -> list[str]:
    del block, names
    return ["---"]


def _image(block: Json, names: Mapping[str, str]) -> list[str]:
    title = f"{_words(block['title'], names)}: " if "title" in block else ""
    return [f"(image) {title}{block['alt_text']}"]


def _markdown(block: Json, names: Mapping[str, str]) -> list[str]:
    del names
    text: str = block["text"]
    return text.splitlines()


def _input(block: Json, names: Mapping[str, str]) -> list[str]:
    return [f"{_words(block['label'], names)}: {_element(block['element'])}"]


def _table(block: Json, names: Mapping[str, str]) -> list[str]:
    return [" | ".join(plain(" ".join(texts_in(cell)), names) for cell in row) for row in block["rows"]]


def _element(element: Json) -> str:
    kind = element["type"]
    if kind == "feedback_buttons":
        return " ".join(f"[{element[name]['text']['text']}]" for name in ("positive_button", "negative_button"))
    if kind == "icon_button":
        return f"[{element['text']['text']}]"
    if kind == "button":
        return f"[{plain(element['text']['text'], {})}]"
    if kind == "image":
        return f"(image) {element['alt_text']}"
    options = ", ".join(plain(option["text"]["text"], {}) for option in element.get("options", ()))
    title = plain(element.get("placeholder", {}).get("text", "..."), {})
    return f"[{title}: {options}]" if options else f"[{title}]"


_BLOCKS: dict[str, Callable[[Json, Mapping[str, str]], list[str]]] = {
    "section": _section,
    "header": _header,
    "context": _context,
    "actions": _actions,
    "divider": _divider,
    "image": _image,
    "markdown": _markdown,
    "input": _input,
    "rich_text": _divider,
    "context_actions": _actions,
    "table": _table,
}
