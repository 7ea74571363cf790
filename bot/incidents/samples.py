"""`Samples`: a few values per instance, every few minutes, enter; the same as series over time leave."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from itertools import groupby

from bot.incidents.columns import to_time
from bot.incidents.connections import Connections
from bot.model.history import HistoryPoint, HistorySeries

Values = Mapping[str, float]
"""Values by the name of their metric."""


class Samples:
    """The light samples of all services.

    Raises:
        StoreError: from every method: the database cannot be read or written.
    """

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def record(self, service: str, instances: Mapping[str, Values], *, taken_at: datetime) -> None:
        """Keep one sample of a service: the values of each instance by its name. The same moment again adds what is new."""
        found = [(instance, name, float(value)) for instance, values in instances.items() for name, value in values.items()]
        self._connections.write(
            "INSERT OR IGNORE INTO samples (service, taken_at, instance, name, value)"
            " SELECT :service, :taken_at, json_extract(value, '$[0]'), json_extract(value, '$[1]'), json_extract(value, '$[2]')"
            " FROM json_each(:found)",
            service=service,
            taken_at=taken_at,
            found=found,
        )

    def history(self, service: str, *, since: datetime) -> tuple[HistorySeries, ...]:
        """Return what the samples after `since` say, one series per instance and metric, labelled with its instance."""
        rows = self._connections.rows(
            "SELECT taken_at, instance, name, value FROM samples WHERE service = :service AND taken_at > :since"
            " ORDER BY instance, name, taken_at",
            service=service,
            since=since,
        )
        return tuple(
            HistorySeries(
                name=name,
                labels=(("instance", instance),),
                points=tuple(HistoryPoint(to_time(row["taken_at"]).timestamp(), row["value"]) for row in points),
            )
            for (instance, name), points in groupby(rows, key=lambda row: (row["instance"], row["name"]))
        )

    def forget(self, *, before: datetime) -> int:
        """Remove the samples taken before a time; return how many values that were."""
        return self._connections.write("DELETE FROM samples WHERE taken_at < :before", before=before)
