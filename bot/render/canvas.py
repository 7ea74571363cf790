"""What flame graphs and charts share: colours, Pillow's built-in font, cutting a label to its room, and the PNG itself.

They are looked at in a Slack thread, which shows them about half as wide as they are: letters are twice as large as they look.
"""

from __future__ import annotations

import io
from functools import cache

from PIL import Image, ImageDraw, ImageFont

from bot.render.prose import one_line

WIDTH = 900
MARGIN = 16
INK = "#1f2430"
FAINT_INK = "#6b7280"
PAPER = "#ffffff"
GRID = "#e5e7eb"
ACCENT = "#c2410c"
SERIES = ("#c2410c", "#1d4ed8", "#047857", "#7c3aed", "#b45309", "#be185d")
COLOURS = 64
TITLE = 30
TEXT = 22
"""Sizes of letters, in pixels."""


@cache
def font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """Return Pillow's built-in font, which needs nothing installed."""
    return ImageFont.load_default(size)


def canvas(height: int, title: str, subtitle: str = "") -> tuple[Image.Image, ImageDraw.ImageDraw]:
    """Return a sheet with its title drawn, and the pen for it."""
    image = Image.new("RGB", (WIDTH, height), PAPER)
    draw = ImageDraw.Draw(image)
    write(draw, (MARGIN, 12), title, size=TITLE, room=WIDTH - 2 * MARGIN)
    write(draw, (MARGIN, 54), subtitle, size=TEXT, colour=FAINT_INK, room=WIDTH - 2 * MARGIN)
    return image, draw


def write(draw: ImageDraw.ImageDraw, at: tuple[float, float], text: str, *, size: int, room: float, colour: str = INK) -> None:
    """Write one line of outside text from its top left corner, cut to the room there is."""
    if shown := fitting(draw, one_line(text), size, room):
        draw.text(at, shown, fill=colour, font=font(size))


def fitting(draw: ImageDraw.ImageDraw, text: str, size: int, room: float) -> str:
    """Return the text, or its start with `…`, or nothing when not even three letters have room."""
    shown = text[:400]
    if draw.textlength(shown, font=font(size)) <= room:
        return shown
    low, high = 0, len(shown)
    while low < high:
        middle = (low + high + 1) // 2
        if draw.textlength(f"{shown[:middle]}…", font=font(size)) <= room:
            low = middle
        else:
            high = middle - 1
    return f"{shown[:low]}…" if low >= 3 else ""  # noqa: PLR2004 - fewer letters tell nothing


def png(image: Image.Image) -> bytes:
    """Return the picture as a small PNG: flat colours need no more than a palette."""
    stream = io.BytesIO()
    image.quantize(COLOURS).save(stream, "PNG", optimize=True)
    return stream.getvalue()
