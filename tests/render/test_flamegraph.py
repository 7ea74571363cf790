from __future__ import annotations

import io
import random

from PIL import Image

from bot.model.goroutines import Frame, GoroutineGroup
from bot.model.profiles import Profile, ProfileSample
from bot.render.canvas import MARGIN, PAPER, WIDTH
from bot.render.flamegraph import DEEPEST, ROW, TOP, Stack, flame_graph, goroutine_stacks, profile_stacks, short

STACKS: list[Stack] = [
    (("runtime.gopark", "example.com/shop.(*Pool).fetch"), 300),
    (("net.read", "net/http.serve"), 100),
]


def picture(png: bytes) -> Image.Image:
    assert png.startswith(b"\x89PNG")
    return Image.open(io.BytesIO(png)).convert("RGB")


def drawn_width(image: Image.Image, row: int) -> int:
    """How many pixels of a row of boxes are painted, beneath the labels."""
    y = TOP + row * ROW + 1
    paper = tuple(int(PAPER[start : start + 2], 16) for start in (1, 3, 5))
    return sum(image.getpixel((x, y)) != paper for x in range(WIDTH))


def test_width_is_weight_and_depth_is_the_stack() -> None:
    image = picture(flame_graph(STACKS, title="Goroutines", unit="goroutines").png)
    assert image.size == (WIDTH, TOP + 2 * ROW + MARGIN)
    whole = WIDTH - 2 * MARGIN
    assert abs(drawn_width(image, 0) - whole) <= 6
    left = picture(flame_graph([*STACKS[:1], (("net/http.serve",), 100)], title="x", unit="goroutines").png)
    assert abs(drawn_width(left, 1) - whole * 3 // 4) <= 6


def test_the_widest_call_stands_left_whatever_the_order() -> None:
    assert flame_graph(STACKS, title="x", unit="bytes").png == flame_graph(STACKS[::-1], title="x", unit="bytes").png


def test_alt_text_tells_the_finding() -> None:
    shown = flame_graph(STACKS, title="Goroutines of checkout", unit="goroutines").alt_text
    assert shown == (
        "Flame graph: Goroutines of checkout. 300 goroutines of 400 goroutines (75%) stand in runtime.gopark, "
        "called from shop.(*Pool).fetch."
    )
    assert (
        "412 MB of 412 MB (100%) stand in cache.Put."
        in flame_graph([(("cache.Put",), 412_000_000)], title="Heap", unit="bytes").alt_text
    )


def test_nothing_to_show_is_said() -> None:
    shown = flame_graph([(("a",), 0), ((), 5)], title="Goroutines", unit="goroutines")
    assert shown.alt_text == "Flame graph: Goroutines. Nothing to show."
    assert picture(shown.png).height == TOP + ROW + MARGIN


def test_a_large_and_deep_program_stays_small() -> None:
    rng = random.Random(7)  # noqa: S311 - a picture
    stacks = [
        (tuple(f"example.com/a/b.(*T{rng.randrange(3)}).method{level}" for level in range(60, 0, -1)), rng.randrange(1, 900))
        for _ in range(2_000)
    ]
    shown = flame_graph(stacks, title="x" * 5_000, unit="goroutines")
    assert len(shown.png) < 300_000
    assert picture(shown.png).height == TOP + DEEPEST * ROW + MARGIN


def test_stacks_deeper_than_python_recurses() -> None:
    assert flame_graph([(tuple(f"f{level}" for level in range(5_000)), 3)], title="x", unit="goroutines").png


def test_names_that_no_font_has() -> None:
    assert flame_graph([(("\ud800\x1b[31m<b>", "日本語.関数", "😀"), 3)], title="\x00", unit="goroutines").png


def test_goroutine_groups_show_their_state_innermost() -> None:
    groups = [
        GoroutineGroup(state="chan send", stack=(Frame("a.f"), Frame("a.g")), count=4),
        GoroutineGroup(state="", stack=(Frame("b"),), count=1),
    ]
    assert list(goroutine_stacks(groups)) == [(("[chan send]", "a.f", "a.g"), 4), (("b",), 1)]


def test_profile_stacks_carry_the_value_asked_for() -> None:
    profile = Profile(
        value_types=(("alloc_space", "bytes"), ("inuse_space", "bytes")), samples=(ProfileSample((Frame("a"),), (9, 5)),)
    )
    assert list(profile_stacks(profile, "inuse_space")) == [(("a",), 5)]
    assert list(profile_stacks(profile, "contentions")) == []


def test_short_names() -> None:
    assert short("example.com/shop/cart.(*Store).Add") == "cart.(*Store).Add"
    assert short("[IO wait]") == "[IO wait]"
