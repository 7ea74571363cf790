from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model.functions import normalise_function, short_function


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        ("main.main", "main.main"),
        ("main.run.func1", "main.run.func"),
        ("main.run.func12.3.1", "main.run.func"),
        ("main.run.func1.gowrap2", "main.run.func"),
        ("main.(*Server).Start.gowrap1", "main.(*Server).Start"),
        ("main.close.deferwrap1", "main.close"),
        ("example.com/shop.(*Pool).fetch-fm", "example.com/shop.(*Pool).fetch"),
        ("main.each-range1", "main.each"),
        ("main.each.func2-range1", "main.each.func"),
        ("main.gen[...]", "main.gen"),
        ("example.com/a.(*Cache[go.shape.map[string]int,go.shape.int]).Get", "example.com/a.(*Cache).Get"),
        ("iter.Pull[...].func1", "iter.Pull.func"),
        ("github.com/jackc/pgx/v5.(*Conn).Query", "github.com/jackc/pgx.(*Conn).Query"),
        ("github.com/jackc/pgx/v5/pgxpool.(*Pool).Acquire", "github.com/jackc/pgx/pgxpool.(*Pool).Acquire"),
        ("gopkg.in/yaml%2ev3.unmarshal", "gopkg.in/yaml.unmarshal"),
        ("main.init.0", "main.init"),
        ("main.init.0.func1", "main.init.func"),
        ("main.glob..func3", "main.glob..func"),
        ("net/http.(*http2serverConn).serve", "net/http/internal/http2.(*serverConn).serve"),
        ("net/http/internal/http2.(*serverConn).serve", "net/http/internal/http2.(*serverConn).serve"),
        ("net/http.http2ConfigureServer.func1", "net/http/internal/http2.ConfigureServer.func"),
        ("net/http.(*Server).Serve", "net/http.(*Server).Serve"),
        ("example.com/v2ray/core.Run", "example.com/v2ray/core.Run"),
        ("", ""),
    ],
)
def test_normalised(function: str, expected: str) -> None:
    assert normalise_function(function) == expected


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        ("main.main", "main.main"),
        ("example.com/shop/pool.(*Pool).fetch", "pool.(*Pool).fetch"),
        ("example.com/shop.Map[example.com/shop/item.Item]", "shop.Map[example.com/shop/item.Item]"),
        ("example.com/shop.(*Pool[example.com/x.T]).fetch", "shop.(*Pool[example.com/x.T]).fetch"),
    ],
)
def test_short(function: str, expected: str) -> None:
    assert short_function(function) == expected


@given(st.text(alphabet="abmv/.()*[]-func1230gowrap%2e", max_size=60))
def test_normalising_never_fails_nor_grows_beyond_the_renamed_package(function: str) -> None:
    assert len(normalise_function(function)) <= len(function) + len("/internal/http2.")
    assert function.endswith(short_function(function))
