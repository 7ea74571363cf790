"""Kubernetes JSON, as `kubectl get pods -o json` and the API give it: a list, or one object.

>>> parse_kubernetes(b'{"kind": "PodList", "items": [{"kind": "Pod", "metadata": {"name": "shop-1"}}]}').items[0]["metadata"]
{'name': 'shop-1'}
"""

from __future__ import annotations

import json

from bot.errors import ParseError
from bot.model.snapshot import KubernetesList


def parse_kubernetes(data: bytes) -> KubernetesList:
    """Decode a Kubernetes list or object; items that are no objects are refused.

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
    return KubernetesList(tuple(items))
