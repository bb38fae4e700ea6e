"""Calls that processes left: read once they are gone, taken once each, and never torn."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from pytest_arena.errors import ProviderError
from pytest_arena.recording.call_journal import CallJournal
from pytest_arena.recording.trial_calls import TrialCalls

TRIAL = ("arena.yaml", "Lost", "m", 0, "v")
MODEL, REFUND, MAIL = (0, 0), (0, 0, 0), (0, 0, 1)
Make = Callable[..., CallJournal]


@pytest.fixture
def journal(tmp_path: Path) -> Make:
    """Return what makes the journal of one more process of a run."""

    def make(
        name: str, run: str = "one", *, record: str = "off", resume: bool = True
    ) -> CallJournal:
        def clean(text: str) -> str:
            return text.replace("sk-secret", "[REDACTED]")

        folder = tmp_path / ".calls" / run
        return CallJournal(folder, f"{name}.jsonl", record=record, resume=resume, clean=clean)

    return make


def calls(journal: CallJournal, *trial: str | int) -> TrialCalls:
    return asyncio.run(journal.of_trial(*(trial or TRIAL)))


def leave(journal: CallJournal, *, text: str = "hi", refund: str = "ended") -> None:
    """Let a process make a call of a model and of an irreversible tool, and end."""
    made = calls(journal)
    made.session = "s1"
    made.end(MODEL, "asked", {"output": text}, irreversible=False)
    made.begin(REFUND, "refund 7", "refund")
    if refund == "ended":
        made.end(REFUND, "refund 7", {"value": text}, "refund", irreversible=True)
    journal.close()


def test_calls_of_a_process_that_is_gone_are_taken_once(journal: Make) -> None:
    leave(journal("gw0"))
    after = journal("gw1")
    found = calls(after)
    assert found.session == "s1"
    taken = [found.taken(MODEL, "asked"), found.taken(REFUND, "refund 7")]
    assert [one and one.given for one in taken] == [{"output": "hi"}, {"value": "hi"}]
    assert after.taken == 2
    # a re-run of the item in this process asks again
    again = calls(after)
    assert again.taken(MODEL, "asked") is None
    again.begin(REFUND, "refund 7", "refund")


def test_nothing_is_taken_of_a_process_that_is_alive(journal: Make) -> None:
    alive = journal("gw0")
    calls(alive).end(MODEL, "asked", {"output": "hi"}, irreversible=False)
    after = journal("gw1")
    assert calls(after).taken(MODEL, "asked") is None
    alive.close()
    assert calls(after).taken(MODEL, "asked") is not None, "it is looked for at each trial"


def test_other_inputs_another_place_and_another_trial_are_other_calls(journal: Make) -> None:
    leave(journal("gw0"))
    after = journal("gw1")
    found = calls(after)
    assert found.taken(MODEL, "asked otherwise") is None
    assert found.taken((0, 1), "asked") is None
    assert calls(after, "arena.yaml", "Lost", "m", 1, "v").taken(MODEL, "asked") is None
    assert calls(after, *TRIAL[:-1], "another version").session == ""


@pytest.mark.parametrize("resume", [False, True])
def test_other_runs_are_looked_at_where_they_are_taken_up(journal: Make, resume: bool) -> None:
    leave(journal("gw0", "one"))
    found = calls(journal("gw0", "two", resume=resume))
    assert (found.taken(MODEL, "asked") is not None) == resume


def test_a_run_that_recorded_otherwise_is_let_be(journal: Make) -> None:
    leave(journal("gw0", record="new"))
    assert calls(journal("gw1")).taken(MODEL, "asked") is None


def test_an_irreversible_call_without_an_end_is_never_begun_again(journal: Make) -> None:
    leave(journal("gw0"), refund="begun")
    after = journal("gw1")
    for _ in range(2):
        found = calls(after)
        assert found.taken(REFUND, "refund 7") is None
        with pytest.raises(ProviderError, match=r"'refund' is not made again: .* nobody knows"):
            found.begin(REFUND, "refund 7", "refund")


def test_an_irreversible_call_waits_for_those_that_were_made(journal: Make) -> None:
    leave(journal("gw0"))
    found = calls(journal("gw1"))
    with pytest.raises(ProviderError, match="the conversation took another way now"):
        found.begin(REFUND, "refund 8", "refund")
    assert found.taken(REFUND, "refund 7") is not None
    found.begin((0, 1, 0), "refund 8", "refund")


def test_a_call_that_held_a_secret_is_kept_without_what_it_gave(
    journal: Make, tmp_path: Path
) -> None:
    leave(journal("gw0"), text="it is sk-secret")
    (path,) = tmp_path.rglob("*.jsonl")
    assert "sk-secret" not in path.read_text()
    assert path.read_text().count('"given"') == 0
    found = calls(journal("gw1"))
    assert found.taken(MODEL, "asked") is None, "the model can be asked again"
    with pytest.raises(ProviderError, match="what it gave was not kept whole"):
        found.taken(REFUND, "refund 7")


def test_a_torn_last_line_costs_itself_alone(journal: Make, tmp_path: Path) -> None:
    leave(journal("gw0"))
    (path,) = tmp_path.rglob("*.jsonl")
    path.write_bytes(path.read_bytes()[:-5])
    found = calls(journal("gw1"))
    assert found.taken(MODEL, "asked") is not None
    with pytest.raises(ProviderError, match="nobody knows"):
        found.begin(REFUND, "refund 7", "refund")


@pytest.mark.parametrize("line", ["{", "[]", "{}", '{"trial": 3}', '{"trial": [], "at": 1}'])
def test_a_line_that_is_none_is_told_with_its_place(
    journal: Make, tmp_path: Path, line: str
) -> None:
    leave(journal("gw0"))
    (path,) = tmp_path.rglob("*.jsonl")
    first, *rest = path.read_text().splitlines()
    path.write_text("\n".join([first, line, *rest, ""]))
    after = journal("gw1")
    for _ in range(2):
        # none of its trials goes on as if nothing had been made
        with pytest.raises(ProviderError, match=r"gw0\.jsonl:2: not a line of a journal"):
            calls(after)


@pytest.mark.parametrize(
    ("record", "keeps"), [("off", True), ("all", True), ("new", False), ("once", False)]
)
def test_answers_that_a_recording_replays_are_not_kept_twice(
    journal: Make, record: str, keeps: bool
) -> None:
    assert calls(journal("gw0", record=record)).keeps_answers == keeps
