"""What a pprof profile or a metrics page says: `Profile`, `ProfileSample`, `MetricsPage`, `MetricPoint`."""

from __future__ import annotations

from dataclasses import dataclass, field

from bot.model.goroutines import Frame


@dataclass(frozen=True, slots=True)
class ProfileSample:
    """One record of a profile: a stack, innermost first, with one value per value type, and its labels."""

    stack: tuple[Frame, ...]
    values: tuple[int, ...]
    labels: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """A decoded pprof profile (https://github.com/google/pprof/blob/main/proto/profile.proto).

    Attributes:
        value_types: (type, unit) pairs such as `("inuse_space", "bytes")`, in the order of each sample's values.
        samples: as stored; stacks that repeat are one object.
        period: sampling period in the unit of `period_type`.
        time_nanos: when it was taken, nanoseconds since the epoch; 0 when not said.
        duration_nanos: how long it covers; 0 for a snapshot.
        main_binary: file name of the first mapping.
        build_id: of the first mapping.
    """

    value_types: tuple[tuple[str, str], ...]
    samples: tuple[ProfileSample, ...]
    period: int = 0
    period_type: tuple[str, str] = ("", "")
    time_nanos: int = 0
    duration_nanos: int = 0
    main_binary: str = ""
    build_id: str = ""
    comments: tuple[str, ...] = ()

    def value_index(self, value_type: str) -> int | None:
        """Position of a value type in each sample's values; None when the profile does not carry it."""
        return next((index for index, (name, _) in enumerate(self.value_types) if name == value_type), None)


@dataclass(frozen=True, slots=True)
class MetricPoint:
    """One sample line of a metrics page: its labels and its value."""

    labels: tuple[tuple[str, str], ...]
    value: float

    def label(self, name: str) -> str:
        """The value of a label, empty when it is not there."""
        return next((value for key, value in self.labels if key == name), "")


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricsPage:
    """A metrics exposition: points by metric name, in the order of the page. `problems` says which lines could not be read."""

    points: dict[str, tuple[MetricPoint, ...]] = field(default_factory=dict)
    problems: tuple[str, ...] = ()

    def value(self, *names: str) -> float | None:
        """Value of the first of `names` that is there (the first point of it); None when none is."""
        for name in names:
            if found := self.points.get(name):
                return found[0].value
        return None
