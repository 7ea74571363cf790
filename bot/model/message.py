"""What is shown in Slack: `SlackMessage` with its `SlackFile`s and the `Action`s that become its buttons, and `View`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

Block = dict[str, Any]
"""One Block Kit block, as Slack's API takes it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SlackFile:
    """A file that is uploaded beside a message.

    Attributes:
        name: file name with its extension: `INC-7-proof.txt`.
        title: what people read above it.
        content: the bytes.
        alt_text: what an image shows, in a sentence; empty for text files.
    """

    name: str
    title: str
    content: bytes
    alt_text: str = ""


@dataclass(frozen=True, slots=True)
class SlackMessage:
    """One message, within Slack's limits, everything from outside escaped.

    Attributes:
        text: a full sentence: what notifications show and screen readers read.
        blocks: the layout; never more than 44 blocks and 12,000 characters in all.
        files: uploaded into the same thread, in order.
    """

    text: str
    blocks: tuple[Block, ...]
    files: tuple[SlackFile, ...] = ()


View = dict[str, Any]
"""A modal or a Home tab, as Slack's API takes it."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One entry of a menu: the words in it, and what choosing it hands back (at most 150 characters)."""

    label: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """A button, or the menu behind the buttons. Those who answer decide which ones a message carries.

    Attributes:
        action_id: what the click is routed by; unique within one message.
        label: the words on the button.
        value: what the click hands back (at most 2,000 characters).
        style: `primary`, `danger`, or empty for the plain look.
        confirm: the question asked before the click counts; empty asks nothing.
        choices: at most five entries; with them it is a menu (drawn as three dots), whose label is not shown.
    """

    action_id: str
    label: str
    value: str
    style: str = ""
    confirm: str = ""
    choices: tuple[Choice, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A picture: PNG bytes, its title, and what it shows in a sentence for those who cannot see it."""

    title: str
    alt_text: str
    png: bytes
