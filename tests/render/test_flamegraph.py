from __future__ import annotations

import io
import random

from PIL import Image

from bot.model.goroutines import Frame, GoroutineGroup
from bot.model.profiles import Profile, ProfileSample
from bot.render.canvas import ACCENT, MARGIN, PAPER, TEXT, WIDTH
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


def blamed(image: Image.Image, row: int) -> int:
    """How many pixels of a row of boxes have the culprit's colour, or one so near that the palette merged them."""
    y = TOP + row * ROW + 2
    accent = [int(ACCENT[start : start + 2], 16) for start in (1, 3, 5)]
    pixels = [image.getpixel((x, y)) for x in range(WIDTH)]
    return sum(all(abs(one - other) <= 8 for one, other in zip(pixel, accent, strict=True)) for pixel in pixels)  # type: ignore[arg-type]


def test_it_can_be_read_at_the_width_of_a_thread() -> None:
    thread = 480
    assert TEXT * thread / WIDTH >= 11
    assert ROW * thread / WIDTH >= 17


def test_the_culprit_has_its_own_colour_and_is_named_above() -> None:
    with_it = picture(flame_graph(STACKS, title="x", unit="goroutines", culprit="example.com/shop.(*Pool).fetch").png)
    without = picture(flame_graph(STACKS, title="x", unit="goroutines").png)
    whole = WIDTH - 2 * MARGIN
    assert abs(blamed(with_it, 0) - whole * 3 // 4) <= 6
    assert blamed(without, 0) == 0
    above = (0, 80, WIDTH, TOP)
    assert with_it.crop(above).tobytes() != without.crop(above).tobytes()


def test_calls_without_room_for_a_name_are_one_stretch_but_never_the_culprit() -> None:
    crowd: list[Stack] = [((f"leaf{number}", f"a.f{number}"), 1) for number in range(100)]
    stacks = [*crowd, (("a.leaf", "a.wide"), 900)]
    image = picture(flame_graph(stacks, title="x", unit="goroutines").png)
    assert len({image.getpixel((x, TOP + 2)) for x in range(WIDTH - 2 * MARGIN * 3, WIDTH - MARGIN - 4)}) == 1
    assert drawn_width(image, 1) < (WIDTH - 2 * MARGIN) * 92 // 100
    rare: Stack = (("a.rare", "a.caller"), 12)
    assert blamed(picture(flame_graph([*stacks, rare], title="x", unit="goroutines", culprit="a.rare").png), 1) >= 4
    assert blamed(picture(flame_graph([*stacks, rare], title="x", unit="goroutines").png), 1) == 0


def test_the_middle_of_a_deep_stack_is_left_out_and_the_culprit_is_not() -> None:
    deep: Stack = (("[select]", *(f"a.f{number}" for number in range(100))), 5)
    plain = picture(flame_graph([deep], title="x", unit="goroutines").png)
    assert plain.height == TOP + 7 * ROW + MARGIN
    image = picture(flame_graph([deep], title="x", unit="goroutines", culprit="a.f50").png)
    assert [row for row in range(9) if blamed(image, row)] == [3]


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
    assert picture(shown.png).height <= TOP + DEEPEST * ROW + MARGIN


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
