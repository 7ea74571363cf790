"""Headlines after changes that were made elsewhere: the command line works on the same database while the bot runs."""

from __future__ import annotations

from bot.respond import headlines
from bot.respond.context import Context


class Refresher:
    """Follows the timelines, and lets the messages about an incident say what its newest event has changed.

    What the bot changes by itself is refreshed at once, with the change; here that is done once more, to no effect. The first
    time every open incident is: it may have been changed while no bot ran.
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        self._seen: int | None = None

    def due(self) -> None:
        """Refresh what has been changed since the last time."""
        store, seen = self._context.store, self._seen
        newest = store.timeline.newest()
        if seen is None:
            changed = tuple(incident.number for incident in store.incidents.list_incidents(status="open"))
        else:
            changed = store.timeline.incidents_after(seen) if newest > seen else ()
        for number in changed:
            with store.transaction():
                headlines.refresh(self._context, store.incidents.get(number))
        self._seen = newest
