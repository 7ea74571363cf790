from __future__ import annotations

from datetime import datetime

import pytest

from bot.errors import UsageError
from bot.incidents.store import Store


def open_two(store: Store, now: datetime) -> None:
    for service in ("checkout", "payments"):
        store.incidents.open_or_join(
            service=service, dedup_key="k", title=f"{service} is slow", severity="SEV2", opened_by="U1", now=now
        )


def test_a_link_is_seen_from_both_ends_and_on_both_timelines(store: Store, now: datetime) -> None:
    open_two(store, now)
    store.links.add(2, 1, actor="U1", now=now)
    assert [incident.number for incident in store.links.of(1)] == [2]
    assert [incident.number for incident in store.links.of(2)] == [1]
    assert store.timeline.of(1)[-1].text == "linked to INC-2 of payments: payments is slow"
    assert store.timeline.of(2)[-1].details == {"other": "INC-1"}


def test_linking_again_changes_nothing(store: Store, now: datetime) -> None:
    open_two(store, now)
    for one, two in ((1, 2), (1, 2), (2, 1)):
        store.links.add(one, two, actor="U1", now=now)
    assert [len(store.timeline.of(number)) for number in (1, 2)] == [2, 2]
    assert len(store.links.of(1)) == 1


def test_what_cannot_be_linked(store: Store, now: datetime) -> None:
    open_two(store, now)
    with pytest.raises(UsageError, match="INC-1 cannot be linked to itself"):
        store.links.add(1, 1, actor="U1", now=now)
    with pytest.raises(UsageError, match="there is no INC-9"):
        store.links.add(1, 9, actor="U1", now=now)
    assert store.links.of(1) == ()
