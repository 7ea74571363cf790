"""Names of Go functions: one spelling for the same function over builds and Go versions, and a short one for people.

>>> normalise_function("example.com/shop/v2/pool.(*Pool[...]).fetch.func1.2")
'example.com/shop/pool.(*Pool).fetch.func'
>>> short_function("example.com/shop/v2/pool.(*Pool[...]).fetch.func1.2")
'pool.(*Pool[...]).fetch.func1.2'
"""

from __future__ import annotations

import re

_HTTP2 = re.compile(r"^net/http\.(\(\*)?http2(?=\w)")
_MAJOR_VERSION = re.compile(r"/v\d+(?=[/.])|(?:\.|%2e)v\d+(?=\.)")
_WRAPPER = re.compile(r"\.(?:gowrap|deferwrap)\d+|-fm\b|-range\d+")
_CLOSURE = re.compile(r"\.func\d+(?:\.\d+)*")
_INIT = re.compile(r"\.init\.\d+")


def normalise_function(function: str) -> str:
    """Return the name without what changes from build to build.

    Dropped: type arguments (`[...]`), numbers of closures and of `init` functions, the compiler's wrappers (`.gowrap1`,
    `.deferwrap1`, `-fm`, `-range1`) and major versions in import paths (`/v2`, gopkg.in's `.v3`). The HTTP/2 loops of net/http
    carry their name of Go 1.27 in every version.

        >>> normalise_function("net/http.(*http2serverConn).serve")
        'net/http/internal/http2.(*serverConn).serve'
        >>> normalise_function("main.start.func2.gowrap1")
        'main.start.func'
    """
    name = _without_type_arguments(function)
    name = _HTTP2.sub(lambda found: f"net/http/internal/http2.{found[1] or ''}", name)
    name = _MAJOR_VERSION.sub("", name)
    name = _WRAPPER.sub("", name)
    return _INIT.sub(".init", _CLOSURE.sub(".func", name))


def short_function(function: str) -> str:
    """Return the name with the last element of its import path only: `pool.(*Pool).fetch`."""
    path_ends = min((index for mark in "([" if (index := function.find(mark)) >= 0), default=len(function))
    return function[function.rfind("/", 0, path_ends) + 1 :]


def _without_type_arguments(name: str) -> str:
    """Drop everything between square brackets, nested ones too."""
    kept, depth = [], 0
    for character in name:
        depth += character == "["
        if depth == 0:
            kept.append(character)
        depth -= character == "]" and depth > 0
    return "".join(kept)
