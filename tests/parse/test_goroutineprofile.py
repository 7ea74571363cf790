"""Goroutine profiles against the full dumps taken beside them, in four Go versions."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from bot.errors import ParseError
from bot.model.goroutines import Frame
from bot.model.profiles import Profile, ProfileSample
from bot.parse.goroutineprofile import dump_from_profile, wait_state
from bot.parse.profiles import parse_profile

DATA = Path(__file__).parent / "data" / "states"
VERSIONS = ("go1.21", "go1.24", "go1.26", "go1.27")
SAME_HERE = {"chan receive (nil chan)": "chan receive"}
"""A profile cannot tell a nil channel from any other."""


def stack(*functions: str) -> tuple[Frame, ...]:
    return tuple(map(Frame, functions))


def goroutines(*samples: ProfileSample, kind: str = "goroutine") -> Profile:
    return Profile(value_types=((kind, "count"),), samples=samples)


@pytest.mark.parametrize("version", VERSIONS)
def test_states_are_those_of_the_full_dump(version: str) -> None:
    """The two were taken one after the other of a program with one goroutine in each state, and a server between requests."""
    dump = dump_from_profile(parse_profile((DATA / f"{version}.pb.gz").read_bytes()))
    found = Counter[str]()
    for group in dump.groups:
        found[group.state] += group.count
    headers = re.findall(r"^goroutine \d+ \[([^,\]]*)", (DATA / f"{version}.txt").read_text(), re.MULTILINE)
    printed = Counter(SAME_HERE.get(state, state) for state in headers)
    if version == "go1.21":  # called `semacquire` there
        printed["sync.WaitGroup.Wait"] = printed.pop("semacquire")
    printed["runnable"] -= found.pop("")  # one that has not run yet has no frames
    assert found == printed
    assert dump.seen == dump.parsed == len(headers)


@pytest.mark.parametrize("version", VERSIONS)
def test_labels_are_counted_within_one_group(version: str) -> None:
    dump = dump_from_profile(parse_profile((DATA / f"{version}.pb.gz").read_bytes()))
    labelled = [group for group in dump.groups if group.labels]
    assert len(labelled) == 1
    assert labelled[0].count == 3
    assert sorted(labelled[0].labels) == [(f"endpoint=/pay,tenant=t{number}", 1) for number in range(3)]


def test_groups_are_sorted_by_size_and_equal_stacks_are_one_group() -> None:
    few, many = stack("runtime.gopark", "runtime.selectgo", "main.a"), stack("runtime.gopark", "runtime.chanrecv", "main.b")
    copy = stack("runtime.gopark", "runtime.chanrecv", "main.b")
    dump = dump_from_profile(goroutines(ProfileSample(few, (5,)), ProfileSample(many, (4,)), ProfileSample(copy, (3,))))
    assert [(group.state, group.count, group.locator) for group in dump.groups] == [
        ("chan receive", 7, "record 2"),
        ("select", 5, "record 1"),
    ]
    assert dump.form == "proto"
    assert dump.groups[1].excerpt.startswith("5 goroutines [select]:\nruntime.gopark\n")


def test_a_leak_profile_marks_every_goroutine() -> None:
    sample = ProfileSample(stack("runtime.gopark", "runtime.chansend", "main.a"), (9,))
    for dump in (
        dump_from_profile(goroutines(sample, kind="goroutineleak")),
        dump_from_profile(goroutines(sample), leak_profile=True),
    ):
        assert dump.leak_profile
        assert dump.groups[0].leaked_count == 9
    assert dump_from_profile(goroutines(sample)).groups[0].leaked_count == 0


def test_counts_that_are_not_positive_are_left_out() -> None:
    dump = dump_from_profile(goroutines(ProfileSample(stack("main.a"), (0,)), ProfileSample(stack("main.b"), (-4,))))
    assert (dump.groups, dump.seen) == ((), 0)


def test_another_profile_is_refused_by_name() -> None:
    with pytest.raises(ParseError, match="holds inuse_space, not goroutines"):
        dump_from_profile(goroutines(kind="inuse_space"))


@pytest.mark.parametrize(
    ("functions", "state"),
    [
        ((), ""),
        (("main.work",), "runnable"),
        (("runtime.asyncPreempt2", "runtime.asyncPreempt", "main.work"), "runnable"),
        (("runtime.gopark", "runtime.somethingNew", "main.work"), ""),
        (("runtime.gopark", "runtime.goparkunlock", "runtime.semacquire1", "internal/poll.runtime_Semacquire"), "semacquire"),
        (("runtime.gopark", "runtime.goparkunlock", "runtime.semacquire1", "sync.runtime_Semacquire", "main.x"), "semacquire"),
        (("internal/runtime/syscall/linux.Syscall6", "syscall.Syscall6", "os.Open"), "syscall"),
    ],
)
def test_wait_states(functions: tuple[str, ...], state: str) -> None:
    assert wait_state(stack(*functions)) == state
