"""Write notes into INC-1 of the store at argument 1 while no file may become larger than argument 2 says, in bytes.

Prints each note's text once it is committed, and at last the sentence with which the store refused.
"""

from __future__ import annotations

import resource
import sys
from datetime import UTC, datetime
from pathlib import Path

from bot.errors import StoreError
from bot.incidents.store import Store


def main(data: Path, limit: int) -> None:
    with Store(data) as store:
        # A disk that is full, for this process alone: writing beyond the limit fails, and SIGXFSZ is ignored by Python.
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
        for number in range(10_000):
            text = f"note {number} "
            try:
                store.incidents.add_note(1, text * 300, actor="U1", now=datetime.now(UTC))
            except StoreError as error:
                sys.stdout.write(f"{error}\n")
                return
            sys.stdout.write(text + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
