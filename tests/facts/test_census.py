from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from snapshots import NOW, dump, group, parsed, recorded

from bot.facts.census import entry_of, stack_key, take_census
from bot.facts.readings import Readings
from bot.model.goroutines import Frame, GoroutineDump, GoroutineGroup, Member
from bot.model.logs import Crash, LogReading

FETCH = "shop.fetch f.go:9"
PROTO = group("chan send", 480, "runtime.gopark", "runtime.chansend1", FETCH)
TEXT1 = group("", 480, FETCH)
FULL = group("chan send", 470, FETCH, created_by="shop.Quote", members=[Member(7, 11, ("0x1",))])


def test_forms_of_one_moment_are_counted_once_with_the_full_dump_as_base() -> None:
    readings = Readings(
        (
            parsed("goroutine.pb.gz", dump(PROTO)),
            parsed("goroutine.debug1.txt", dump(TEXT1, form="debug=1")),
            parsed("goroutine.txt", dump(FULL, form="debug=2")),
        )
    )
    census = take_census(readings)
    assert census is not None
    assert [(seen.group.count, seen.evidence.name) for seen in census.groups] == [(470, "goroutine.txt")]
    assert census.total == 470


def test_a_truncated_dump_gives_details_but_no_counts() -> None:
    seen_part = GoroutineGroup(
        state="chan send (nil chan)",
        stack=FULL.stack,
        count=20,
        created_by=FULL.created_by,
        members=FULL.members,
        minutes=((11, 20),),
    )
    cut = dump(seen_part, form="debug=2", truncated=True)
    census = take_census(Readings((parsed("goroutine.txt", cut), parsed("goroutine.pb.gz", dump(PROTO)))))
    assert census is not None
    found = census.groups[0].group
    assert (found.count, found.state, found.minutes) == (480, "chan send (nil chan)", ((11, 20),))
    assert found.created_by == Frame("shop.Quote")
    assert found.members == FULL.members


def test_the_leak_profile_marks_goroutines_and_adds_none_that_are_there() -> None:
    leaked = dump(group("", 450, FETCH), form="debug=1", leak_profile=True)
    census = take_census(Readings((parsed("goroutineleak.txt", leaked), parsed("goroutine.pb.gz", dump(PROTO)))))
    assert census is not None
    assert [(seen.group.count, seen.group.leaked_count) for seen in census.groups] == [(480, 450)]


def test_leaks_are_spread_over_groups_that_share_a_stack() -> None:
    halves = dump(group("chan send", 10, FETCH), group("runnable", 5, FETCH), form="debug=2")
    leaked = dump(group("", 12, FETCH), form="debug=1", leak_profile=True)
    census = take_census(Readings((parsed("goroutine.txt", halves), parsed("goroutineleak.txt", leaked))))
    assert census is not None
    assert [seen.group.leaked_count for seen in census.groups] == [10, 2]


def test_a_leaked_group_that_nothing_else_shows_is_kept() -> None:
    leaked = dump(group("", 3, "shop.other o.go:1"), form="debug=1", leak_profile=True)
    census = take_census(Readings((parsed("goroutine.pb.gz", dump(PROTO)), parsed("goroutineleak.txt", leaked))))
    assert census is not None
    assert [(seen.group.leaked_count, seen.evidence.name) for seen in census.groups][1] == (3, "goroutineleak.txt")


def test_a_leak_profile_alone_is_proof_too() -> None:
    leaked = dump(group("", 3, FETCH), form="debug=1", leak_profile=True)
    census = take_census(Readings((parsed("goroutineleak.txt", leaked),)))
    assert census is not None
    assert census.groups[0].group.leaked_count == 3


def test_goroutines_that_a_crash_printed_are_counted_when_nothing_else_was_collected() -> None:
    printed = dump(FULL, form="crash")
    log = LogReading(transport="plain", lines=9, crashes=(Crash(kind="signal", message="SIGQUIT: quit", dump=printed),))
    census = take_census(Readings((parsed("service.log", log),)))
    assert census is not None
    assert census.total == 470
    only_one = LogReading(
        transport="plain", lines=9, crashes=(Crash(kind="panic", message="x", dump=dump(group("running", 1, FETCH))),)
    )
    assert take_census(Readings((parsed("service.log", only_one),))) is None


def test_samples_are_apart() -> None:
    readings = Readings((parsed("goroutine.pb.gz", dump(PROTO)), parsed("goroutine.pb.gz", dump(TEXT1), sample=1)))
    second = take_census(readings, sample=1)
    assert second is not None
    assert second.evidence.collected_at > NOW


def test_nothing_collected_is_no_census() -> None:
    assert take_census(Readings()) is None


def test_the_three_forms_of_a_real_program_have_the_same_stacks() -> None:
    by_form = {}
    for name in ("goroutine.pb.gz", "goroutine.debug1.txt", "goroutine.txt"):
        census = take_census(Readings(recorded("go1.27/leak-chan-send", name).parsed))
        assert census is not None
        by_form[name] = {stack_key(seen.group.stack): seen.group.count for seen in census.groups}
    leak = next(key for key, count in by_form["goroutine.txt"].items() if count == 480)
    assert [form[leak] for form in by_form.values()] == [480, 480, 480]
    assert len(set.intersection(*(set(form) for form in by_form.values()))) >= 8


def test_entry_leaves_out_the_frames_that_start_every_goroutine() -> None:
    assert entry_of(group("", 1, "a.b", "main.main", "runtime.main", "runtime.goexit").stack) == "main.main"
    assert entry_of(()) == ""


functions = st.sampled_from(["shop.a", "shop.b", "runtime.gopark", "net/http.(*conn).serve", "panic"])
stacks = st.lists(functions, max_size=4).map(tuple)
dumps = st.builds(
    lambda groups, form, leak: dump(
        *(group(state, count, *stack) for state, count, stack in groups), form=form, leak_profile=leak
    ),
    st.lists(st.tuples(st.sampled_from(["", "select", "chan send"]), st.integers(1, 50), stacks), max_size=5),
    st.sampled_from(["proto", "debug=1", "debug=2"]),
    st.booleans(),
)


@given(dumps, dumps)
def test_no_goroutine_is_lost_or_counted_twice(one: GoroutineDump, other: GoroutineDump) -> None:
    census = take_census(Readings((parsed("goroutine.txt", one), parsed("goroutine.pb.gz", other))))
    assert census is not None
    assert census.total <= one.parsed + other.parsed
    assert census.total >= min(one.parsed, other.parsed)
    assert all(0 <= seen.group.leaked_count <= seen.group.count for seen in census.groups)
