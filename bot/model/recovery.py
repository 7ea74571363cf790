"""Whether what was wrong has gone: `Earlier`, a finding from before a mitigation, and `Recovery`, what has become of it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Earlier:
    """A finding of an earlier diagnosis, as it was recorded. `function` is the culprit's, empty when it had none."""

    fingerprint: str
    playbook: str
    title: str
    function: str = ""
    measure: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovery:
    """What has become of an earlier finding.

    Attributes:
        fingerprint, title: the finding's.
        column: name of the fact that its playbook measures, which tells the unit; empty when it measures none.
        before, after: its value then and now; None when it is unknown, or when there is nothing left to measure.
        recovered: None when it could not be judged, for want of the evidence it was found in.
    """

    fingerprint: str
    title: str
    column: str = ""
    before: float | None = None
    after: float | None = None
    recovered: bool | None = None
