"""`digest`: stands in for a value that must not be kept, and still tells whether it changed."""

from __future__ import annotations

import hashlib
import re

_DIGEST = re.compile(r"sha256:[0-9a-f]{8}")


def digest(value: str) -> str:
    """Return the first 8 hexadecimal digits of a value's SHA-256; a digest stays as it is.

    >>> digest("eu-west"), digest(digest("eu-west")) == digest("eu-west")
    ('sha256:50121d09', True)
    """
    return value if _DIGEST.fullmatch(value) else f"sha256:{hashlib.sha256(value.encode()).hexdigest()[:8]}"
