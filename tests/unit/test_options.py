"""Each row of the table of options is read from both places, has an effect, and is described."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from pytest_arena.errors import UsageError
from pytest_arena.options import OPTIONS, Kind, Option, Settings
from pytest_arena.settings import check_formats, read_settings

GIVEN: dict[Kind, tuple[str, Any]] = {
    "flag": ("true", True),
    "text": ("some text", "some text"),
    "place": ("some/path", "some/path"),
    "url": ("http://localhost:4318", "http://localhost:4318"),
    "words": ("csv, json", ("csv", "json")),
    "repeated": ("one", ("one",)),
    "count": ("3", 3),
    "auto": ("3", 3),
    "amount": ("2.5", 2.5),
    "measure": ("0", 0.0),
    "part": ("1", 1.0),
    "share": ("0.25", 0.25),
    "shard": ("2/3", "2/3"),
    "path": ("some/path", "some/path"),
}
"""What is written for an option of each kind, and what it is read as."""

WRONG: dict[Kind, str] = {
    "count": "0",
    "url": "localhost:4318",
    "auto": "0",
    "amount": "-1",
    "measure": "-1",
    "share": "1",
    "part": "2",
    "choice": "nonsense",
    "shard": "4/3",
    "path": "s3://bucket/path",
}
NEEDED = {
    "arena_bisect": ("--arena-baseline=x",),
    "arena_shard_limits": ("--arena-shard=1/9",),
    "arena_shard_durations": ("--arena-shard=1/9",),
    "arena_fail_on": ("--arena-baseline=x",),
    "arena_prune_recordings": ("--arena-record=none",),
    "arena_prune_baseline": ("--arena-update-baseline",),
}

every_option = pytest.mark.parametrize("option", OPTIONS, ids=lambda option: option.name)


def example(option: Option) -> tuple[str, Any]:
    if option.name == "arena_old":
        return "git:main", "git:main"
    if option.kind == "choice":
        other = next(word for word in option.choices if word != option.default)
        return other, other
    return GIVEN[option.kind]


def settings(pytester: pytest.Pytester, *arguments: str) -> Settings:
    return read_settings(pytester.parseconfig(*arguments))


@pytest.mark.parametrize(
    "option", [row for row in OPTIONS if not row.ini_only], ids=lambda option: option.name
)
def test_what_the_command_line_says_is_read(option: Option, pytester: pytest.Pytester) -> None:
    text, value = example(option)
    argument = option.flag if option.kind == "flag" else f"{option.flag}={text}"
    found = settings(pytester, argument, *NEEDED.get(option.name, ()))
    assert getattr(found, option.field) == value != option.default


@every_option
def test_what_the_ini_file_says_is_read_and_the_command_line_goes_before(
    option: Option, pytester: pytest.Pytester
) -> None:
    text, value = example(option)
    pytester.makeini(f"[pytest]\n{option.name} = {text}\n")
    needed = NEEDED.get(option.name, ())
    assert getattr(settings(pytester, *needed), option.field) == value != option.default
    if option.kind == "count":
        assert getattr(settings(pytester, f"{option.flag}=7", *needed), option.field) == 7


@every_option
def test_an_option_that_was_not_given_has_its_default(
    option: Option, pytester: pytest.Pytester
) -> None:
    assert getattr(settings(pytester), option.field) == option.default
    assert getattr(Settings(), option.field) == option.default


@pytest.mark.parametrize(
    "option", [row for row in OPTIONS if row.kind in WRONG], ids=lambda option: option.name
)
def test_a_bad_value_is_refused_by_the_name_of_its_option(
    option: Option, pytester: pytest.Pytester
) -> None:
    with pytest.raises(UsageError) as caught:
        settings(pytester, f"{option.flag}={WRONG[option.kind]}")
    assert str(caught.value).startswith(f"{option.flag}: ")


@pytest.mark.parametrize(
    "option",
    [row for row in OPTIONS if row.metavar and row.kind != "words"],
    ids=lambda option: option.name,
)
@pytest.mark.parametrize("value", ["", " "])
def test_an_empty_value_is_refused_on_the_command_line_alone(
    option: Option, value: str, pytester: pytest.Pytester
) -> None:
    with pytest.raises(UsageError) as caught:
        settings(pytester, f"{option.flag}={value}")
    assert str(caught.value) == (
        f"{option.flag}: its value is empty\n"
        f"  expected: {option.flag}={option.metavar}\n"
        "  fix: give a value (a variable of the shell may not be set), or leave it out"
    )
    pytester.makeini(f"[pytest]\n{option.name} =\n")
    assert getattr(settings(pytester), option.field) == option.default


@pytest.mark.parametrize(
    "option",
    [row for row in OPTIONS if row.kind in ("place", "path")],
    ids=lambda option: option.name,
)
def test_a_path_may_begin_with_the_home_folder(
    option: Option, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    monkeypatch.setenv("USERPROFILE", "/home/me")
    needed = NEEDED.get(option.name, ())
    for given, meant in (("~/x", "/home/me/x"), ("a~/x", "a~/x")):
        found = settings(pytester, f"{option.flag}={given}", *needed)
        assert getattr(found, option.field) == meant
    pytester.makeini(f"[pytest]\n{option.name} = ~/x\n")
    assert getattr(settings(pytester, *needed), option.field) == "/home/me/x"


def test_an_empty_list_of_reports_asks_for_none(pytester: pytest.Pytester) -> None:
    assert settings(pytester, "--arena-report=").formats == ()


@every_option
def test_help_says_the_default_and_what_the_choices_mean(option: Option) -> None:
    assert set(option.choices) == set() or option.default in option.choices
    for word, meaning in option.choices.items():
        assert f"{word}{' (default)' * (word == option.default)} = {meaning}" in option.help
    if option.kind in ("count", "share") and option.default is not None:
        assert f"(default {option.default})" in option.help


def test_results_show_what_a_row_says_that_they_show() -> None:
    shown = Settings(providers=("a", "b"), alpha=0.1).shown()
    assert list(shown) == [option.field for option in OPTIONS if option.shown]
    assert (shown["providers"], shown["alpha"], shown["confirm_trials"]) == (["a", "b"], 0.1, None)
    assert "report_dir" not in shown


def test_settings_refuse_a_name_that_is_not_in_the_table() -> None:
    with pytest.raises(TypeError, match="concurency"):
        Settings(concurency=3)  # type: ignore[call-arg]


@pytest.mark.parametrize("flag", ["--arena-report", "--format"])
def test_parquet_without_its_extra_is_refused_before_the_run(
    monkeypatch: pytest.MonkeyPatch, flag: str
) -> None:
    check_formats(["html", "parquet"], set, flag)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(UsageError) as caught:
        check_formats(["html", "parquet"], set, flag)
    assert str(caught.value) == (
        f"{flag}: parquet needs the package pyarrow, which is not installed\n"
        "  fix: pip install 'pytest-arena[parquet]'"
    )
    check_formats(["html", "csv"], set, flag)
