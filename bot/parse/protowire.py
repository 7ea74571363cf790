r"""Protobuf on the wire, without a schema: the bytes of a message enter, its numbered fields leave.

As https://protobuf.dev/programming-guides/encoding describes it. Field 1 holds 150, field 2 a string:

>>> list(fields(b"\x08\x96\x01\x12\x02hi"))
[(1, 150, b''), (2, 0, b'hi')]
>>> integers(b"\x01\x96\x01")
(1, 150)
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.errors import ParseError

CUT_OFF = "the profile is cut off or damaged; take it again"
CONTINUES = 0x80
"""The bit of a byte that says that the integer goes on."""
VARINT = re.compile(rb"[\x80-\xff]*[\x00-\x7f]")
_MAX_BITS = 70
_MAX_UINT64 = (1 << 64) - 1
_FIXED_BYTES = {1: 8, 5: 4}


def fields(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Yield each field as (number, integer, bytes), one of the two being 0 or empty; fixed-width numbers are passed over.

    Most integers here have one byte: those are read in place, as this loop is where the time goes.

    Raises:
        ParseError: the bytes end within a field, or are no protobuf.
    """
    position, end = 0, len(data)
    try:
        while position < end:
            key = data[position]
            position += 1
            if key >= CONTINUES:
                key, position = _varint(data, position - 1)
            if not key & 5:  # wire types 0 and 2: an integer, or the length of what follows
                value = data[position]
                position += 1
                if value >= CONTINUES:
                    value, position = _varint(data, position - 1)
                if key & 2:
                    start, position = position, position + value
                    if position > end:
                        raise ParseError(CUT_OFF)
                    yield key >> 3, 0, data[start:position]
                else:
                    yield key >> 3, value, b""
            elif key & 7 in _FIXED_BYTES:
                position += _FIXED_BYTES[key & 7]
            else:
                raise ParseError("not a pprof profile: its fields cannot be told apart; take it again")
    except IndexError as error:
        raise ParseError(CUT_OFF) from error


def field_integers(data: bytes) -> dict[int, int]:
    """Return the integer fields of a message by number; the last one wins, and strings count as 0."""
    return {number: integer for number, integer, _ in fields(data)}


def integers(packed: bytes) -> tuple[int, ...]:
    """Decode packed signed integers.

    Raises:
        ParseError: the bytes end within an integer.
    """
    values = []
    value = shift = 0
    for byte in packed:
        if byte < CONTINUES:
            values.append(signed((value | byte << shift) & _MAX_UINT64))
            value = shift = 0
        elif shift >= _MAX_BITS:
            raise ParseError(CUT_OFF)
        else:
            value |= (byte & 0x7F) << shift
            shift += 7
    if shift:
        raise ParseError(CUT_OFF)
    return tuple(values)


def encoded(value: int) -> bytes:
    """Encode one unsigned integer the shortest way, which is the way everyone writes it."""
    out = bytearray()
    while value >= CONTINUES:
        out.append(value & 0x7F | CONTINUES)
        value >>= 7
    out.append(value)
    return bytes(out)


def signed(value: int) -> int:
    """Read an unsigned 64-bit integer as two's complement."""
    return value - (1 << 64) if value >> 63 else value


def _varint(data: bytes, position: int) -> tuple[int, int]:
    """Decode the integer at `position`: its value modulo 2**64, and the position behind it."""
    value = shift = 0
    while True:
        byte = data[position]
        position += 1
        if byte < CONTINUES:
            return (value | byte << shift) & _MAX_UINT64, position
        value |= (byte & 0x7F) << shift
        shift += 7
        if shift >= _MAX_BITS:
            raise ParseError("not a pprof profile: a number of more than 64 bits; take it again")
