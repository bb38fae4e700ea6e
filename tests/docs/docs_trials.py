"""How each kind of code block is tried: one method a verb of the comment above it."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import textwrap
from pathlib import Path

from docs_blocks import Block
from stand_in_packages import STAND_INS
from warm_programs import WARM, Done

ROOT = Path(__file__).resolve().parents[2]
VERDICTS = ("passed", "failed", "error", "skipped")
_LANGUAGES = {
    "arena": {"yaml"},
    "collect": {"yaml"},
    "case": {"yaml"},
    "example": {"yaml"},
    "python": {"python"},
    "run": {"console"},
    "make": {"console"},
    "install": {"console"},
    "options": {"console"},
    "benchmark": {"console"},
}
_OF_A_SHELL = re.compile(r"[|&;<>$`*?(){}#]")
_QUOTED = re.compile(r"'[^']*'|\"[^\"$`\\]*\"")
_HEADER = """\
providers:
  - {name: mock, provider: mock, model: any, responses: {default: "Hello from the mock."}}
tests:
"""


class Page:
    """Try the blocks of one page, in their order, in one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.output = ""
        self.examples: list[Block] = []
        (folder / "pytest.ini").write_text(f"[pytest]\npythonpath = {STAND_INS}\n")

    def try_block(self, block: Block) -> None:
        """Do with a block what the comment above it says; an AssertionError says what is wrong."""
        method = getattr(self, f"_{block.verb}", None) if block.verb else None
        assert method, f"no comment above says how to try it; one of {sorted(_LANGUAGES)} or file"
        allowed = _LANGUAGES.get(block.verb)
        assert allowed is None or block.language in allowed, f"{block.verb} is for {allowed}"
        method(block)

    def try_examples(self) -> None:
        """Run all examples of the page in one arena: each is accepted and comes to an end.

        What they find does not matter here, since the mock's one answer cannot suit them all.
        """
        if not self.examples:
            return
        guardrails = self.examples[0].page == "docs/guardrails.md"
        text = _guardrails(self.examples) if guardrails else _cases(self.examples)
        self._write("examples.arena.yaml", text)
        only = () if guardrails else ("--arena-provider", "mock")
        expected = 0 if guardrails else 1
        self._pytest("--arena", "-rN", *only, "examples.arena.yaml", expected=expected)
        found = counts(self.folder / "arena-report")
        assert sum(found.values()) == (1 if guardrails else len(self.examples)), self.output
        assert found["skipped"] == 0, self.output

    def _file(self, block: Block) -> None:
        """Write it under its `path`, for the blocks that follow."""
        self._write(block.settings["path"], block.text)

    def _arena(self, block: Block) -> None:
        """Run a whole arena file offline: all cells hold, or the counts are those given."""
        name = block.settings.get("path", "arena.yaml")
        self._write(name, block.text)
        self._run_arena(name, block)

    def _case(self, block: Block) -> None:
        """Run entries of `tests:` against one mock provider."""
        self._write("case.arena.yaml", _HEADER + textwrap.indent(block.text, "  "))
        self._run_arena("case.arena.yaml", block)

    def _example(self, block: Block) -> None:
        """Keep an assertion or a guardrail, to be run with all others of the page."""
        self.examples.append(block)

    def _collect(self, block: Block) -> None:
        """Collect a file that real models would answer; `cells` is how many there are."""
        name = block.settings.get("path", "arena.yaml")
        self._write(name, block.text)
        output = self._pytest("--arena", "--collect-only", "-q", name, expected=0)
        cells = sum("::" in line for line in output.splitlines())
        assert cells == int(block.settings["cells"]), output

    def _python(self, block: Block) -> None:
        """Run a script."""
        self._write("block.py", block.text)
        self._command(["python", "block.py"], expected=0)

    def _run(self, block: Block) -> None:
        """Run each `$ command`; what follows it must come out, `…` standing for anything."""
        for command, shown in _session(block.text):
            code = int(block.settings.get("exit", "0"))
            words = [] if _OF_A_SHELL.search(_QUOTED.sub("", command)) else shlex.split(command)
            warm = WARM.knows(words)
            output = self._command(words if warm else ["bash", "-c", command], expected=code)
            _assert_shown(shown, output)

    def _output(self, block: Block) -> None:
        """Compare with what the block before printed, `…` standing for anything."""
        _assert_shown(block.text.splitlines(), self.output)

    def _make(self, block: Block) -> None:
        """Look whether the Makefile has the targets; the tests run inside of one."""
        makefile = (ROOT / "Makefile").read_text()
        for command, _ in _session(block.text):
            target = command.split()[1]
            assert re.search(rf"(?m)^{re.escape(target)}:", makefile), f"no target {target!r}"

    def _install(self, block: Block) -> None:
        """Look whether the names are those of this project and its extras."""
        for command, _ in _session(block.text):
            match = re.fullmatch(r"pip install pytest-arena", command)
            assert match, f"not how this project is installed: {command}"

    def _options(self, block: Block) -> None:
        """Look whether every `--arena-…` option that is named exists."""
        known = set(re.findall(r"--arena[\w-]*", self._pytest("--help", expected=0)))
        named = set(re.findall(r"--arena[\w-]*", block.text))
        assert named <= known, f"unknown: {sorted(named - known)}"

    def _benchmark(self, block: Block) -> None:
        """Look whether the benchmark takes what stands behind its name."""
        usage = self._command([sys.executable, str(ROOT / "benchmarks/run.py"), "-h"], expected=0)
        for command, _ in _session(block.text):
            name, *words = command.removeprefix("python ").split()
            assert name == "benchmarks/run.py"
            assert all(word in usage for word in words), f"not in the usage: {command}"

    def _run_arena(self, name: str, block: Block) -> None:
        wanted = {word: int(block.settings.get(word, "0")) for word in VERDICTS}
        code = 1 if wanted["failed"] or wanted["error"] else 0
        if wanted["skipped"] and sum(wanted.values()) == wanted["skipped"]:
            # nothing was verified
            code = 5
        output = self._pytest("--arena", "--arena-mock", name, expected=code)
        if any(word in block.settings for word in VERDICTS):
            assert counts(self.folder / "arena-report") == wanted, output

    def _write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def _pytest(self, *arguments: str, expected: int) -> str:
        return self._command(["pytest", *arguments], expected)

    def _command(self, command: list[str], expected: int) -> str:
        done: Done | subprocess.CompletedProcess[str]
        if WARM.knows(command):
            done = WARM.run(command, self.folder, environment(), merged=True)
        else:
            done = subprocess.run(
                command,
                cwd=self.folder,
                env=environment(),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                timeout=120,
                check=False,
            )
        self.output = done.stdout
        shown = f"{' '.join(command)}\nexit code {done.returncode}, expected {expected}\n"
        assert done.returncode == expected, shown + done.stdout
        return done.stdout


_ROLES, _WHO = ("AUTHOR", "COMMITTER"), ("NAME", "EMAIL")
_OTHER_PLUGINS = ("hypothesispytest", "asyncio", "randomly", "anyio")


def environment() -> dict[str, str]:
    """Return the environment of a reader: this Python first in the path, no key, no CI, a name for
    git, and nothing of what only development needs: pytest plugins, coverage."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.endswith("_API_KEY")
        and not name.startswith("COV")
        and name not in {"CI", "PYTEST_ADDOPTS", "COLUMNS"}
    }
    path = f"{Path(sys.executable).parent}{os.pathsep}{kept.get('PATH', '')}"
    options = " ".join(f"-p no:{name}" for name in _OTHER_PLUGINS)
    who = {f"GIT_{role}_{what}": "reader@example.com" for role in _ROLES for what in _WHO}
    # a page that needs a secret of the reader's own names this one
    who["BANK_TOKEN"] = "a-token-of-the-bank"
    return {**kept, **who, "PATH": path, "COLUMNS": "100", "PYTEST_ADDOPTS": options}


def _cases(examples: list[Block]) -> str:
    """Return an arena with a case for each assertion."""
    cases = [
        f"  - name: Line {block.line}\n    prompt: Hi\n"
        # what looks at the steps of a chain is of no other target
        + ("    target: chain\n" if "step_output" in block.text else "")
        + "    assertions:\n"
        + textwrap.indent(block.text, "      ")
        for block in examples
    ]
    further = "  - {name: budget, provider: mock, model: any}\n"
    chain = 'targets: {chain: {type: chain, instructions: ["Say {input}"]}}\n'
    header = _HEADER.replace("tests:\n", f"{further}{chain}tests:\n")
    return header + "".join(cases)


def _guardrails(examples: list[Block]) -> str:
    """Return an arena with all guardrails and an answer that none of them minds."""
    rules = textwrap.indent("".join(block.text for block in examples), "    ")
    answer = "Please write to support@example.com."
    return (
        f"guardrails:\n  rules:\n{rules}{_HEADER}"
        f"  - {{name: All, prompt: Hi, mock: {answer}, assertions: [{{type: success}}]}}\n"
    )


def counts(report: Path) -> dict[str, int]:
    """Count the cells of a run by verdict."""
    from pytest_arena.results import read_run

    totals = read_run(report / "results.jsonl").totals
    return {word: int(totals[word]) for word in VERDICTS}


def _session(text: str) -> list[tuple[str, list[str]]]:
    """Split a console block into its commands and what each shows."""
    found: list[tuple[str, list[str]]] = []
    for line in text.splitlines():
        if line.startswith("$ "):
            found.append((line[2:], []))
        elif found:
            found[-1][1].append(line)
    assert found, "a console block without a line that begins with '$ '"
    return found


def _assert_shown(shown: list[str], output: str) -> None:
    lines = iter(output.splitlines())
    for wanted in shown:
        if wanted.strip() in {"", "…"}:
            continue
        parts = [re.escape(part.strip()) for part in wanted.split("…")]
        pattern = re.compile(r"\s*" + r".*".join(parts) + r"\s*")
        assert any(pattern.fullmatch(line) for line in lines), (
            f"not in the output, or not in this order: {wanted}\n{output}"
        )
