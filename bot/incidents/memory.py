"""`Memory`: words, a service or an incident enter; the earlier incidents they bring to mind leave."""

from __future__ import annotations

from bot.errors import UsageError
from bot.incidents.columns import to_time
from bot.incidents.connections import Connections, Row
from bot.incidents.incidents import incident_of
from bot.model.incident import Incident, PastIncident, SearchHit

# Newest first by the index' own order, which lets SQLite stop early; ranking would read every match of a common word.
_IN_TIMELINES = (
    "SELECT incidents.*, timeline_events.kind, timeline_events.text, timeline_events.occurred_at FROM timeline_search"
    " JOIN timeline_events ON timeline_events.number = timeline_search.rowid AND timeline_events.withdrawn_at IS NULL"
    " JOIN incidents ON incidents.number = timeline_events.incident AND incidents.service = coalesce(:service, incidents.service)"
    " WHERE timeline_search MATCH :query ORDER BY timeline_search.rowid DESC LIMIT :rows"
)
_IN_FINDINGS = (
    "SELECT incidents.*, 'finding' AS kind, findings.summary AS text, diagnoses.started_at AS occurred_at FROM findings_search"
    " JOIN findings ON findings.number = findings_search.rowid JOIN diagnoses ON diagnoses.number = findings.diagnosis"
    " JOIN incidents ON incidents.number = diagnoses.incident AND incidents.service = coalesce(:service, incidents.service)"
    " WHERE findings_search MATCH :query ORDER BY findings_search.rowid DESC LIMIT :rows"
)
# Several texts of one incident may hold the words: so many are read for each incident that is wanted.
_TEXTS_PER_INCIDENT = 10


class Memory:
    """What can be asked about all incidents.

    Raises:
        StoreError: from every method: the database cannot be read.
    """

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def search(self, words: str, *, service: str | None = None, limit: int = 20) -> tuple[SearchHit, ...]:
        """Return the incidents with a text that holds all the words, whole and in any order, the newest incident first.

        Texts are the timeline events that were not withdrawn, and the findings with their playbook, class and culprit. Case
        and accents do not matter. A word with dots and brackets, such as `shop.(*Pool).fetch`, is found as it stands.

        Raises:
            UsageError: there is no word to search for.
        """
        query = _query(words, service)
        rows: list[Row] = []
        for sql in (_IN_TIMELINES, _IN_FINDINGS):
            rows += self._connections.rows(sql, query=query, service=service, rows=limit * _TEXTS_PER_INCIDENT)
        newest: dict[int, Row] = {}
        for row in sorted(rows, key=lambda row: str(row["occurred_at"]), reverse=True):
            newest.setdefault(row["number"], row)
        return tuple(_hit(newest[number]) for number in sorted(newest, reverse=True)[:limit])

    def history(self, service: str, *, limit: int = 20) -> tuple[PastIncident, ...]:
        """Return a service's incidents, the newest first, each with what was last found in it that nothing else explained."""
        rows = self._connections.rows(
            "SELECT incidents.*, findings.failure_class, findings.culprit_function FROM incidents LEFT JOIN findings"
            " ON findings.number = (SELECT found.number FROM diagnoses"
            "  JOIN findings AS found ON found.diagnosis = diagnoses.number"
            "  WHERE diagnoses.incident = incidents.number AND found.explained_by IS NULL"
            "  ORDER BY diagnoses.number DESC, found.number LIMIT 1)"
            " WHERE incidents.service = :service ORDER BY incidents.number DESC LIMIT :limit",
            service=service,
            limit=limit,
        )
        return tuple(
            PastIncident(
                incident=incident_of(row), failure_class=row["failure_class"] or "", culprit=row["culprit_function"] or ""
            )
            for row in rows
        )

    def related(self, incident: int, *, limit: int = 5) -> tuple[Incident, ...]:
        """Return other incidents, of any service, in which the same function was to blame, the newest first."""
        rows = self._connections.rows(
            "SELECT * FROM incidents WHERE number != :incident AND number IN ("
            " SELECT diagnoses.incident FROM findings JOIN diagnoses ON diagnoses.number = findings.diagnosis"
            " WHERE findings.culprit_function IN ("
            "  SELECT own.culprit_function FROM diagnoses AS asked JOIN findings AS own ON own.diagnosis = asked.number"
            "  WHERE asked.incident = :incident AND own.culprit_function IS NOT NULL))"
            " ORDER BY number DESC LIMIT :limit",
            incident=incident,
            limit=limit,
        )
        return tuple(map(incident_of, rows))


def _query(words: str, service: str | None) -> str:
    """Return FTS5's query for all the words: in quotation marks, so that nothing in them is an operator.

    The service's name is a word of the index' column `service`, in hexadecimal: the words are only looked for where it stands.

    >>> print(_query("chan AND send*", None))
    - service : ("chan" "AND" "send*")
    >>> print(_query("chan", "cart"))
    service : "63617274" AND - service : ("chan")
    """
    if not any(character.isalnum() for character in words):
        raise UsageError("give a word to search for, such as `nginx` or `shop.(*Pool).fetch`")
    quoted = " ".join('"' + word.replace('"', '""') + '"' for word in words.replace("\0", " ").split())
    within = "" if service is None else f'service : "{service.encode("utf-8", "replace").hex()}" AND '
    return f"{within}- service : ({quoted})"


def _hit(row: Row) -> SearchHit:
    return SearchHit(incident=incident_of(row), kind=row["kind"], text=row["text"], occurred_at=to_time(row["occurred_at"]))
