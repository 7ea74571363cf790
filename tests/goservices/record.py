"""Run as a program: `python tests/goservices/record.py FAILURE DIR`; what it does is in `tests/support/recorder.py`."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "support"))
import recorder

if __name__ == "__main__":
    recorder.main()
