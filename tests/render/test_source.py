from __future__ import annotations

import pytest

from bot.model.diagnosis import Culprit
from bot.render.source import source_link

TEMPLATE = "https://git.example.com/shop/blob/{revision}/{path}#L{line}"
MODULES = ["example.com/shop"]


@pytest.mark.parametrize(
    ("function", "file", "path"),
    [
        ("example.com/shop.(*Pool).fetch", "/src/shop/pool.go", "pool.go"),
        ("example.com/shop/cart.(*Store).Add.func1", "/build/cart/store.go", "cart/store.go"),
        ("example.com/shop/internal/a.b.C", "C:\\build\\internal\\a.b\\c.go", "internal/a/c.go"),
        ("main.main", "example.com/shop/cmd/checkout/main.go", "cmd/checkout/main.go"),
        ("example.com/shop/a b.F", "/x/a b/f.go", "a%20b/f.go"),
    ],
)
def test_link_points_to_the_line(function: str, file: str, path: str) -> None:
    link = source_link(Culprit(function, file, 88), template=TEMPLATE, revision="9f3e", modules=MODULES)
    assert link == f"https://git.example.com/shop/blob/9f3e/{path}#L88"


@pytest.mark.parametrize(
    ("function", "file", "line", "revision", "template"),
    [
        ("main.main", "/src/cmd/main.go", 3, "9f3e", TEMPLATE),
        ("github.com/lib/pq.Open", "/go/pkg/mod/pq.go", 3, "9f3e", TEMPLATE),
        ("example.com/shopping.F", "/src/f.go", 3, "9f3e", TEMPLATE),
        ("example.com/shop.F", "/src/f.go", 0, "9f3e", TEMPLATE),
        ("example.com/shop.F", "/src/f.go", 3, "", TEMPLATE),
        ("example.com/shop.F", "/src/f.go", 3, "9f3e", ""),
    ],
)
def test_no_link_is_better_than_a_wrong_one(function: str, file: str, line: int, revision: str, template: str) -> None:
    assert source_link(Culprit(function, file, line), template=template, revision=revision, modules=MODULES) == ""
