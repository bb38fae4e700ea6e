"""The scheduler under xdist: who gets which items, in how many messages, and what a crash costs."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from xdist.remote import Producer

from pytest_arena.collection.node_ids import ArenaNames
from pytest_arena.collection.xdist_scheduler import Demands, MixedScheduling, Slots

CELLS = [f"arena.yaml::Case {number}[model]" for number in range(200)]
TESTS = [f"test_plain.py::test_{number}" for number in range(100)]


class Node:
    """A stand-in for a worker, which keeps the messages that it is sent."""

    gateway = SimpleNamespace(id="gw")

    def __init__(self) -> None:
        self.messages: list[list[int]] = []
        self.shutting_down = False
        self.done: list[int] = []

    def send_runtest_some(self, indices: list[int]) -> None:
        self.messages.append(list(indices))

    def shutdown(self) -> None:
        self.shutting_down = True

    @property
    def items(self) -> list[int]:
        return [index for message in self.messages for index in message]


Begun = Callable[..., tuple[Any, list[Node]]]
Scheduled = Callable[..., tuple[Any, list[Node]]]


@pytest.fixture
def begun(pytester: pytest.Pytester) -> Begun:
    """What begins a run of two workers, which have yet to collect."""

    def begin(*options: str) -> tuple[Any, list[Node]]:
        config = pytester.parseconfig("--tx=2*popen", "--dist=load", *options)
        slots = Slots()
        slots.open(2)
        scheduling: Any = MixedScheduling(
            config,
            Producer("tests", enabled=False),
            names=ArenaNames(["arena.yaml"], config),
            slots=slots,
            concurrency=16,
            demands_of=lambda _files: Demands(),
        )
        nodes = [Node(), Node()]
        for node in nodes:
            slots.take(node)
            scheduling.add_node(node)
        return scheduling, nodes

    return begin


@pytest.fixture
def scheduled(begun: Begun) -> Scheduled:
    def start(ids: list[str], *options: str) -> tuple[Any, list[Node]]:
        scheduling, nodes = begun(*options)
        for node in nodes:
            scheduling.add_node_collection(node, ids)
        scheduling.schedule()
        return scheduling, nodes

    return start


def replace(scheduling: Any, dead: Node) -> Node:
    """Put a new worker in a dead one's place, which has yet to collect."""
    scheduling._slots.give_back(dead)
    heir = Node()
    scheduling._slots.take(heir)
    scheduling.add_node(heir)
    return heir


def finish(scheduling: Any, node: Node) -> None:
    """Run all that a worker was sent, and will be."""
    for done, index in enumerate(node.items):
        scheduling.mark_test_complete(node, index)
        assert len(node.items) > done
    while len(scheduling._sent[node]):
        scheduling.mark_test_complete(node, scheduling._sent[node][0])


def test_cells_go_to_the_worker_of_their_slot_in_few_messages(scheduled: Scheduled) -> None:
    scheduling, nodes = scheduled(CELLS)
    assert [len(node.items) for node in nodes] == [50, 50]
    for node in nodes:
        finish(scheduling, node)
    assert sorted(nodes[0].items + nodes[1].items) == list(range(200))
    assert all(node.items == sorted(node.items) for node in nodes)
    assert all(len(node.messages) <= 4 for node in nodes)
    assert all(node.shutting_down for node in nodes)
    assert scheduling.tests_finished


def test_where_a_failure_ends_the_run_little_is_sent_ahead(scheduled: Scheduled) -> None:
    scheduling, nodes = scheduled(CELLS, "-x")
    assert [len(node.items) for node in nodes] == [5, 5]
    for index in nodes[0].items[:3]:
        scheduling.mark_test_complete(nodes[0], index)
    assert [len(message) for message in nodes[0].messages] == [5, 3]


def test_what_a_dead_worker_had_goes_to_the_one_in_its_place(scheduled: Scheduled) -> None:
    scheduling, (first, second) = scheduled(CELLS)
    crashed = scheduling.remove_node(first)
    assert crashed == CELLS[first.items[0]]
    heir = replace(scheduling, first)
    scheduling.add_node_collection(heir, CELLS)
    scheduling.schedule()
    for node in (heir, second):
        finish(scheduling, node)
    assert sorted([first.items[0], *heir.items, *second.items]) == list(range(200))


@pytest.mark.parametrize("heir_is_first", [False, True])
@pytest.mark.parametrize("ids", [CELLS, TESTS, [*TESTS, *CELLS]], ids=["cells", "tests", "both"])
def test_a_worker_that_dies_before_all_have_collected_is_waited_for_no_more(
    begun: Begun, ids: list[str], heir_is_first: bool
) -> None:
    scheduling, (first, second) = begun()
    scheduling.add_node_collection(first, ids)
    assert scheduling.remove_node(first) is None
    heir = replace(scheduling, first)
    for node in (heir, second) if heir_is_first else (second, heir):
        assert not scheduling.collection_is_completed
        scheduling.add_node_collection(node, ids)
    assert scheduling.collection_is_completed
    scheduling.schedule()
    while scheduling.has_pending:
        for node in (heir, second):
            for index in [one for one in node.items if one not in node.done]:
                node.done.append(index)
                scheduling.mark_test_complete(node, index)
    assert sorted([*heir.items, *second.items]) == list(range(len(ids)))


@pytest.mark.parametrize("has_begun_the_next", [False, True])
def test_what_a_dead_worker_had_reported_did_not_crash(
    scheduled: Scheduled, has_begun_the_next: bool
) -> None:
    scheduling, (first, _) = scheduled(CELLS)
    done, running, *_ = first.items
    scheduling.hear_of_start(CELLS[done])
    scheduling.hear_of_end(first, CELLS[done])
    if has_begun_the_next:
        scheduling.hear_of_start(CELLS[running])
    assert scheduling.remove_node(first) == (CELLS[running] if has_begun_the_next else None)
    left = [] if has_begun_the_next else [running]
    assert list(scheduling._cells[0])[:2] == [*left, *first.items[2:]][:2]


def test_ordinary_tests_go_to_whoever_has_room_and_cells_keep_their_place(
    scheduled: Scheduled,
) -> None:
    ids = [*TESTS[:50], *CELLS, *TESTS[50:]]
    scheduling, nodes = scheduled(ids)
    finish(scheduling, nodes[0])
    finish(scheduling, nodes[1])
    assert sorted(nodes[0].items + nodes[1].items) == list(range(300))
    assert all(node.items == sorted(node.items) for node in nodes)
    cells = [index for index in nodes[1].items if 50 <= index < 250]
    assert len(cells) == 100


def test_a_suite_without_cells_is_left_to_xdist(scheduled: Scheduled) -> None:
    scheduling, nodes = scheduled(TESTS[:8])
    assert scheduling._plain is not None
    assert sum(len(node.items) for node in nodes) >= 4
