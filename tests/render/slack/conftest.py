from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from slack_sdk.models.blocks import Block as SdkBlock

from bot.localslack.checks import check_message
from bot.model.message import SlackMessage

SPECIAL = re.compile(r"<(?!!date\^\d+\^\{date_short_pretty\} \{time\}\||https?://[^<>|\s]+\|)[^>]*>?")
RAW_AMPERSAND = re.compile(r"&(?!amp;|lt;|gt;)")
LIMITS = {"section": 3_000, "context": 2_000}


def texts(block: dict[str, Any]) -> Iterator[str]:
    """Every mrkdwn text of a block."""
    for element in [block.get("text"), *block.get("elements", [])]:
        if element and element["type"] == "mrkdwn":
            yield element["text"]


def check_mrkdwn(text: str, limit: int) -> None:
    assert 1 <= len(text) <= limit
    assert not SPECIAL.search(text), text
    assert not RAW_AMPERSAND.search(text), text
    pieces = text.split("```")
    assert len(pieces) % 2 == 1, f"a fence is open: {text}"
    for outside in pieces[::2]:
        for line in outside.split("\n"):
            assert line.count("`") % 2 == 0, f"code is open: {line}"


def check(message: SlackMessage) -> None:
    assert 1 <= len(message.blocks) <= 45
    assert len(json.dumps(message.blocks, ensure_ascii=False)) <= 12_000
    assert json.dumps(message.blocks, ensure_ascii=False).encode()
    assert 1 <= len(message.text) <= 4_000
    assert message.text.endswith((".", "!", "?", "…"))
    assert "\n" not in message.text
    assert not re.search("[<>]", message.text)
    for block in message.blocks:
        parsed = SdkBlock.parse(block)
        assert parsed is not None
        assert parsed.to_dict()
        for text in texts(block):
            check_mrkdwn(text, LIMITS[block["type"]])
        if block["type"] == "actions":
            identifiers = [element["action_id"] for element in block["elements"]]
            assert len(identifiers) == len(set(identifiers))
            labels = [*block["elements"], *(option for element in block["elements"] for option in element.get("options", ()))]
            assert all(1 <= len(label["text"]["text"]) <= 75 for label in labels if label.get("type") != "overflow")
    check_message(text=message.text, blocks=message.blocks)
    for file in message.files:
        assert file.name
        assert file.title
        assert file.content.decode() or file.alt_text


@pytest.fixture
def valid() -> Callable[[SlackMessage], SlackMessage]:
    """Check a message against Slack's limits and the rules for outside text, and hand it back."""

    def checked(message: SlackMessage) -> SlackMessage:
        check(message)
        return message

    return checked


@pytest.fixture
def as_text() -> Callable[[SlackMessage], str]:
    """Write a message for a golden file: its sentence, then every block behind its type."""

    def write(message: SlackMessage) -> str:
        lines = [f"TEXT {message.text}", ""]
        for block in message.blocks:
            if block["type"] == "actions":
                labels = (f"[{element['text']['text']}]" for element in block["elements"])
                lines.append(f"actions: {' '.join(labels)}")
            else:
                lines.append(f"{block['type']}: {' '.join(texts(block))}")
        lines += [f"file: {file.name} ({file.title})" for file in message.files]
        return "\n".join(lines) + "\n"

    return write
