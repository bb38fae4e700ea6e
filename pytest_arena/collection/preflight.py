"""What a run is refused for once its files are collected, before anything is called."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import pytest

from pytest_arena.collection.asked_providers import AskedProviders, asked_by
from pytest_arena.collection.items import ArenaWarning, CellItem, providers_under_load
from pytest_arena.collection.prefetch import holding_back
from pytest_arena.collection.python_tests.marks import uses_arena
from pytest_arena.collection.remote_recordings import recordings_root
from pytest_arena.engine.calling.pools import add_limits
from pytest_arena.errors import Location, Problem, UsageError, suggest
from pytest_arena.loading.files import display_name
from pytest_arena.reporting.write import known_formats
from pytest_arena.results.cleaning import clean_text
from pytest_arena.settings import check_formats, no_limits
from pytest_arena.text.numbers import counted

if TYPE_CHECKING:
    from pytest_arena.collection.run_context import RunContext
    from pytest_arena.collection.shard_selection import ShardSelection
    from pytest_arena.engine.calling.sharding import Share
    from pytest_arena.loading.plans import Arena
    from pytest_arena.schema import ProviderSpec


class Preflight:
    """The look at options and files together: what cannot be done as asked is a usage error.

    `arenas` and `without_cases` (files that only Python tests can go by) grow while files are
    collected. `knows_order` says whether this process knows which cells the other workers run. All
    shards of a run look at what the run as a whole asks, and so decide alike.
    """

    def __init__(
        self,
        parts: RunContext,
        share: Share,
        arenas: Sequence[Arena],
        without_cases: Sequence[str],
        *,
        knows_order: bool,
        selection: ShardSelection | None,
    ) -> None:
        self.config = parts.config
        self.settings = parts.settings
        self.registry = parts.registry
        self._share = share
        self._arenas = arenas
        self._without_cases = without_cases
        self._knows_order = knows_order
        self._selection = selection
        self._has_refused = False

    def pytest_collection_modifyitems(self, items: Sequence[pytest.Item]) -> None:
        self._check_ids(items)
        if self._without_cases and not any(uses_arena(item) for item in items):
            self._refuse(*(_no_cases(file) for file in self._without_cases))
        known = [name for arena in self._arenas for name in arena.all_providers]
        for name in self.settings.providers:
            if self._arenas and name not in known:
                problem = Problem(
                    f"--arena-provider: no provider or group is named {name!r}",
                    expected="one of " + ", ".join(dict.fromkeys(known)),
                    fix=suggest(name, known),
                )
                self._refuse(problem)
        self._check_variants()
        self._check_limits()

    def _check_ids(self, items: Sequence[pytest.Item]) -> None:
        """Refuse tests by whose ids their cells cannot be known: those of two files that pytest
        calls alike, as it may outside of the root directory, and such that no results can hold."""
        first: dict[str, pytest.Item] = {}
        for item in items:
            if isinstance(item, CellItem):
                # these have ids of our own
                continue
            shown = clean_text(item.nodeid)
            if shown != item.nodeid and uses_arena(item):
                self._refuse(
                    Problem(
                        f"the id of the test {shown} is not in UTF-8",
                        expected="a name that results can hold",
                        fix="rename the file, the folder or the parameter that it comes from",
                    )
                )
                return
            other = first.setdefault(item.nodeid, item)
            if other.path != item.path and (uses_arena(item) or uses_arena(other)):
                files = [display_name(one.path, self.config.rootpath) for one in (other, item)]
                self._refuse(
                    Problem(
                        f"pytest calls a test of {files[0]} and one of {files[1]} alike: "
                        f"{item.nodeid}",
                        expected="tests with cells below the root directory, "
                        f"{self.config.rootpath}",
                        fix="name a folder that has both: --rootdir FOLDER; or run each by itself",
                    )
                )
                return

    def _check_variants(self) -> None:
        known = list(dict.fromkeys(name for arena in self._arenas for name in arena.variants))
        for name in self.settings.variants:
            if self._arenas and name not in known:
                problem = Problem(
                    f"--arena-variant: no variant is named {name!r}",
                    expected="one of " + ", ".join(known) if known else "a file with variants:",
                    fix=suggest(name, known) or "name one of these, or leave the option out",
                )
                self._refuse(problem)

    def _check_limits(self) -> None:
        limits = [gate for arena in self._arenas for gate in arena.gates]
        if self.settings.fail_on == "gates" and self._arenas and not limits:
            self._refuse(no_limits("--arena-fail-on"))

    def _check_formats(self) -> None:
        try:
            check_formats(self.settings.formats, lambda: known_formats(self.registry))
        except UsageError as error:
            raise pytest.UsageError(str(error)) from error

    def _check_calls(self, asked: AskedProviders) -> None:
        """Refuse what no call of the chosen cells could be made with, or paid by."""
        if self._share.shard.count > 1:
            self._check_that_loads_stay_in_one_shard(asked)
        if not self.settings.calls:
            return
        called = self._called(asked)
        self._check_configuration(called)
        self._check_retiring(called)
        if self.settings.max_cost_usd is not None:
            self._check_prices(asked)

    def _check_configuration(self, called: Sequence[ProviderSpec]) -> None:
        """Refuse keys, URLs, headers and proxies with which no call could be made."""
        from pytest_arena.engine.provider_factory import configuration_problems

        problems = configuration_problems(self.registry, called, os.environ)
        if problems:
            self._refuse(*problems)

    def _check_retiring(self, called: Sequence[ProviderSpec]) -> None:
        if self.settings.retiring != "error":
            return
        from pytest_arena.engine.provider_factory import retirement_notes

        fix = "name a model that lives on, or give --arena-retiring=warn"
        notes = retirement_notes(self.registry, called)
        if notes:
            self._refuse(*(Problem(f"--arena-retiring=error: {note}", fix=fix) for note in notes))

    def _called(self, asked: AskedProviders) -> list[ProviderSpec]:
        """Return the providers and judges of the cells; of an earlier run's, the judges alone."""
        if self.settings.rejudge is None:
            return [*asked.columns, *asked.judges(self._arenas)]
        return [
            spec
            for arena in self._arenas
            for spec in asked.judges([arena])
            if not _rival(spec, arena)
        ]

    def _check_prices(self, asked: AskedProviders) -> None:
        from pytest_arena.loading.budgets import unknown_price, unpriced

        for spec in unpriced((*asked.columns, *asked.beside), self.registry):
            self._refuse(unknown_price(spec))

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        if self._has_refused:
            # pytest comes here all the same, and would tell of the last mistake alone
            return
        if not hasattr(self.config, "workerinput"):
            self._check_formats()
        selection = self._selection
        asked = selection.asked if selection is not None else asked_by(session.items)
        self._check_calls(asked)
        self._check_recordings(session.items)
        if not any(isinstance(item, CellItem) for item in session.items):
            return
        if not self._knows_order and self._share.portion < 1:
            self._check_that_loads_run_alone(session)
        if self.settings.calls:
            if not self._knows_order:
                self._check_that_limits_can_be_shared()
            self._check_that_judges_can_be_shared(asked)
        files = {item.parent for item in session.items if isinstance(item, CellItem)}
        held = sorted({name for file in files for name in holding_back(file)})
        if held and self._share.slot == 0:
            self._warn_of_held_back_calls(session, held)

    def _check_recordings(self, items: Sequence[pytest.Item]) -> None:
        """Refuse recordings that are to be made where nothing can be written.

        One that is there may have all answers, so that nothing need be.
        """
        if not self.settings.records or self.config.option.collectonly:
            return
        from pytest_arena.recording.files import RecordingFile, recording_name

        tests = {item.nodeid.partition("::")[0] for item in items if uses_arena(item)}
        cells = {item.plan.file for item in items if isinstance(item, CellItem)}
        cells = {one.file for one in self._arenas if one.file in cells and _is_recorded(one)}
        if self.settings.recordings_dir is not None:
            self._check_that_a_folder_takes(cells)
        root = recordings_root(self.config, self.settings)
        known = [RecordingFile(root, recording_name(file)) for file in sorted(tests | cells)]
        made = [one for one in known if one.may_be_recorded(self.settings.record)]
        found = [one.problem() for one in made if not one.exists()]
        problems = dict.fromkeys(problem for problem in found if problem is not None)
        if problems:
            self._refuse(*problems)

    def _check_that_a_folder_takes(self, files: Iterable[str]) -> None:
        """Refuse a folder for recordings of arena files that have no name below the root directory,
        since names below it are those in the folder."""
        for file in sorted(files):
            if os.path.isabs(file) or file.startswith("../"):
                problem = Problem(
                    f"--arena-recordings-dir takes no recording of {file}, which is outside of "
                    "the root directory",
                    expected=f"arena files below {self.config.rootpath}",
                    fix="name a folder that has all of them: --rootdir FOLDER; or leave the option "
                    "out",
                )
                self._refuse(problem)

    def _warn_of_held_back_calls(self, session: pytest.Session, fixtures: Sequence[str]) -> None:
        text = (
            "arena calls cannot start ahead of their items: the autouse fixture "
            f"{', '.join(fixtures)} is made anew for each item"
        )
        advice = "give it a wider scope to have many calls in flight"
        try:
            session.warn(ArenaWarning(f"{text}; {advice}"))
        except ArenaWarning:
            # under -W error; raised from here, it would look like a bug of ours
            allow = "-W ignore::pytest_arena.collection.items.ArenaWarning"
            self._refuse(Problem(text, fix=f"{advice}, or allow it with {allow}"))

    def _check_that_limits_can_be_shared(self) -> None:
        limits = {"--arena-concurrency": self.settings.concurrency}
        for arena in self._arenas:
            limits |= {
                f"provider {s.name!r}": s.concurrency for s in arena.providers if s.concurrency
            }
        for name, limit in limits.items():
            if limit < self._share.workers:
                problem = Problem(
                    f"{name} allows {counted(limit, 'call')} in flight, which "
                    f"{self._share.workers} workers cannot share under this --dist",
                    fix="use --dist load (the default), or fewer workers",
                )
                self._refuse(problem)

    def _check_that_judges_can_be_shared(self, asked: AskedProviders) -> None:
        """Refuse a judge, an embedding model or a provider to compare with that has fewer places
        than workers: each of them may have to ask it."""
        active = self._share.active(self.settings.concurrency)
        shards = self._share.shard.at_once
        of_each = f"{active} workers" if shards == 1 else f"{shards} shards"
        if shards > 1 < active:
            of_each += f" of {active} workers each"
        fewer = "workers" if shards == 1 else "shards at once (--arena-shard-limits)"
        limits: dict[str, int] = {}
        for arena in self._arenas:
            add_limits(limits, (*arena.providers, *arena.judges))
        for spec, what in self._asked_beside(asked):
            # of entries that ask the same, the smallest limit holds
            limit = limits.get(spec.pool, spec.concurrency)
            if limit and limit < active * shards:
                problem = Problem(
                    f"{spec.name!r} {what}, and allows "
                    f"{counted(limit, 'call')} in flight, which {of_each} "
                    "cannot share",
                    fix=f"give it concurrency: {active * shards} or more, or use fewer {fewer}",
                )
                self._refuse(problem)

    def _asked_beside(self, asked: AskedProviders) -> list[tuple[ProviderSpec, str]]:
        """Return whoever may be asked for cells of other providers, with what for; in shards,
        which each have a part of a provider's cells, fallbacks among them."""
        what = "judges, embeds, plays a user or is compared with"
        found = {id(spec): (spec, what) for spec in asked.judges(self._arenas)}
        if self._share.shard.count > 1:
            for spec in asked.fallbacks:
                found.setdefault(id(spec), (spec, "is a fallback"))
        return list(found.values())

    def _check_that_loads_stay_in_one_shard(self, asked: AskedProviders) -> None:
        """Refuse to put a load on a provider that other shards may ask meanwhile."""
        beside = {spec.endpoint for spec, _ in self._asked_beside(asked)}
        for name in sorted({spec.name for spec in asked.loaded if spec.endpoint in beside}):
            problem = Problem(
                f"a load case runs alone on provider {name!r}, which judges or stands in for "
                "others in every shard",
                fix="leave load cases out of this run (-k, -m), and run them by themselves",
            )
            self._refuse(problem)

    def _check_that_loads_run_alone(self, session: pytest.Session) -> None:
        """Refuse load cases beside workers on other machines, which share no table with them."""
        for provider in sorted({spec.name for spec in providers_under_load(session.items)}):
            problem = Problem(
                f"a load case runs alone on provider {provider!r}, which workers on several "
                "machines cannot arrange under this --dist",
                fix="use --dist load (the default), or workers on one machine",
            )
            self._refuse(problem)

    def _refuse(self, *problems: Problem) -> None:
        """End the run as a usage error, which only the controller can do."""
        self._has_refused = True
        text = str(UsageError(problems))
        if not hasattr(self.config, "workerinput"):
            raise pytest.UsageError(text)
        report = pytest.CollectReport("", "failed", text, [], arena_usage_error=text)
        self.config.hook.pytest_collectreport(report=report)


def _is_recorded(arena: Arena) -> bool:
    """Return whether answers of an arena can be recorded: those of mocks stand in its file."""
    from pytest_arena.recording.keys import is_kept

    asked = (*arena.every_provider, *arena.judges)
    return any(spec.provider != "mock" and is_kept(spec) for spec in asked)


def _rival(spec: ProviderSpec, arena: Arena) -> bool:
    """Return whether a provider is asked only to be compared with."""
    return any(
        spec is rival for plan in arena.cells for one in plan.rivals.values() for rival in one
    )


def _no_cases(file: str) -> Problem:
    return Problem(
        "the arena has no cases",
        Location(file, 1, 1),
        expected="a list of cases under tests:, or Python tests with the fixture arena",
        fix="write it like tests: [{name: Greeting, prompt: Hello!, assertions: […]}]",
    )
