"""Lengths of time and sizes of memory, as people write them and as they read them.

What configuration files and commands say becomes plain numbers: seconds and bytes. Sizes are decimal (`MB` = 1,000,000 bytes)
unless the unit has an `i` (`MiB` = 1,048,576 bytes).

    >>> parse_duration("1h30m"), parse_size("256MB")
    (5400.0, 256000000)
    >>> format_duration(5400), format_size(412_345_678), format_ratio(0.853)
    ('1 h 30 min', '412 MB', '85 %')
"""

from __future__ import annotations

import re
from typing import NewType

from bot.errors import UsageError

Duration = NewType("Duration", float)
"""Seconds; written `60s`, `30m`, `28d` in a YAML file."""

ByteSize = NewType("ByteSize", int)
"""Bytes; written `256MB`, `5GB`, `512MiB` in a YAML file."""

_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}
_BYTES = {"B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40}
_DURATION_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|[smhdw])", re.ASCII)
_SIZE = re.compile(r"(\d+(?:\.\d+)?) ?([KMGT]?i?B)", re.ASCII)
_LONG_UNITS = (("d", 86400), ("h", 3600), ("min", 60), ("s", 1))


def parse_duration(text: str) -> Duration:
    """Read `60s`, `1h30m`, `28d`, `250ms` or `0` as seconds.

    Raises:
        UsageError: the text is none of these.
    """
    parts = _DURATION_PART.findall(text)
    if text != "0" and (not parts or "".join(number + unit for number, unit in parts) != text):
        raise UsageError(f"write a length of time such as 250ms, 60s, 30m, 12h or 28d, not `{text}`")
    return Duration(sum(float(number) * _SECONDS[unit] for number, unit in parts))


def parse_size(text: str) -> ByteSize:
    """Read `256MB`, `5GB`, `512MiB` or `0` as bytes.

    Raises:
        UsageError: the text is none of these.
    """
    found = _SIZE.fullmatch(text)
    if text != "0" and (not found or found[2] not in _BYTES):
        raise UsageError(f"write a size such as 500KB, 256MB or 5GB, not `{text}`")
    return ByteSize(round(float(found[1]) * _BYTES[found[2]]) if found else 0)


def format_duration(seconds: float) -> str:
    """Write seconds with at most two units: `0 ms`, `250 ms`, `1.5 s`, `45 s`, `12 min`, `3 h 5 min`, `2 d 4 h`.

    >>> [format_duration(seconds) for seconds in (0.25, 1.5, 60, 11100, -90)]
    ['250 ms', '1.5 s', '1 min', '3 h 5 min', '-1 min 30 s']
    """
    sign, length = ("-", -seconds) if seconds < 0 else ("", seconds)
    if round(length * 1000) < 1000:  # noqa: PLR2004  # one second
        return f"{sign}{round(length * 1000)} ms"
    if round(length, 1) < 10:  # noqa: PLR2004  # below ten seconds a tenth still tells
        return f"{sign}{round(length, 1):g} s"
    parts: list[tuple[int, str]] = []
    rest = round(length)
    for unit, size in _LONG_UNITS:
        amount, rest = divmod(rest, size)
        if amount or parts:
            parts.append((amount, unit))
    return sign + " ".join(f"{amount} {unit}" for amount, unit in parts[:2] if amount)


def format_size(size: float) -> str:
    """Write bytes in decimal units: `512 B`, `41 KB`, `1.5 GB`.

    >>> [format_size(size) for size in (999, 1500, 999_999, -41_231)]
    ['999 B', '1.5 KB', '1 MB', '-41 KB']
    """
    sign, amount = ("-", -size) if size < 0 else ("", size)
    for unit in ("B", "KB", "MB", "GB"):
        if round(amount) < 1000:  # noqa: PLR2004  # the next unit begins
            return f"{sign}{_two_digits(amount)} {unit}"
        amount /= 1000
    return f"{sign}{_two_digits(amount)} TB"


def format_ratio(ratio: float) -> str:
    """Write a ratio as percent: `85 %`, `2.5 %`, `0 %`."""
    return f"{_two_digits(ratio * 100)} %"


def _two_digits(amount: float) -> str:
    """Write a number with one decimal below ten, and none above."""
    return f"{round(amount, 1):g}" if abs(amount) < 10 else str(round(amount))  # noqa: PLR2004  # two digits tell enough
