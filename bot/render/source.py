"""Culprit → link to its line in the team's code browser."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePosixPath
from urllib.parse import quote

from bot.model.diagnosis import Culprit


def source_link(culprit: Culprit, *, template: str, revision: str, modules: Sequence[str]) -> str:
    """Return the address of the culprit's line, or an empty string when it cannot be known: no link is better than a wrong one.

    The path inside the repository comes from the function's package below its module (`example.com/shop/cart.Add` of module
    `example.com/shop` stands in `cart/`); for package main from a file name that begins with the module
    (`-trimpath` prints it so).

    Args:
        culprit: the frame.
        template: `https://git.example.com/shop/blob/{revision}/{path}#L{line}`; empty when none is configured.
        revision: the commit the service was built from; empty when unknown.
        modules: import paths of the service's own modules.
    """
    path = _path(culprit, modules)
    if not template or not path or not culprit.line or ("{revision}" in template and not revision):
        return ""
    filled = {"{revision}": quote(revision, safe=""), "{path}": quote(path), "{line}": str(culprit.line)}
    for name, value in filled.items():
        template = template.replace(name, value)
    return template


def _path(culprit: Culprit, modules: Sequence[str]) -> str:
    """Return the file's path inside the repository; empty when it cannot be told."""
    file = culprit.file.replace("\\", "/")
    directory, _, last = culprit.function.rpartition("/")
    package = f"{directory}/{last.partition('.')[0]}" if directory else last.partition(".")[0]
    for module in sorted(modules, key=len, reverse=True):
        if file.startswith(f"{module}/"):
            return file.removeprefix(f"{module}/")
        if package == module or package.startswith(f"{module}/"):
            return str(PurePosixPath(package.removeprefix(module).lstrip("/")) / PurePosixPath(file).name)
    return ""
