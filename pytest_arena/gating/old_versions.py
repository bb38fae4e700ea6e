"""The version that a baseline was made with, as plans that can be asked beside the new ones."""

from __future__ import annotations

import tarfile
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from pytest_arena.comparison.baseline.model import HASHES, Baseline
from pytest_arena.comparison.baseline.source import files_at
from pytest_arena.errors import Problem, ProviderError, UsageError, UserError
from pytest_arena.loading.versions import earlier_version, judged_alike
from pytest_arena.results.request_response import WITHOUT_CALL

if TYPE_CHECKING:
    from pytest_arena.loading.plans import CellPlan
    from pytest_arena.registry import Registry
    from pytest_arena.results.attached_file import AttachedFile

GIT = "git:"


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
        return replace(plan, old=self._old(plan, before.hashes))

    def _old(self, plan: CellPlan, hashes: Mapping[str, str]) -> CellPlan | None:
        if not self._source.startswith(GIT):
            prompt = self._baseline.prompts.get(hashes.get("prompt", ""))
            provider = self._baseline.providers.get(hashes.get("provider", ""))
            return earlier_version(plan, hashes, prompt, provider)
        found = self._plans(plan.file).get((plan.case.name, plan.column))
        if found is not None and found.provider.system is not None:
            # its old code is not there any more: only an application that is the same can be asked
            same = found.hashes["provider"] == plan.hashes["provider"]
            found = replace(found, provider=plan.provider) if same else None
        return judged_alike(found, plan, found.hashes) if found is not None else None

    def _read(self, file: str) -> Mapping[tuple[str, str], CellPlan]:
        """Load an arena file as it was, with all that it includes, from a folder of its own."""
        from pytest_arena.loading import load_arena

        revision = self._source.removeprefix(GIT)
        with TemporaryDirectory(prefix="arena-old-") as folder:
            root = Path(folder)
            with tarfile.open(fileobj=BytesIO(files_at(revision, self._folder))) as files:
                # what leads out of the folder is left out
                files.extractall(root, filter=_inside)  # noqa: S202
            if not (root / file).exists():
                return {}
            try:
                arena = load_arena(root / file, root=root, registry=self._registry)
                plans = [self._with_files(plan, root.resolve()) for plan in arena.cells]
            except UserError as error:
                raise UsageError(
                    Problem(
                        f"--arena-old {self._source}: {file} cannot be read there: {error}",
                        expected="a revision whose arena file this version reads",
                        fix="name another revision, or give --arena-old=off",
                    )
                ) from error
        return {(plan.case.name, plan.column): plan for plan in plans}

    def _with_files(self, plan: CellPlan, gone: Path) -> CellPlan:
        """Return a plan whose files can be read when the folder that it was loaded in is gone."""
        files = {name: self._outliving(file, gone) for name, file in plan.case.files.items()}
        return replace(plan, case=replace(plan.case, files=files)) if files else plan

    def _outliving(self, file: AttachedFile, gone: Path) -> AttachedFile:
        if file.path is None:
            return file
        here = replace(file, path=self._folder / file.path.relative_to(gone))
        try:
            here.read()
        except ProviderError:
            return file.held()
        return here
