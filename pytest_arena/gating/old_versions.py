"""The version that a baseline was made with, as plans that can be asked beside the new ones."""

from __future__ import annotations

import tarfile
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from io import BytesIO
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import TYPE_CHECKING
from weakref import finalize

from pytest_arena.comparison.baseline.model import HASHES, Baseline
from pytest_arena.comparison.baseline.source import files_at
from pytest_arena.errors import Problem, UsageError, UserError
from pytest_arena.git import run_git
from pytest_arena.loading.versions import earlier_version, judged_alike
from pytest_arena.results.request_response import WITHOUT_CALL

if TYPE_CHECKING:
    from pytest_arena.loading.plans import CellPlan
    from pytest_arena.registry import Registry

GIT = "git:"
_LONGEST_GIT_S = 60.0


def _inside(member: tarfile.TarInfo, folder: str) -> tarfile.TarInfo | None:
    """Leave out what leads out of the folder, as a link to an absolute path: no arena does."""
    try:
        return tarfile.data_filter(member, folder)
    except tarfile.FilterError:
        return None


class OldVersions:
    """The old versions of cells, from what the baseline keeps, or from a revision in git."""

    def __init__(self, source: str, baseline: Baseline, folder: Path, registry: Registry) -> None:
        self._source = source
        self._baseline = baseline
        self._folder = folder
        self._registry = registry
        self._plans = cache(self._read)
        self._checkout = cache(self._check_out)
        self.notes: dict[str, str] = {}
        """What there is to say of old versions that cannot be asked, by provider."""

    def beside(self, plan: CellPlan) -> CellPlan:
        """Return a plan with its old version, where that is another one and can be asked."""
        before = self._baseline.cells.get((plan.file, plan.case.name, plan.column))
        if before is None or self._source == "off" or plan.case.load is not None or plan.rivals:
            return plan
        kinds = (before.source, plan.provider.provider)
        if before.deterministic or any(kind in WITHOUT_CALL for kind in kinds):
            # asking again would repeat the answer
            return plan
        if all(before.hashes.get(name, "") == plan.hashes.get(name, "") for name in HASHES):
            return plan
        old = self._old(plan, before.hashes)
        if old is None and plan.provider.system is not None:
            self._note(plan, before.hashes)
        return replace(plan, old=old)

    def _note(self, plan: CellPlan, hashes: Mapping[str, str]) -> None:
        """Say that an application's old code has no say."""
        if hashes.get("provider") == plan.hashes["provider"]:
            return
        name = plan.provider.name
        said = (
            f"provider {name!r} is not the one of the baseline, and the old one cannot be asked: "
            "its trials in the baseline stand for it"
        )
        if not self._source.startswith(GIT):
            said += "; --arena-old git:REV asks the code of a revision, where it can"
        self.notes[name] = said

    def _old(self, plan: CellPlan, hashes: Mapping[str, str]) -> CellPlan | None:
        if not self._source.startswith(GIT):
            prompt = self._baseline.prompts.get(hashes.get("prompt", ""))
            provider = self._baseline.providers.get(hashes.get("provider", ""))
            return earlier_version(plan, hashes, prompt, provider)
        found = self._plans(plan.file).get((plan.case.name, plan.column))
        if found is not None and found.provider.system is not None:
            found = self._application(found, plan)
        return judged_alike(found, plan, found.hashes) if found is not None else None

    def _read(self, file: str) -> Mapping[tuple[str, str], CellPlan]:
        """Load an arena file as it was, with all that it includes."""
        from pytest_arena.loading import load_arena

        root = self._checkout()
        if not (root / file).exists():
            return {}
        try:
            arena = load_arena(root / file, root=root, registry=self._registry)
        except UserError as error:
            raise UsageError(
                Problem(
                    f"--arena-old {self._source}: {file} cannot be read there: {error}",
                    expected="a revision whose arena file this version reads",
                    fix="name another revision, or give --arena-old=off",
                )
            ) from error
        return {(plan.case.name, plan.column): plan for plan in arena.cells}

    def _check_out(self) -> Path:
        """Return a folder with all files as they were; it lasts as long as the run."""
        root = Path(mkdtemp(prefix="arena-old-")).resolve()
        finalize(self, rmtree, root, ignore_errors=True)
        content = files_at(self._source.removeprefix(GIT), self._folder)
        with tarfile.open(fileobj=BytesIO(content)) as files:
            # what leads out of the folder is left out
            files.extractall(root, filter=_inside)  # noqa: S202
        # an application's `version: git` is the content of what git would see
        run_git(root, "init", "-q", longest_s=_LONGEST_GIT_S).check_returncode()
        return root

    def _application(self, old: CellPlan, new: CellPlan) -> CellPlan | None:
        """Return the plan that asks an application as it was: the same one, or its old code."""
        if old.hashes["provider"] == new.hashes["provider"]:
            return replace(old, provider=new.provider)
        spec = old.provider
        options = spec.system and spec.system.of_checkout(
            spec.folder, self._checkout(), new.provider.folder
        )
        if not options:
            return None
        return replace(old, provider=spec.model_copy(update={"options": options}))
