"""Kubernetes JSON, as `kubectl get pods -o json` and the API give it: a list, or one object.

>>> parse_kubernetes(b'{"kind": "PodList", "items": [{"kind": "Pod", "metadata": {"name": "shop-1"}}]}').items[0]["metadata"]
{'name': 'shop-1'}
>>> parse_kubernetes(b'{"kind": "PodList", "items": [{"kind": "Pod", "metadata": "shop-1"}]}')
Traceback (most recent call last):
bot.errors.ParseError: not Kubernetes JSON: `items[0].metadata` is no object; save it with `kubectl get … -o json`
"""

from __future__ import annotations

import json
from typing import Final

from bot.errors import ParseError
from bot.model.snapshot import KubernetesList

Shape = type | dict[str, "Shape"] | list["Shape"]

_STATE: Final[Shape] = {
    "waiting": {"reason": str, "message": str},
    "terminated": {"exitCode": int, "signal": int, "reason": str, "message": str},
}
_CONTAINERS: Final[Shape] = [{"image": str, "env": [dict], "resources": {"limits": dict}}]
_STATUSES: Final[Shape] = [{"name": str, "restartCount": int, "state": _STATE, "lastState": _STATE}]
_ABOUT: Final[Shape] = {"kind": str, "name": str}
_ITEM: Final[Shape] = {
    "metadata": {"name": str, "uid": str, "creationTimestamp": str, "labels": dict},
    "spec": {"nodeName": str, "containers": _CONTAINERS},
    "status": {
        "phase": str,
        "reason": str,
        "message": str,
        "podIP": str,
        "containerStatuses": _STATUSES,
        "initContainerStatuses": _STATUSES,
    },
    "reason": str,
    "message": str,
    "note": str,
    "count": int,
    "deprecatedCount": int,
    "series": {"count": int},
    "involvedObject": _ABOUT,
    "regarding": _ABOUT,
}
"""What is read of pods and events: `int` and `str` are numbers and texts, `dict` any object. Each may be missing, or null."""

_CALLED: Final = {int: "no whole number", str: "no text", dict: "no object", list: "no list"}


def parse_kubernetes(data: bytes) -> KubernetesList:
    """Decode a Kubernetes list or object; one with a field of another type than the API gives it is refused.

    Raises:
        ParseError: not JSON, or not a Kubernetes list or object.
    """
    try:
        decoded = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise ParseError(f"not Kubernetes JSON: {error}") from error
    if not isinstance(decoded, dict) or "kind" not in decoded:
        raise ParseError("not Kubernetes JSON: there is no `kind` in it; save it with `kubectl get … -o json`")
    items = decoded.get("items", [decoded])
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise ParseError("not a Kubernetes list: `items` holds something that is no object")
    for index, item in enumerate(items):
        if misfit := _misfit(item, _ITEM, f"items[{index}]"):
            raise ParseError(f"not Kubernetes JSON: {misfit}; save it with `kubectl get … -o json`")
    return KubernetesList(tuple(items))


def _misfit(value: object, shape: Shape, path: str) -> str:
    """Say what in a value has another type than its shape; empty when nothing has."""
    expected = shape if isinstance(shape, type) else type(shape)
    if not isinstance(value, expected):
        return f"`{path}` is {_CALLED[expected]}"
    if isinstance(shape, dict) and isinstance(value, dict):
        found = (_misfit(value[key], part, f"{path}.{key}") for key, part in shape.items() if value.get(key) is not None)
    elif isinstance(shape, list) and isinstance(value, list):
        found = (_misfit(item, shape[0], f"{path}[{index}]") for index, item in enumerate(value))
    else:
        return ""
    return next(filter(None, found), "")
