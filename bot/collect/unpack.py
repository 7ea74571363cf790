"""Logs as they lie on disks: a compressed stream, or text of two bytes a letter, enters, UTF-8 goes to a `Spool`; bounded."""

from __future__ import annotations

import bz2
import codecs
import gzip
import lzma
import re
import zlib
from typing import BinaryIO, Final

from bot.collect.spool import Spool
from bot.errors import CollectError

_PIECE_BYTES: Final = 1 << 20
MAGIC_BYTES: Final = 10
_GZIP: Final = b"\x1f\x8b"
_XZ: Final = b"\xfd7zXZ\x00"
_ZSTD: Final = b"\x28\xb5\x2f\xfd"
_PACKED = re.compile(rb"\x1f\x8b|BZh[1-9]1AY&SY|\xfd7zXZ\x00|\x28\xb5\x2f\xfd")
"""The first bytes of gzip, bzip2 (of its first block too, for they are letters), xz and zstd."""

_LETTERS_LOOKED_AT: Final = 128
_MARKS: Final = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}


def is_packed(head: bytes) -> bool:
    """Tell whether these are the first bytes of a compressed stream."""
    return _PACKED.match(head) is not None


def unpack_into(spool: Spool, stream: BinaryIO, *, max_bytes: int) -> bool:
    """Decompress into the spool until it holds `max_bytes`; return whether something is missing at the end.

    A stream that is cut off or damaged later on gives what stands before that.

    Raises:
        CollectError: nothing at all could be decompressed, or only another program can do it.
    """
    with _opened(stream) as unpacked:
        while True:
            try:
                piece = unpacked.read1(min(_PIECE_BYTES, max_bytes - spool.size) or 1)
            except (EOFError, OSError, lzma.LZMAError, zlib.error) as error:
                if not spool.size:
                    raise CollectError("the compressed data is damaged; copy the file again") from error
                return True
            if not piece or spool.size >= max_bytes:
                return bool(piece)
            spool.write(piece)


def _opened(stream: BinaryIO) -> gzip.GzipFile | bz2.BZ2File | lzma.LZMAFile:
    magic = stream.read(MAGIC_BYTES)
    stream.seek(-len(magic), 1)
    if magic.startswith(_ZSTD):
        raise CollectError("it is compressed with zstd, which is not read here; unpack it with `zstd -d` and give the result")
    if magic.startswith(_GZIP):
        return gzip.GzipFile(fileobj=stream)
    return lzma.LZMAFile(stream) if magic.startswith(_XZ) else bz2.BZ2File(stream)


def wide_encoding(head: bytes) -> str | None:
    """Return which UTF-16 a text begins in: it has a mark, or every other byte is zero; None for another encoding."""
    if marked := _MARKS.get(head[:2]):
        return marked
    even, odd = head[0 : 2 * _LETTERS_LOOKED_AT : 2], head[1 : 2 * _LETTERS_LOOKED_AT : 2]
    if len(odd) > 1 and all(even) and not any(odd):
        return "utf-16-le"
    return "utf-16-be" if len(odd) > 1 and all(odd) and not any(even) else None


def decode_into(spool: Spool, stream: BinaryIO, *, encoding: str) -> None:
    """Write a text to the spool as UTF-8; what is no letter becomes U+FFFD."""
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    while piece := stream.read(_PIECE_BYTES):
        spool.write(decoder.decode(piece).removeprefix("\ufeff").encode())
    spool.write(decoder.decode(b"", final=True).encode())
