"""Compressed logs: a gzip stream enters, its text goes to a `Spool`; bounded."""

from __future__ import annotations

import gzip
import zlib
from typing import BinaryIO

from bot.collect.spool import Spool
from bot.errors import CollectError

GZIP_MAGIC = b"\x1f\x8b"
_PIECE_BYTES = 1 << 20


def gunzip_into(spool: Spool, stream: BinaryIO, *, max_bytes: int) -> bool:
    """Decompress into the spool until it holds `max_bytes`; return whether something is missing at the end.

    A stream that is cut off or damaged later on gives what stands before that.

    Raises:
        CollectError: nothing at all could be decompressed.
    """
    try:
        with gzip.GzipFile(fileobj=stream) as unzipped:
            while spool.size < max_bytes:
                piece = unzipped.read(min(_PIECE_BYTES, max_bytes - spool.size))
                if not piece:
                    return False
                spool.write(piece)
            return bool(unzipped.read(1))
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        if not spool.size:
            raise CollectError("the gzip data is damaged; copy the file again") from error
        return True
