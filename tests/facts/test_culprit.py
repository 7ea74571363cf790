from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from snapshots import frames

from bot.facts.culprit import Owner, Ownership, infer_own_modules, module_in_file, package_of
from bot.model.goroutines import Frame

SHOP = Ownership(("example.com/shop",))


@pytest.mark.parametrize(
    ("function", "package"),
    [
        ("main.main.func1.2", "main"),
        ("example.com/shop.(*Pool).fetch", "example.com/shop"),
        ("slices.SortFunc[go.shape.struct { example.com/shop/cart.Line }]", "slices"),
        ("vendor/golang.org/x/net/http2.(*Framer).ReadFrame", "vendor/golang.org/x/net/http2"),
        ("gopkg.in/yaml%2ev3.(*parser).parse", "gopkg.in/yaml.v3"),
        ("panic", ""),
        ("abort", ""),
    ],
)
def test_package_of(function: str, package: str) -> None:
    assert package_of(function) == package


@pytest.mark.parametrize(
    ("function", "owner"),
    [
        ("main.run", Owner.OWN),
        ("example.com/shop/cart.Add", Owner.OWN),
        ("example.com/shopping.Add", Owner.DEPENDENCY),
        ("github.com/acme/kit.Log", Owner.DEPENDENCY),
        ("net/http.(*conn).serve", Owner.STANDARD),
        ("vendor/golang.org/x/net/http2/hpack.Encode", Owner.STANDARD),
        ("internal/sync.(*Mutex).lockSlow", Owner.STANDARD),
        ("runtime.gopark", Owner.RUNTIME),
        ("example.com/shop/imaging._Cfunc_scale", Owner.RUNTIME),
        ("internal/runtime/maps.fatal", Owner.RUNTIME),
        ("panic", Owner.RUNTIME),
    ],
)
def test_owner(function: str, owner: Owner) -> None:
    assert SHOP.owner(Frame(function)) is owner


def test_own_code_is_blamed_before_a_dependency_further_in() -> None:
    stack = frames("sync.(*Mutex).Lock", "github.com/acme/kit.Do", "example.com/shop/cart.Add cart.go:7", "main.main")
    assert SHOP.culprit(stack) == Frame("example.com/shop/cart.Add", "cart.go", 7)


def test_own_code_that_started_a_goroutine_is_blamed_before_the_dependency_it_runs_in() -> None:
    started = Frame("example.com/shop/feed.Start", "feed.go", 3)
    assert SHOP.culprit(frames("github.com/acme/kit.loop"), started) == started


def test_without_own_code_the_dependency_is_blamed_and_standard_library_never() -> None:
    stack = frames("io.ReadAll", "github.com/acme/kit.Do", "github.com/acme/web.Serve")
    assert SHOP.culprit(stack) == Frame("github.com/acme/kit.Do")
    assert SHOP.culprit(frames("io.ReadAll", "runtime.main")) is None


def test_waiting_place_of_standard_code_is_its_outermost_function() -> None:
    place = SHOP.waiting_place(frames("internal/poll.runtime_pollWait", "net/http.(*persistConn).readLoop", "runtime.goexit"))
    assert place.function == "net/http.(*persistConn).readLoop"
    assert (place.own_code, place.module) == (False, "std")


def test_waiting_place_of_an_empty_stack() -> None:
    assert SHOP.waiting_place(()).function == ""


@pytest.mark.parametrize(
    ("frame", "shown", "module", "version"),
    [
        (Frame("net/http.Get", "/usr/local/go/src/net/http/client.go", 1), "net/http/client.go", "std", None),
        (
            Frame("github.com/BurntSushi/toml.Parse", "/go/pkg/mod/github.com/!burnt!sushi/toml@v1.2.3/parse.go", 1),
            "github.com/!burnt!sushi/toml@v1.2.3/parse.go",
            "github.com/BurntSushi/toml",
            "v1.2.3",
        ),
        (Frame("github.com/acme/kit/log.Put", "github.com/acme/kit@v0.9.0/log/log.go", 1), "", "github.com/acme/kit", "v0.9.0"),
        (Frame("k8s.io/client-go/rest.Get", "/src/shop/vendor/k8s.io/client-go/rest/get.go", 1), "", "k8s.io/client-go", None),
        (Frame("example.com/shop/cart.Add", "/src/shop/cart/cart.go", 1), "/src/shop/cart/cart.go", "example.com/shop", None),
        (Frame("main.main", "/src/shop/main.go", 1), "/src/shop/main.go", "example.com/shop", None),
    ],
)
def test_place(frame: Frame, shown: str, module: str, version: str | None) -> None:
    place = SHOP.place(frame)
    assert (place.module, place.module_version) == (module, version)
    assert place.file == (shown or frame.file)


def test_module_cache_in_an_unusual_place_is_cut_by_the_package() -> None:
    assert module_in_file("/cache/m/example.org/kit/v2@v2.0.1/a/b.go", "example.org/kit/v2/a") == ("example.org/kit/v2", "v2.0.1")


@pytest.mark.parametrize(
    ("stacks", "own"),
    [
        ([], ()),
        ([frames("net/http.Get", "main.main /src/main.go:3")], ()),
        ([frames("main.main example.com/shop/cmd/shop/main.go:3")], ("example.com/shop",)),
        ([frames("main.main github.com/acme/shop/main.go:3")], ("github.com/acme/shop",)),
        (
            [frames("github.com/acme/kit.Do /go/pkg/mod/github.com/acme/kit@v1.0.0/a.go:1", "shop/cart.Add /src/cart.go:2")],
            ("shop",),
        ),
        (
            [
                frames(
                    "github.com/gorilla/mux.ServeHTTP /go/src/github.com/gorilla/mux/mux.go:1",
                    "example.com/shop/a.Do /src/a.go:1",
                ),
                frames("example.com/shop/b.Do /src/b.go:1"),
            ],
            ("example.com/shop",),
        ),
    ],
)
def test_infer_own_modules(stacks: list[tuple[Frame, ...]], own: tuple[str, ...]) -> None:
    assert infer_own_modules(stacks) == own


def test_build_information_goes_before_every_vote() -> None:
    assert infer_own_modules([frames("example.com/shop/a.Do /src/a.go:1")], "example.com/platform/shop") == (
        "example.com/platform/shop",
    )


@given(st.text(), st.text())
def test_any_name_has_an_owner_and_a_place(function: str, file: str) -> None:
    frame = Frame(function, file)
    assert SHOP.owner(frame) in Owner
    assert SHOP.place(frame).function == function
    assert len(infer_own_modules([(frame,)])) <= 1
