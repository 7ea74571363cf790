r"""A log in blocks of whole lines: a stream enters, `Block`s leave, so that a log of any size is read in bounded memory.

>>> import io
>>> [(block.first, block.lines) for block in read_blocks(io.BytesIO(b"one\r\ntwo\n"))]
[(1, [b'one', b'two'])]
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO, Final

_BLOCK_BYTES: Final = 1 << 20
_MAX_LINE_BYTES: Final = 16 << 20


@dataclass(slots=True)
class Block:
    """Some consecutive lines of a log, line ends removed.

    Attributes:
        first: number of the first line, from 1.
        content: the lines with a line end between them.
    """

    first: int
    content: bytes
    lines: list[bytes] = field(init=False)

    def __post_init__(self) -> None:
        self.lines = self.content.split(b"\n")


def read_blocks(stream: BinaryIO) -> Iterator[Block]:
    """Read a stream to its end. CRLF becomes LF; a line longer than any real one (16 MiB) is cut into pieces."""
    rest = b""
    first = 1
    while data := stream.read(_BLOCK_BYTES):
        text = rest + data
        end = text.rfind(b"\n")
        if end < 0:
            if len(text) < _MAX_LINE_BYTES:
                rest = text
                continue
            end = len(text)
        rest = text[end + 1 :]
        block = Block(first, _plain_line_ends(text[:end]))
        first += len(block.lines)
        yield block
    if rest:
        yield Block(first, _plain_line_ends(rest))


def _plain_line_ends(text: bytes) -> bytes:
    return text.replace(b"\r\n", b"\n").removesuffix(b"\r") if b"\r" in text else text
