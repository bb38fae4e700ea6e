"""A baseline is read from a file, a results file, or a revision in git."""

from __future__ import annotations

import os
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from gate_runs import cell_of, kept, run_of

from pytest_arena.comparison.baseline.file import baseline_bytes
from pytest_arena.comparison.baseline.source import MissingBaselineError, read_baseline
from pytest_arena.errors import UsageError
from pytest_arena.results import RunResult
from pytest_arena.results.serialize import cell_line, end_line, run_line

BASELINE = baseline_bytes(kept(cell_of("PPF")))
KEYS = [("arena.yaml", "Reset", "mini")]


def results_of(run: RunResult) -> bytes:
    lines = [run_line(run.info), *map(cell_line, run.cells), end_line(run)]
    return "".join(f"{line}\n" for line in lines).encode()


def git(folder: Path, *arguments: str) -> str:
    facts = {
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_SYSTEM": os.devnull,
        **{f"GIT_{who}_{what}": "a@b.example" for who in ("AUTHOR", "COMMITTER")
           for what in ("NAME", "EMAIL")},
    }  # fmt: skip
    done = subprocess.run(
        ["git", *arguments], cwd=folder, env={**os.environ, **facts}, check=True,
        capture_output=True, text=True,
    )  # fmt: skip
    return done.stdout.strip()


def commit(folder: Path, content: bytes, path: str = "b.jsonl") -> str:
    (folder / path).parent.mkdir(parents=True, exist_ok=True)
    (folder / path).write_bytes(content)
    git(folder, "add", path)
    git(folder, "commit", "-q", "-m", "baseline")
    return git(folder, "rev-parse", "HEAD")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    git(tmp_path, "init", "-q", "-b", "main")
    return tmp_path


def complaint(reference: str, folder: Path) -> str:
    with pytest.raises(UsageError) as caught:
        read_baseline(reference, folder)
    return str(caught.value)


def test_a_baseline_file_is_read_and_named(tmp_path: Path) -> None:
    (tmp_path / "b.jsonl").write_bytes(BASELINE)
    baseline = read_baseline("b.jsonl", tmp_path)
    assert (list(baseline.cells), baseline.name) == (KEYS, "b.jsonl")
    assert read_baseline(str(tmp_path / "b.jsonl"), Path("/")).cells == baseline.cells


def test_a_results_file_is_as_good_as_a_baseline(tmp_path: Path) -> None:
    (tmp_path / "results.jsonl").write_bytes(results_of(run_of(cell_of("PPF"))))
    baseline = read_baseline("results.jsonl", tmp_path)
    assert baseline_bytes(baseline) == BASELINE
    assert baseline.name == "results.jsonl"


def test_a_revision_in_git_is_read(repository: Path) -> None:
    first = commit(repository, BASELINE)
    commit(repository, baseline_bytes(kept(cell_of("F"))))
    for revision in (first, "HEAD~1", first[:10]):
        baseline = read_baseline(f"git:{revision}:b.jsonl", repository)
        assert baseline.cells[KEYS[0]].passed == 2
    assert read_baseline("git:main:./b.jsonl", repository).cells[KEYS[0]].passed == 0


def test_results_in_git_are_read(repository: Path) -> None:
    commit(repository, results_of(run_of(cell_of("PPF"))))
    assert baseline_bytes(read_baseline("git:main:b.jsonl", repository)) == BASELINE


def test_the_merge_base_with_a_branch_is_read(repository: Path) -> None:
    commit(repository, BASELINE)
    git(repository, "checkout", "-q", "-b", "topic")
    commit(repository, baseline_bytes(kept(cell_of("FF"))))
    git(repository, "checkout", "-q", "main")
    commit(repository, baseline_bytes(kept(cell_of("FFF"))))
    git(repository, "checkout", "-q", "topic")
    baseline = read_baseline("git:merge-base(main):b.jsonl", repository)
    assert baseline.cells[KEYS[0]].passed == 2


def test_paths_start_from_the_folder_where_pytest_was_called(repository: Path) -> None:
    commit(repository, BASELINE, "deep/.arena/b.jsonl")
    baseline = read_baseline("git:main:.arena/b.jsonl", repository / "deep")
    assert list(baseline.cells) == KEYS


def test_a_missing_file_is_told_apart_so_that_a_first_run_may_go_without(tmp_path: Path) -> None:
    with pytest.raises(MissingBaselineError) as caught:
        read_baseline(".arena/baseline.jsonl", tmp_path)
    assert str(caught.value) == (
        "there is no baseline .arena/baseline.jsonl\n"
        "  expected: a baseline file, a results.jsonl, or git:REV:PATH\n"
        "  fix: write it with `pytest --arena --arena-update-baseline`, or go without it once with "
        "--arena-baseline-missing=warn"
    )


def test_a_folder_is_no_baseline(tmp_path: Path) -> None:
    assert complaint(".", tmp_path) == (
        "the baseline . cannot be read: not a regular file\n"
        "  expected: a baseline file, a results.jsonl, or git:REV:PATH\n"
        "  fix: name a file that can be read"
    )


@pytest.mark.parametrize("scheme", ["s3", "https", "file"])
def test_a_url_is_not_read(tmp_path: Path, scheme: str) -> None:
    assert complaint(f"{scheme}://me:word@host/b.jsonl?sig=abc", tmp_path) == (
        f"the baseline {scheme}://host/b.jsonl is a URL, and not read from there\n"
        "  expected: a baseline file, a results.jsonl, or git:REV:PATH\n"
        "  fix: copy it here before the run, and name the copy"
    )


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert "cannot be read: not a regular file" in complaint("pipe", tmp_path)


def test_an_empty_file_is_no_baseline(tmp_path: Path) -> None:
    (tmp_path / "b.jsonl").write_text("\n")
    assert complaint("b.jsonl", tmp_path) == (
        "the baseline b.jsonl is empty\n"
        "  expected: a baseline or a results.jsonl\n"
        "  fix: write it with `pytest --arena --arena-update-baseline`"
    )


def test_a_file_of_another_kind_is_named_as_the_user_named_it(tmp_path: Path) -> None:
    (tmp_path / "b.jsonl").write_text('{"kind": "cat"}\n')
    text = complaint("b.jsonl", tmp_path)
    assert text.startswith("b.jsonl:1:1: ")
    assert "/" not in text.partition("\n")[0]


@pytest.mark.parametrize(
    ("arenas", "path", "expected"),
    [
        (5, "", "a list"),
        (["arena.yaml"], "[0]", "a mapping"),
        ([{}, {"versions": [1]}], "[1].versions", "a mapping"),
        ([{"versions": {"ab": "cd"}}], "[0].versions.ab", "a mapping"),
        ([{"versions": {"ab": {"further": ""}}}], "[0].versions.ab.further", "a mapping"),
        ([{"versions": {"ab": {"params": [1]}}}], "[0].versions.ab.params", "a mapping"),
        ([{"versions": {"ab": {"provider": 1}}}], "[0].versions.ab.provider", "a text"),
        ([{"versions": {"ab": {"model": {"a": 1}}}}], "[0].versions.ab.model", "a text"),
    ],
)
def test_a_results_file_whose_providers_cannot_be_read_is_refused(
    tmp_path: Path, arenas: object, path: str, expected: str
) -> None:
    run = run_of(cell_of("P"))
    run = replace(run, info=replace(run.info, options={"arenas": arenas}))
    (tmp_path / "results.jsonl").write_bytes(results_of(run))

    assert complaint("results.jsonl", tmp_path) == (
        f"results.jsonl:1:1: not a line of a results file: `options.arenas{path}` is not as it "
        "must be\n"
        f"  expected: {expected}\n"
        "  fix: settle a merge conflict in it, or restore it from git"
    )


@pytest.mark.parametrize(
    "arenas", [None, [], [{}], [{"versions": None}], [{"versions": {"ab": {"model": None}}}]]
)
def test_a_results_file_need_not_say_how_providers_were_asked(
    tmp_path: Path, arenas: object
) -> None:
    run = run_of(cell_of("P"))
    run = replace(run, info=replace(run.info, options={"arenas": arenas}))
    (tmp_path / "results.jsonl").write_bytes(results_of(run))

    assert list(read_baseline("results.jsonl", tmp_path).cells) == KEYS


def test_a_baseline_with_a_merge_conflict_names_its_line_and_the_way_out(tmp_path: Path) -> None:
    (tmp_path / "b.jsonl").write_text("<<<<<<< HEAD\n{}\n")
    with pytest.raises(UsageError) as caught:
        read_baseline("b.jsonl", tmp_path)
    assert str(caught.value) == (
        "b.jsonl:1:1: not JSON (Expecting value: line 1 column 1 (char 0))\n"
        "  expected: a baseline file or a results.jsonl\n"
        "  fix: settle a merge conflict in it, or restore it from git"
    )


def test_a_bad_line_of_a_baseline_in_git_is_named_with_its_reference(repository: Path) -> None:
    commit(repository, BASELINE + b"{\n")
    assert complaint("git:main:b.jsonl", repository).startswith("git:main:b.jsonl:4:1: not a line")


def test_outside_of_a_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert complaint("git:main:b.jsonl", tmp_path) == (
        f"baseline git:main:b.jsonl: {tmp_path} is in no git repository\n"
        "  expected: a git repository that has the revision\n"
        "  fix: run pytest inside the repository, or name a file as the baseline"
    )


def test_what_else_git_has_to_say_is_passed_on(repository: Path) -> None:
    (repository / ".git" / "config").write_text("[broken\n")
    text = complaint("git:main:b.jsonl", repository)
    assert text.startswith(
        f"baseline git:main:b.jsonl: git refuses {repository}: fatal: bad config"
    )


@pytest.mark.parametrize("revision", ["nothing", "--all", "-n1"])
def test_an_unknown_revision_is_never_an_option(repository: Path, revision: str) -> None:
    commit(repository, BASELINE)
    assert complaint(f"git:{revision}:b.jsonl", repository) == (
        f"baseline git:{revision}:b.jsonl: git knows no revision {revision!r}\n"
        "  expected: a branch, tag or commit that this clone has\n"
        f"  fix: fetch it first: git fetch origin {revision}:refs/remotes/origin/{revision}"
    )


def test_an_unknown_branch_in_a_merge_base(repository: Path) -> None:
    commit(repository, BASELINE)
    reference = "git:merge-base(origin/main):b.jsonl"
    assert complaint(reference, repository).partition("\n")[0] == (
        f"baseline {reference}: git knows no revision 'origin/main'"
    )


def test_branches_without_a_common_commit(repository: Path) -> None:
    commit(repository, BASELINE)
    git(repository, "checkout", "-q", "--orphan", "other")
    commit(repository, baseline_bytes(kept(cell_of("F"))))
    assert complaint("git:merge-base(main):b.jsonl", repository) == (
        "baseline git:merge-base(main):b.jsonl: this branch and 'main' have no common commit\n"
        "  expected: a clone that goes back to where the branches parted\n"
        "  fix: name a branch that this one comes from"
    )


def test_a_detached_shallow_checkout_knows_main_as_its_remotes_and_is_told_how_to_go_deeper(
    repository: Path, tmp_path: Path
) -> None:
    commit(repository, BASELINE)
    git(repository, "checkout", "-q", "-b", "change")
    for mark in "FP":
        commit(repository, baseline_bytes(kept(cell_of(mark))))
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "-q", "--depth=1", "--branch=change", repository.as_uri(), str(clone))
    git(clone, "checkout", "-q", "--detach")
    reference = "git:merge-base(main):b.jsonl"
    first = complaint(reference, clone)
    assert first.endswith("fix: fetch it first: git fetch origin main:refs/remotes/origin/main")
    git(clone, "fetch", "-q", "--depth=1", "origin", "main:refs/remotes/origin/main")
    second = complaint(reference, clone)
    assert second.endswith(
        "fix: fetch the whole history: git fetch --unshallow origin (in GitHub Actions: "
        "fetch-depth: 0)"
    )
    git(clone, "fetch", "-q", "--unshallow", "origin")
    assert read_baseline(reference, clone).cells == read_baseline("git:main:b.jsonl", clone).cells


def test_a_file_that_the_revision_lacks(repository: Path) -> None:
    head = commit(repository, BASELINE)
    with pytest.raises(MissingBaselineError) as caught:
        read_baseline("git:main:x.jsonl", repository)
    assert str(caught.value) == (
        f"baseline git:main:x.jsonl: main (commit {head[:12]}) has no file x.jsonl\n"
        f"  expected: a path relative to {repository}\n"
        "  fix: commit the baseline there first, or go without it once with "
        "--arena-baseline-missing=warn"
    )


@pytest.mark.parametrize(
    "reference", ["git:", "git:main", "git:main:", "git::b", "git:merge-base():b"]
)
def test_a_reference_that_lacks_a_part(tmp_path: Path, reference: str) -> None:
    assert complaint(reference, tmp_path) == (
        f"bad baseline {reference!r}\n"
        "  expected: git:REV:PATH or git:merge-base(BRANCH):PATH\n"
        "  fix: write it like git:main:.arena/baseline.jsonl"
    )


def test_without_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert complaint("git:main:b.jsonl", tmp_path) == (
        "a baseline in git needs the git command, which is not on the PATH\n"
        "  expected: git, or a file as the baseline\n"
        "  fix: install git, or check the file out and name it"
    )
