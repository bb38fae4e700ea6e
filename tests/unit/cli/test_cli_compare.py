"""`arena compare`: what is shown of two runs."""

from __future__ import annotations

import pytest
from results_files import make_cell, without_end, write_run

from pytest_arena.cli import main


def two_runs() -> None:
    """Write runs `a` and `b`: one cell worse, one better, one error, the rest alike."""
    alike = [make_cell(f"Case {number}", ms=100.0 + number) for number in range(6)]
    later = [make_cell(f"Case {number}", ms=150.0 + 3 * number) for number in range(6)]
    write_run(
        "a",
        *alike,
        make_cell("Worse", hashes={"prompt": "1", "assertions": "1"}),
        make_cell("Better", verdict="failed"),
        make_cell("Down"),
        make_cell("Gone", "old"),
    )
    write_run(
        "b",
        *later,
        make_cell("Worse", verdict="failed", hashes={"prompt": "2", "assertions": "1"}),
        make_cell("Better"),
        make_cell("Down", verdict="error"),
        make_cell("New", "new"),
        commit="def456",
    )


def test_two_runs_stand_side_by_side(capsys: pytest.CaptureFixture[str]) -> None:
    two_runs()
    assert main(["compare", "a", "b/results.jsonl"]) == 0
    assert capsys.readouterr().out == (
        "before: abc123, 2026-11-20T10:00:00Z, 10 cells\n"
        "after:  def456, 2026-11-20T10:00:00Z, 10 cells\n"
        "\n"
        "m\n"
        "  pass rate        89 % → 88 %      ±0 points (−37 to +37), p = 1, on 8 cells\n"
        "  failed              1 → 1\n"
        "  errors              0 → 1\n"
        "  latency p50    101 ms → 154 ms    mean +41 ms a cell (+23 ms to +59 ms)\n"
        "  cost a case  $0.00100 → $0.00100  mean ±$0 a cell\n"
        "\n"
        "new\n"
        "  pass rate    – → 100 %\n"
        "  failed       – → 0\n"
        "  errors       – → 0\n"
        "  latency p50  – → ~10 ms\n"
        "  cost a case  – → $0.00100\n"
        "\n"
        "old\n"
        "  pass rate       100 % → –\n"
        "  failed              0 → –\n"
        "  errors              0 → –\n"
        "  latency p50    ~10 ms → –\n"
        "  cost a case  $0.00100 → –\n"
        "\n"
        "1 cell passed before and failed\n"
        "  Worse [m]: passed → failed\n"
        "    no reason was kept; changed: prompt\n"
        "\n"
        "1 cell gained or lost a verdict\n"
        "  Down [m]: passed → error\n"
        "    server: HTTP 500\n"
        "\n"
        "1 cell failed before and passed\n"
        "  Better [m]: failed → passed\n"
        "    no reason was kept\n"
        "\n"
        "Only after: 1 cell, New [new].\n"
        "Only before: 1 cell, Gone [old].\n"
    )


def test_two_runs_in_markdown(capsys: pytest.CaptureFixture[str]) -> None:
    two_runs()
    assert main(["compare", "a", "b", "--format", "markdown"]) == 0
    out = capsys.readouterr().out
    assert "| provider | | before | after | difference (95 %) |\n" in out
    assert "| m | errors | 0 | 1 |  |\n" in out
    assert "| new | latency p50 | – | \\~10 ms |  |\n" in out
    assert "| m | latency p50 | 101 ms | 154 ms | mean +41 ms a cell" in out
    assert "<summary>1 cell passed before and failed</summary>\n" in out
    assert "- **Down** × m: passed → error  \n  server: HTTP 500\n" in out
    assert out.count("<details>") == out.count("</details>") == 3


def test_alike_runs_have_nothing_to_show(capsys: pytest.CaptureFixture[str]) -> None:
    write_run("a", make_cell("A"))
    write_run("b", make_cell("A"))
    assert main(["compare", "a", "b"]) == 0
    assert capsys.readouterr().out.endswith("\n\nNo verdict of 1 common cell changed.\n")


def test_runs_without_a_common_cell_are_said_to_be_such(
    capsys: pytest.CaptureFixture[str],
) -> None:
    write_run("a", make_cell("A"))
    without_end(write_run("b", make_cell("B")))
    assert main(["compare", "a", "b"]) == 0
    out = capsys.readouterr().out
    assert "after:  abc123, 2026-11-20T10:00:00Z, 1 cell, not complete\n" in out
    assert "The runs have no cell in common, so nothing can be compared.\n" in out


def test_cells_with_other_assertions_count_in_no_difference(
    capsys: pytest.CaptureFixture[str],
) -> None:
    write_run("a", make_cell("A", hashes={"assertions": "1"}))
    write_run("b", make_cell("A", verdict="failed", hashes={"assertions": "2"}))
    assert main(["compare", "a", "b"]) == 0
    out = capsys.readouterr().out
    assert "  pass rate       100 % → 0 %\n" in out
    assert "changed: assertions\n" in out
    assert (
        "1 cell had other assertions or another judge, and counts in no difference of pass rates.\n"
    ) in out


def test_names_of_strangers_mean_nothing_to_terminal_or_markdown(
    capsys: pytest.CaptureFixture[str],
) -> None:
    name = "x\x1b[2J </details> @org/team | `a`"
    write_run("a", make_cell(name, name))
    write_run("b", make_cell(name, name, verdict="error"))
    for form in ("terminal", "markdown"):
        assert main(["compare", "a", "b", "--format", form]) == 0
        assert "\x1b" not in (out := capsys.readouterr().out)
    assert out.count("</details>") == 1
    assert "@org" not in out


def test_no_line_is_wider_than_the_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    two_runs()
    monkeypatch.setenv("COLUMNS", "44")
    assert main(["compare", "a", "b"]) == 0
    assert max(len(line) for line in capsys.readouterr().out.splitlines()) <= 44


@pytest.mark.parametrize("form", ["html", "pdf"])
def test_formats_that_cannot_compare_are_refused(
    form: str, capsys: pytest.CaptureFixture[str]
) -> None:
    write_run("a", make_cell("A"))
    assert main(["compare", "a", "a", "--format", form]) == 4
    assert capsys.readouterr() == (
        "",
        f"--format: two runs cannot be shown as {form!r}\n"
        "  expected: terminal, markdown, or a reporter that has compare()\n",
    )
