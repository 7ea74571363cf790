"""Whose code a frame is, and which frame of a stack is to blame.

Frames go in; out comes the first frame, innermost first, of the service's own code, else of a dependency.

>>> code = Ownership(("example.com/shop",))
>>> stack = (Frame("sync.(*Mutex).Lock"), Frame("example.com/shop/cart.(*Cart).Add", "/src/cart/cart.go", 30), Frame("main.main"))
>>> code.culprit(stack)
Frame(function='example.com/shop/cart.(*Cart).Add', file='/src/cart/cart.go', line=30)

How the main module is found when nobody names it (`infer_own_modules`): package `main` is always own code. Dependencies stand in
files with `@version` or under `vendor/`, the standard library by the first element of its import path. The packages that remain
vote, one vote per stack and one more for the package a stack begins in, and the module with most votes wins. A build with
`-trimpath` shows the import path of package `main` in its file names, and a `go_build_info` metric names the module: both are
taken before any vote.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache

from bot.model.goroutines import Frame

_STANDARD_LIBRARY = (
    "archive arena bufio builtin bytes cmd cmp compress container context crypto database debug embed encoding errors "
    "expvar flag fmt go hash html image index internal io iter log maps math mime net os path plugin reflect regexp runtime "
    "simd slices sort strconv strings structs sync syscall testing text time unicode unique unsafe uuid vendor weak"
)
"""First elements of the import paths of Go's own packages, as of Go 1.27 (the directories of GOROOT/src)."""

STANDARD_LIBRARY = frozenset(_STANDARD_LIBRARY.split())

_THREE_ELEMENT_HOSTS = frozenset({"github.com", "gitlab.com", "bitbucket.org", "codeberg.org", "gitea.com", "golang.org"})
_UPPER_CASE = re.compile(r"!([a-z])")


class Owner(IntEnum):
    """Whose code a frame is; the lower, the more it interests the people who run the service."""

    OWN = 0
    DEPENDENCY = 1
    STANDARD = 2
    RUNTIME = 3


@dataclass(frozen=True, slots=True)
class Place:
    """A culprit frame as the tables show it. `module_version` is None for code that carries none."""

    function: str
    file: str
    line: int
    package: str
    own_code: bool
    module: str
    module_version: str | None


@dataclass(frozen=True, slots=True)
class Ownership:
    """Knows own code by its import paths: package `main` and everything under `own_modules`."""

    own_modules: tuple[str, ...] = ()

    def owner(self, frame: Frame) -> Owner:
        """Say whose code a frame is."""
        package = package_of(frame.function)
        if package in {"", "runtime"} or package.startswith(("runtime/internal/", "internal/runtime/")):
            return Owner.RUNTIME
        if "._Cfunc_" in frame.function:  # cgo's own wrapper of a C function, which nobody wrote
            return Owner.RUNTIME
        if self._own_module(package) is not None:
            return Owner.OWN
        return Owner.STANDARD if is_standard(package) else Owner.DEPENDENCY

    def culprit(self, stack: Iterable[Frame], created_by: Frame | None = None) -> Frame | None:
        """Return the frame to blame: own code in the stack, own code that started it, then a dependency; None without either."""
        dependency = None
        for frame in (*stack, *([created_by] if created_by else [])):
            owner = self.owner(frame)
            if owner is Owner.OWN:
                return frame
            if owner is Owner.DEPENDENCY and dependency is None:
                dependency = frame
        return dependency

    def waiting_place(self, stack: tuple[Frame, ...], created_by: Frame | None = None) -> Place:
        """Return the place of a goroutine: its culprit, or its outermost function when only Go's own code is in it.

        The outermost one says what such a goroutine is for (`net/http.(*persistConn).readLoop`), the innermost that it waits.
        """
        frame = self.culprit(stack, created_by)
        if frame is None:
            standard = [frame for frame in stack if self.owner(frame) is Owner.STANDARD]
            frame = (standard or list(stack) or [created_by or Frame("")])[-1]
        return self.place(frame)

    def place(self, frame: Frame) -> Place:
        """Return what the tables say of a frame."""
        package = package_of(frame.function)
        module, version = self._module(frame, package)
        return Place(
            function=frame.function,
            file=_shown_file(frame.file, package),
            line=frame.line,
            package=package,
            own_code=self.owner(frame) is Owner.OWN,
            module=module,
            module_version=version,
        )

    def _own_module(self, package: str) -> str | None:
        if package == "main":
            return self.own_modules[0] if self.own_modules else "main"
        return next((own for own in self.own_modules if package == own or package.startswith(f"{own}/")), None)

    def _module(self, frame: Frame, package: str) -> tuple[str, str | None]:
        own = self._own_module(package)
        if own is not None:
            return own, None
        if not package or is_standard(package):
            return "std", None
        return module_in_file(frame.file, package) or (module_guess(package), None)


@lru_cache(maxsize=65_536)  # evidence repeats few names many times
def package_of(function: str) -> str:
    """Return the import path of a function's package; empty for C functions and Go's built-in `panic`.

    >>> package_of("example.com/shop/v2.(*Pool[...]).fetch.func1"), package_of("gopkg.in/yaml%2ev3.Marshal"), package_of("panic")
    ('example.com/shop/v2', 'gopkg.in/yaml.v3', '')
    """
    path_end = min((index for mark in "([" if (index := function.find(mark)) >= 0), default=len(function))
    dot = function.find(".", function.rfind("/", 0, path_end) + 1)
    return function[:dot].replace("%2e", ".") if dot > 0 else ""


def is_standard(package: str) -> bool:
    """Return whether an import path is one of Go's own packages."""
    return package.partition("/")[0] in STANDARD_LIBRARY


def module_guess(package: str) -> str:
    """Return the module a package probably belongs to: host and owner and repository, as far as the host uses them.

    >>> module_guess("github.com/acme/shop/cart"), module_guess("example.com/shop/cart"), module_guess("shop/cart")
    ('github.com/acme/shop', 'example.com/shop', 'shop')
    """
    elements = package.split("/")
    if "." not in elements[0]:
        return elements[0]
    return "/".join(elements[: 3 if elements[0] in _THREE_ELEMENT_HOSTS else 2])


def module_in_file(file: str, package: str) -> tuple[str, str | None] | None:
    """Return (module, version) when the file's path says that it is a dependency.

    >>> module_in_file("/go/pkg/mod/github.com/!acme/kit@v1.4.2/log/log.go", "github.com/Acme/kit/log")
    ('github.com/Acme/kit', 'v1.4.2')
    >>> module_in_file("/src/cart/cart.go", "example.com/shop/cart") is None
    True
    """
    root, at, rest = file.replace("\\", "/").partition("@")
    if at:
        path = _UPPER_CASE.sub(lambda found: found[1].upper(), root)
        elements = package.split("/")
        prefixes = ("/".join(elements[:length]) for length in range(len(elements), 0, -1))
        module = next((prefix for prefix in prefixes if path.endswith(prefix)), path.rpartition("/pkg/mod/")[2])
        return module, rest.partition("/")[0]
    return (module_guess(package), None) if f"/vendor/{package}/" in f"/{root}" else None


def infer_own_modules(stacks: Iterable[tuple[Frame, ...]], build_path: str = "") -> tuple[str, ...]:
    """Return the main module as (one) prefix of import paths, empty when nothing but package `main` is seen.

    Args:
        stacks: stacks of any evidence of the service, innermost first.
        build_path: module path from a `go_build_info` metric, empty when there is none.
    """
    if build_path:
        return (build_path,)
    votes: Counter[str] = Counter()
    for stack in stacks:
        guesses = [module for frame in stack if (module := _candidate(frame))]
        votes.update(set(guesses))
        votes.update(guesses[-1:])
        trimmed = next((main for frame in stack if (main := _trimmed_main(frame))), "")
        if trimmed:
            return (trimmed,)
    return (max(sorted(votes), key=lambda module: votes[module]),) if votes else ()


def _candidate(frame: Frame) -> str:
    """Module of a frame that may be own code; empty for main, Go's own packages and marked dependencies."""
    package = package_of(frame.function)
    if package in {"", "main"} or is_standard(package) or module_in_file(frame.file, package):
        return ""
    return module_guess(package)


def _trimmed_main(frame: Frame) -> str:
    """Module of package `main` where `-trimpath` put its import path in front of the file's name."""
    if package_of(frame.function) != "main" or "/" not in frame.file or "@" in frame.file:
        return ""
    host = frame.file.partition("/")[0]
    return module_guess(frame.file.rpartition("/")[0]) if "." in host.strip(".") else ""


def _shown_file(file: str, package: str) -> str:
    """Path without the build machine's GOROOT or module cache: `net/http/server.go`, `github.com/acme/kit@v1.4.2/log.go`."""
    cached = file.rpartition("/pkg/mod/")[2]
    if cached != file:
        return cached
    start = file.rfind(f"/{package}/")
    return file[start + 1 :] if start >= 0 and is_standard(package) else file
