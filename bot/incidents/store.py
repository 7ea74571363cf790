"""`Store`: everything the bot remembers, below one data directory: the database `gocrash.db` and the files in `evidence/`."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType
from typing import Self

from bot.errors import StoreError
from bot.incidents.activity import Activity
from bot.incidents.alerts import Alerts
from bot.incidents.answers import Answers
from bot.incidents.audit import Audit
from bot.incidents.baselines import Baselines
from bot.incidents.checks import Checks
from bot.incidents.connections import Connections
from bot.incidents.diagnoses import Diagnoses
from bot.incidents.duties import Duties
from bot.incidents.evidence import EvidenceFiles
from bot.incidents.feedback import FeedbackBook
from bot.incidents.incidents import Incidents
from bot.incidents.leases import RunningLease
from bot.incidents.links import Links
from bot.incidents.marks import Marks
from bot.incidents.memory import Memory
from bot.incidents.mutes import Mutes
from bot.incidents.numbers import Numbers
from bot.incidents.outbox import Outbox
from bot.incidents.queue import Queue
from bot.incidents.responders import Responders
from bot.incidents.retention import Retention
from bot.incidents.samples import Samples
from bot.incidents.schedule import Schedule
from bot.incidents.schema import open_database, open_for_reading
from bot.incidents.timeline import Timeline

DATABASE_NAME = "gocrash.db"
EVIDENCE_NAME = "evidence"


class Store:
    """The parts of the memory, which may be used from any thread.

    Each call of a part is a transaction. Several that belong together stand in one:

        with store.transaction():
            incident = store.incidents.change_status(...)
            store.outbox.put(...)

    One that is `reading` only needs no place to write: a full disk does not hide what is there.

    Raises:
        StoreError: the directory cannot be made, or the database in it cannot be opened.
    """

    def __init__(self, data: Path, *, reading: bool = False) -> None:
        try:
            data.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(f"the data directory {data} cannot be made ({error}): choose another one in GOCRASH_DATA") from error
        self._connections = Connections(data / DATABASE_NAME, open_one=open_for_reading if reading else open_database)
        self.timeline = Timeline(self._connections)
        self.responders = Responders(self._connections, self.timeline)
        self.incidents = Incidents(self._connections, self.timeline, self.responders)
        self.diagnoses = Diagnoses(self._connections, self.timeline)
        self.answers = Answers(self._connections)
        self.alerts = Alerts(self._connections)
        self.activity = Activity(self._connections)
        self.links = Links(self._connections, self.incidents, self.timeline)
        self.duties = Duties(self._connections, self.incidents, self.timeline)
        self.feedback = FeedbackBook(self._connections, self.incidents, self.timeline)
        self.marks = Marks(self._connections, self.timeline)
        self.memory = Memory(self._connections)
        self.evidence = EvidenceFiles(self._connections, data / EVIDENCE_NAME)
        self.numbers = Numbers(self._connections)
        self.retention = Retention(self._connections, data / EVIDENCE_NAME)
        self.samples = Samples(self._connections)
        self.baselines = Baselines(self._connections)
        self.checks = Checks(self._connections, self.timeline)
        self.schedule = Schedule(self._connections)
        self.queue = Queue(self._connections)
        self.outbox = Outbox(self._connections)
        self.audit = Audit(self._connections)
        self.mutes = Mutes(self._connections, self.audit)
        self.running_lease = RunningLease(self._connections)

    def transaction(self) -> AbstractContextManager[None]:
        """Let everything this thread does inside take effect together or not at all (`Connections.transaction`)."""
        return self._connections.transaction()

    def is_idle(self) -> bool:
        """Say whether every job is done and every message stands in Slack."""
        return self.queue.unfinished() == 0 and self.outbox.waiting() == 0

    def close(self) -> None:
        """Close the database for all threads."""
        self._connections.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()
