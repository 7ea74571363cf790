"""`is_of_workload`: whose pod is it, by the names that Kubernetes makes."""

from __future__ import annotations

import re

_SUFFIX = re.compile(r"-(?:\d{1,5}|[bcdfghjklmnpqrstvwxz2456789]{1,10}(?:-[bcdfghjklmnpqrstvwxz2456789]{5})?)")
"""A number, or what `k8s.io/apimachinery/pkg/util/rand` makes: no vowels, and no digits that look like one."""


def is_of_workload(name: str, workload: str) -> bool:
    """Tell whether a name is the workload's own, or that of a pod or replica set it makes.

    >>> is_of_workload("checkout-6d5f8b7c9d-x2k4q", "checkout"), is_of_workload("checkout-worker-6d5f8b7c9d", "checkout")
    (True, False)
    """
    return name == workload or (name.startswith(f"{workload}-") and _SUFFIX.fullmatch(name[len(workload) :]) is not None)
