"""`rich_text` blocks as tables: sections, lists, quotes and fences, and the elements that stand in them.

Source: Slack's reference of the rich text block. Used by `blockkit.py`.
"""

from __future__ import annotations

from bot.localslack.schema import ByType, Chars, Flag, Many, Record, Spec, Whole, record

_STYLE = record(
    bold=Flag(),
    italic=Flag(),
    strike=Flag(),
    code=Flag(),
    underline=Flag(),
    highlight=Flag(),
    client_highlight=Flag(),
    unlink=Flag(),
)
_TEXT = record("text", text=Chars(12_000), style=_STYLE)
_LINK = record("url", url=Chars(3000), text=Chars(12_000), unsafe=Flag(), style=_STYLE)
_INLINE = ByType(
    {
        "text": _TEXT,
        "link": _LINK,
        "emoji": record("name", name=Chars(255), unicode=Chars(255), skin_tone=Whole(1, 6), style=_STYLE),
        "user": record("user_id", user_id=Chars(255), style=_STYLE),
        "usergroup": record("usergroup_id", usergroup_id=Chars(255), style=_STYLE),
        "channel": record("channel_id", channel_id=Chars(255), style=_STYLE),
        "team": record("team_id", team_id=Chars(255), style=_STYLE),
        "broadcast": record("range", range=Chars(8, one_of=("here", "channel", "everyone"))),
        "color": record("value", value=Chars(32)),
        "date": record(
            "timestamp format",
            timestamp=Whole(0, 9_999_999_999),
            format=Chars(255),
            url=Chars(3000),
            fallback=Chars(255),
            style=_STYLE,
        ),
    }
)
_BORDER: dict[str, Spec] = {"border": Whole(0, 1)}
_SECTION = record("elements", elements=Many(_INLINE, 1000, least=0))
_PARTS: dict[str, Record] = {
    "rich_text_section": _SECTION,
    "rich_text_list": record(
        "elements style",
        elements=Many(ByType({"rich_text_section": _SECTION}), 1000),
        style=Chars(7, one_of=("bullet", "ordered")),
        indent=Whole(0, 8),
        offset=Whole(0, 10_000),
        **_BORDER,
    ),
    "rich_text_preformatted": record(
        "elements", elements=Many(ByType({"text": _TEXT, "link": _LINK}), 1000), language=Chars(64), **_BORDER
    ),
    "rich_text_quote": record("elements", elements=Many(_INLINE, 1000), **_BORDER),
}
RICH_TEXT = record("elements", block_id=Chars(255), elements=Many(ByType(_PARTS), 1000, least=0))
