"""Kubernetes JSON of another shape than the API gives it is refused, in words that say what is wrong."""

from __future__ import annotations

import json

import pytest

from bot.errors import ParseError
from bot.parse.kubernetes import parse_kubernetes


def with_item(item: object) -> bytes:
    return json.dumps({"kind": "List", "items": [item]}).encode()


@pytest.mark.parametrize(
    ("item", "said"),
    [
        (5, "no object"),
        ({"metadata": 5}, "`items[0].metadata` is no object"),
        ({"status": []}, "`items[0].status` is no object"),
        ({"metadata": {"name": {"a": 1}}}, "`items[0].metadata.name` is no text"),
        ({"spec": {"containers": ["x"]}}, "`items[0].spec.containers[0]` is no object"),
        ({"status": {"containerStatuses": {}}}, "`items[0].status.containerStatuses` is no list"),
        ({"status": {"containerStatuses": [{}, {"state": "x"}]}}, "`items[0].status.containerStatuses[1].state` is no object"),
        ({"status": {"containerStatuses": [{"lastState": {"terminated": {"exitCode": {}}}}]}}, "exitCode` is no whole number"),
        ({"count": "many"}, "`items[0].count` is no whole number"),
        ({"involvedObject": "pod"}, "`items[0].involvedObject` is no object"),
    ],
)
def test_an_odd_shape_is_refused(item: object, said: str) -> None:
    with pytest.raises(ParseError) as caught:
        parse_kubernetes(with_item(item))
    assert said in str(caught.value)


def test_missing_fields_and_nulls_are_allowed() -> None:
    item = {"metadata": None, "spec": {"containers": None}, "status": {"containerStatuses": [{"state": None}]}}
    assert parse_kubernetes(with_item(item)).items == (item,)
