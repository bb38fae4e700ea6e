"""The `arena` command: validate, schema, init and version."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pytest_arena._version import __version__
from pytest_arena.cli import main

GOOD = """\
providers: [{name: m, provider: mock}]
tests: [{name: A, prompt: hi, assertions: [{type: contains, value: x}]}]
"""


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])


def test_validate_counts_good_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "arena.yaml").write_text(GOOD)
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "b.arena.yml").write_text(GOOD)
    (tmp_path / "more" / "other.yaml").write_text("no arena")
    assert main(["validate"]) == 0
    assert capsys.readouterr().out == "2 arena files, 2 cells: no problems\n"


def test_validate_shows_the_problems_of_all_files(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "arena.yaml").write_text(GOOD.replace("prompt: hi", "prompt: hi, skip: 3, skip: 4"))
    (tmp_path / "b.arena.yaml").write_text(GOOD + "tsts: []\n")
    assert main(["validate", "--root", ".", "."]) == 1
    out = capsys.readouterr().out
    assert [line for line in out.splitlines() if not line.startswith("  ")] == [
        "arena.yaml:2:40: duplicate key 'skip'",
        "b.arena.yaml:3:1: unknown key 'tsts' in the arena",
        "2 problems in 2 arena files",
    ]


def test_validate_shows_what_is_wrong_with_single_scenarios(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    turns = "turns: [{role: user, content: Hi, assertions: [{type: %s, params: {patterns: [x]}}]}]"
    (tmp_path / "arena.yaml").write_text(
        "apiVersion: promptkit.altairalabs.ai/v1alpha1\n"
        "kind: Arena\n"
        "metadata: {name: s}\n"
        "spec:\n"
        "  provider_specs: {m: {type: mock, model: m}}\n"
        "  scenario_specs:\n"
        f"    good: {{{turns % 'contains'}}}\n"
        f"    bad: {{{turns % 'contians'}}}\n"
    )
    assert main(["validate"]) == 1
    out = capsys.readouterr().out
    assert (
        "arena.yaml:8:65: unknown type of assertion 'contians' in turn 1 of scenario 'bad'" in out
    )
    assert out.endswith("1 problem in 1 arena file\n")


def test_validate_takes_plug_ins(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "shouting_plugin.py").write_text(
        "from typing import ClassVar\n"
        "from pytest_arena import Assertion\n"
        "class Shouts(Assertion):\n"
        "    type: ClassVar[str] = 'shouts'\n"
        "def pytest_arena_register(registry):\n"
        "    registry.assertion(Shouts)\n"
    )
    (tmp_path / "arena.yaml").write_text(GOOD.replace("type: contains, value: x", "type: shouts"))
    assert main(["validate", "-p", "shouting_plugin"]) == 0
    assert main(["validate"]) == 1
    assert "unknown assertion type 'shouts'" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (
            ["validate", "nowhere.yaml"],
            "'nowhere.yaml' does not exist\n  expected: an arena file or a folder\n",
        ),
        (
            ["validate", "."],
            "no arena files in '.'\n"
            "  expected: files named arena.yaml, arena.yml, *.arena.yaml, *.arena.yml\n"
            "  fix: name a file, or run arena init for a first arena\n",
        ),
        (
            ["schema", "-p", "no_such_plugin"],
            "plug-in 'no_such_plugin' cannot be imported: No module named 'no_such_plugin'\n"
            "  expected: a module that Python finds, or one in the working directory\n"
            "  fix: mend the name after -p\n",
        ),
        (
            ["schema", "-p", "json"],
            "plug-in 'json' registers nothing\n"
            "  expected: a function pytest_arena_register(registry)\n"
            "  fix: write it, or leave -p out\n",
        ),
        (
            ["schema", "--output", "no/such/folder.json"],
            "cannot write 'no/such/folder.json': No such file or directory\n"
            "  expected: a file in a folder that exists\n"
            "  fix: name another file after --output\n",
        ),
    ],
)
def test_wrong_use_is_told_whole_and_exits_with_4(
    arguments: list[str], text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 4
    assert capsys.readouterr().err == text


@pytest.mark.parametrize("command", ["validate", "power", "pack", "import"])
def test_a_name_that_is_too_long_is_told(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    name = "x" * 300
    assert main([command, name]) == 4
    assert capsys.readouterr().err == f"cannot use {name}: File name too long\n"


def test_schema_is_printed_and_written_the_same(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["schema"]) == 0
    printed = capsys.readouterr().out
    assert main(["schema", "--output", "arena.schema.json"]) == 0
    assert (tmp_path / "arena.schema.json").read_text() == printed
    assert json.loads(printed)["$schema"] == "https://json-schema.org/draft/2020-12/schema"


def test_init_writes_an_arena_without_problems(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["init", "first"]) == 0
    assert capsys.readouterr().out == (
        "wrote first/arena.yaml, and first/arena.schema.json for your editor\n"
        "run it: pytest --arena first\n"
    )
    arena = (tmp_path / "first" / "arena.yaml").read_text()
    assert arena.startswith("# yaml-language-server: $schema=arena.schema.json\n")
    schema = json.loads((tmp_path / "first" / "arena.schema.json").read_text())
    assert schema["title"] == "pytest-arena file"
    assert main(["validate", "first"]) == 0
    assert capsys.readouterr().out == "1 arena file, 6 cells: no problems\n"


def test_init_never_overwrites(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "arena.yaml").write_text("mine")
    assert main(["init"]) == 4
    assert capsys.readouterr().err == (
        "'arena.yaml' exists already\n"
        "  expected: a folder without an arena.yaml\n"
        "  fix: name another folder: arena init FOLDER\n"
    )
    assert (tmp_path / "arena.yaml").read_text() == "mine"
    (tmp_path / "arena.yaml").unlink()
    (tmp_path / "arena.schema.json").write_text("{}")
    assert main(["init"]) == 0
    assert (tmp_path / "arena.schema.json").read_text() == "{}"


def test_version_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["--version"])
    assert caught.value.code == 0
    assert capsys.readouterr().out == f"pytest-arena {__version__}\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["merge", "s", "--nope"], "arena: error: unrecognized arguments: --nope\n"),
        (
            ["merge", "s", "--expect", "two"],
            "arena merge: error: argument --expect: invalid int value: 'two'\n",
        ),
        (["import"], "arena import: error: the following arguments are required: FILE\n"),
        (
            ["ray", "--shards", "0"],
            "arena ray: error: argument --shards: 0 is not a number from 1 to 100,000\n",
        ),
    ],
)
def test_a_mistake_in_the_command_line_is_a_usage_error(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    # 2 would be an incomplete run to whoever reads exit codes of arena merge
    assert caught.value.code == 4
    assert capsys.readouterr().err.endswith(said)


INTERRUPTED_AT = """
import sys

class Interrupts:
    def find_spec(self, name, *_):
        if name == {module!r}:
            raise KeyboardInterrupt

sys.meta_path.insert(0, Interrupts())
from pytest_arena.cli import main
sys.exit(main())
"""


@pytest.mark.parametrize(
    ("arguments", "module"),
    [
        (["merge", "results"], "pytest_arena.cli.merge"),
        (["merge", "results"], "pytest_arena.results.merging"),
        (["report", "results"], "pytest_arena.results"),
        (["init"], "json"),
        (["schema"], "pydantic"),
    ],
)
def test_ctrl_c_is_one_line_whatever_it_breaks_off(
    tmp_path: Path, arguments: list[str], module: str
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPTED_AT.format(module=module), *arguments],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
        capture_output=True,
        text=True,
        check=False,
    )
    said = "arena: interrupted; files that it had yet to write are missing\n"
    assert (done.returncode, done.stdout, done.stderr) == (130, "", said)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("arguments", [["schema", "--output", "s.json"], ["init"]])
def test_ctrl_c_amid_a_file_takes_effect_when_it_is_written(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = Path.open

    def interrupted(path: Path, mode: str = "r", *more: Any, **named: Any) -> Any:
        stream = opened(path, mode, *more, **named)
        if mode in ("w", "x"):
            signal.raise_signal(signal.SIGINT)
        return stream

    monkeypatch.setattr(Path, "open", interrupted)
    # where the tests run in the background, Ctrl-C is ignored
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        assert main(arguments) == 130
    finally:
        signal.signal(signal.SIGINT, before)
    (written,) = Path().iterdir()
    assert written.stat().st_size


def test_the_command_imports_nothing_heavy_until_it_needs_it() -> None:
    code = (
        "import sys, pytest_arena.cli.parser as cli; cli.build_parser(); "
        "heavy = {'pydantic', 'yaml', 'litellm', 'openai', 'pandas', 'jinja2', 'pytest'}; "
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[3],
    )
    assert done.stdout == "[]\n"


ESTIMATED = """\
providers:
  - {name: mini, provider: openai, model: own, input_cost_per_million: 1000,
     output_cost_per_million: 2000, rate_limit: {requests_per_minute: 6}}
  - {name: ours, provider: openai, model: nobody-knows}
tests:
  - {name: A, prompt: "12345678", trials: 5, assertions: [{type: contains, value: x}]}
"""


def test_validate_estimates_a_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.arena.yaml").write_text(ESTIMATED)
    assert main(["validate", "--estimate", str(tmp_path)]) == 0
    assert capsys.readouterr().out == (
        "1 arena file, 2 cells: no problems\n"
        "\n"
        "provider  calls  tokens in    out  dollars  at most  minutes  held back by\n"
        "mini          5         25  1,000    $2.03    $2.03      0.8  6 requests a minute\n"
        "ours          5         25  1,000  unknown  unknown      0.1  16 at once\n"
        "together     10         50  2,000   $2.03+   $2.03+      0.8\n"
        "\n"
        "Taken for granted: 2 s a call, 4 characters a token, answers of 200 tokens (at most: of "
        "the length that max_tokens allows).\n"
        "Not counted: further attempts, embeddings, what recordings and the cache answer.\n"
        "Unknown price: ours (openai/nobody-knows). Set input_cost_per_million and "
        "output_cost_per_million.\n"
    )


def test_validate_estimates_judges_on_lines_of_their_own(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    check = "{type: contains, value: x}, {type: tone, value: friendly, judge: ours}"
    text = ESTIMATED.replace("{type: contains, value: x}", check)
    (tmp_path / "a.arena.yaml").write_text(text)
    assert main(["validate", "--estimate", str(tmp_path)]) == 0
    _, _, title, _, _, judge, together, _, *said = capsys.readouterr().out.splitlines()
    assert title.split()[:2] == ["provider", "calls"]
    assert judge.split()[:5] == ["ours", "(judges)", "0", "to", "10"]
    assert together.split()[:4] == ["together", "10", "to", "20"]
    assert said[2:] == [
        "Judges: one call a question, without the second one after a reply that cannot be used. "
        "Where a range stands, the answers decide; the other figures are for the most calls.",
        "Unknown price: ours (openai/nobody-knows). Set input_cost_per_million and "
        "output_cost_per_million.",
    ]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (
            ["--trials", "3"],
            "--trials changes the estimate alone\n  fix: give --estimate, too\n",
        ),
        (
            ["--estimate", "--concurrency", "0"],
            "--concurrency: 0 is not a number of at least 1\n"
            "  fix: give a whole number, as in --concurrency=4\n",
        ),
    ],
)
def test_validate_refuses_options_without_effect(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str], said: str
) -> None:
    assert main(["validate", *options, str(tmp_path)]) == 4
    assert capsys.readouterr().err == said


def test_validate_works_in_a_project_that_makes_errors_of_warnings(tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\nfilterwarnings = error\n")
    (tmp_path / "arena.yaml").write_text(
        "providers: [{name: m, provider: mock, model: a}]\n"
        "tests: [{name: A, prompt: Hi, assertions: [{type: contains, value: x}]}]\n"
    )
    # as from a shell: in this process pytest has rewritten the plug-in
    command = [sys.executable, "-c", "from pytest_arena.cli import main; raise SystemExit(main())"]
    done = subprocess.run(
        [*command, "validate", "arena.yaml"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (
        0,
        "1 arena file, 1 cell: no problems\n",
        "",
    )


def test_personas_that_ship_are_listed_and_shown_as_entries_of_a_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["personas"]) == 0
    listed = capsys.readouterr().out.splitlines()
    assert len(listed) == 8
    assert listed[0].split(maxsplit=1)[0] == "impatient"
    assert main(["personas", "impatient", "terse"]) == 0
    shown = capsys.readouterr().out
    case = "{name: A, conversation: [{persona: terse}], assertions: [{type: contains, value: x}]}"
    head = "providers: [{name: m, provider: mock, model: any}]\njudge: m\n"
    Path("a.arena.yaml").write_text(f"{head}{shown}tests: [{case}]\n")
    assert main(["validate", "a.arena.yaml"]) == 0
    assert main(["personas", "imptient"]) == 4
    assert "did you mean 'impatient'?" in capsys.readouterr().err


@pytest.mark.skipif(os.name == "nt", reason="a folder that is somebody's current one stays")
@pytest.mark.parametrize("command", [["validate"], ["merge", "x"], ["report", "x"], ["schema"]])
def test_a_working_directory_that_is_gone_is_told(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    command: list[str],
) -> None:
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()

    assert main(command) == 4
    assert capsys.readouterr().err == (
        "the working directory is gone\n  fix: go to a folder that is there\n"
    )


def test_a_folder_that_may_not_be_looked_into_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "hidden").mkdir()
    usual = Path.iterdir

    def iterdir(path: Path) -> Iterator[Path]:
        if path.name == "hidden":
            # whoever runs the tests may look into all folders
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
        return iter(usual(path))

    monkeypatch.setattr(Path, "iterdir", iterdir)

    assert main(["validate"]) == 4
    assert capsys.readouterr().err == "cannot use hidden: Permission denied\n"
