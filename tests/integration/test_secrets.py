"""A key that every sink is thrown: no byte of it is found in what a run prints or writes."""

from __future__ import annotations

import base64
import os
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from conftest import Project
from servers.formats import Reply
from servers.wire import WireRequest, WireServer

CANARY = "canary/K3y+0f.this-run"
FORM = "sk-proj-AbCdEfGhIjKlMnOpQrStUvWx0123456789"
"""Nobody names this one; it looks like a key."""
CONFTEST = """\
import logging
import os
import warnings

import pytest

KEY = os.environ["CANARY_KEY"]


def pytest_arena_before_request(request):
    logging.getLogger("mine").debug("sending with %s", KEY)
    print("printed", KEY, os.environ["CANARY_FORM"])


def pytest_arena_after_response(request, response):
    warnings.warn(f"answered with {KEY}")
    try:
        raise ValueError(KEY)
    except ValueError:
        logging.getLogger("mine").exception("failed")


def pytest_arena_run_summary(run):
    return ["the run had " + KEY, os.environ["CANARY_FORM"]]
"""
CHECKS = """\
import os


def breaks(output):
    header = {"Authorization": "Bearer " + os.environ["CANARY_KEY"]}
    raise RuntimeError(str(header))


def dies(output):
    os._exit(3)
"""
TESTS = """\
import os

import pytest


def test_that_fails_with_the_key_in_sight():
    key = os.environ["CANARY_KEY"]
    print(key)
    assert key == "something else"


def test_that_compares_a_longer_text():
    assert "Authorization: Bearer " + os.environ["CANARY_KEY"] + " and more" == "nothing of it"


def test_that_records_it(record_property, record_testsuite_property, record_xml_attribute):
    record_property("sent", os.environ["CANARY_KEY"])
    record_property(os.environ["CANARY_KEY"], {"in": [os.environ["CANARY_KEY"]]})
    record_testsuite_property("of-all", os.environ["CANARY_KEY"])
    record_xml_attribute("beside", os.environ["CANARY_KEY"])


def test_that_has_it_in_parts(subtests):
    with subtests.test(msg="with " + os.environ["CANARY_KEY"], key=os.environ["CANARY_KEY"]):
        print(os.environ["CANARY_KEY"])
        assert False


@pytest.mark.parametrize("key", [os.environ["CANARY_KEY"], os.environ["CANARY_FORM"]])
def test_of(key):
    assert key == "x"


@pytest.mark.xfail(reason="with " + os.environ["CANARY_KEY"])
def test_that_is_expected_to_fail():
    assert False


@pytest.mark.skip(reason="without " + os.environ["CANARY_KEY"])
def test_that_is_skipped():
    pass


def test_that_encodes_it():
    import base64, html, warnings
    key = os.environ["CANARY_KEY"]
    long = base64.encodebytes(("before " * 8 + key + " behind" * 8).encode()).decode()
    for text in (key.encode().hex(), html.escape(key), long,
                 "".join(f"&#{ord(one)};" for one in key),
                 "".join(f"\\\\u{ord(one):04x}" for one in key)):
        print(text)
        warnings.warn(text)
    pytest.xfail(key)
"""


def around(secret: str) -> bytes:
    """Return a longer text with a key on two lines of its base64."""
    return ("before " * 6 + secret + " behind" * 8).encode()


def traces(secret: str) -> list[bytes]:
    """Return what tells of a key: it in every form, and parts of it that a line or a cut left."""
    lines = base64.encodebytes(around(secret)).split()
    parts = [line for line in lines if secret.encode()[:8] in base64.b64decode(line)]
    assert len(parts) == 1
    small = secret.lower().encode()
    return [*forms(secret), *parts, small, secret[:12].encode(), secret[-12:].encode()]


def forms(secret: str) -> list[bytes]:
    encoded = [
        secret,
        quote(secret, safe=""),
        base64.b64encode(secret.encode()).decode().rstrip("="),
        base64.urlsafe_b64encode(secret.encode()).decode().rstrip("="),
        base64.b64encode(b"user:" + secret.encode()).decode().rstrip("="),
        secret.encode().hex(),
        secret.encode().hex().upper(),
        "".join(f"&#{ord(one)};" for one in secret),
        "".join(f"\\u{ord(one):04x}" for one in secret),
    ]
    return [form.encode() for form in encoded]


def echo(request: WireRequest) -> Reply:
    """Give the key back in every form, as an answer or as a failure."""
    said = " ".join(form.decode() for secret in (CANARY, FORM) for form in forms(secret))
    if "fail" in request.prompt:
        return Reply(error="authentication")
    folded = "".join(base64.encodebytes(around(secret)).decode() for secret in (CANARY, FORM))
    return Reply(text=f"You said {said} {folded}", finish_reason=CANARY)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[WireServer]:
    monkeypatch.setenv("CANARY_KEY", CANARY)
    monkeypatch.setenv("CANARY_FORM", FORM)
    monkeypatch.setenv("CANARY_FOLDER", ".")
    with WireServer(script=echo) as server:
        yield server


def arena(server: WireServer, check: str) -> str:
    return f"""\
providers:
  - {{name: direct, provider: openai, model: m, api_base: {server.url}/v1,
     api_key_env: CANARY_KEY}}
  - {{name: header, provider: openai, model: m, api_base: {server.url}/v1,
     headers: {{Authorization: "Bearer ${{CANARY_KEY}}"}}}}
tests:
  - name: Echoed
    prompt: Say it
    assertions: [{{type: contains, value: nothing of this}}]
  - name: Refused
    prompt: Say it and fail
    assertions: [{{type: success}}]
  - name: Checked
    prompt: Say it
    assertions: [{{type: python, value: "checks:{check}"}}]
"""


def found_in(folder: Path, inputs: set[Path], output: bytes) -> list[str]:
    """Name what holds a form of a secret, of all that the run printed and wrote."""
    written = [path for path in folder.rglob("*") if path.is_file() and path not in inputs]
    assert {"results.jsonl", "report.html", "report.md", "log.txt", "junit.xml"} <= {
        path.name for path in written
    }
    contents = {str(path): path.read_bytes() for path in written} | {"the output": output}
    return [
        f"{name}: {form!r}"
        for name, content in contents.items()
        for secret in (CANARY, FORM)
        for form in traces(secret)
        if form in content
    ]


@pytest.mark.parametrize("workers", [(), ("-n2",)], ids=["alone", "n2"])
@pytest.mark.parametrize("check", ["breaks", "dies"])
def test_no_byte_of_a_key_is_found_anywhere(
    project: Project, server: WireServer, workers: tuple[str, ...], check: str
) -> None:
    if check == "dies" and not workers:
        pytest.skip("the only process cannot tell how it died")
    path = project.path
    (path / "conftest.py").write_text(CONFTEST)
    (path / "checks.py").write_text(CHECKS)
    (path / "test_mine.py").write_text(TESTS)
    project.write(arena=arena(server, check))
    inputs = {file for file in path.rglob("*") if file.is_file()}
    result = project.pytester.runpytest_subprocess(
        "--arena",
        "-l",
        "--tb=long",
        "-rA",
        "--log-level=DEBUG",
        "--log-file=log.txt",
        "--log-file-level=DEBUG",
        "-o",
        "log_cli=true",
        "--junitxml=$CANARY_FOLDER/junit.xml",
        "-o",
        "junit_logging=all",
        "--arena-report=html,json,markdown,csv,parquet,otlp",
        "--arena-record=all",
        "--arena-concurrency=20",
        # with workers, xdist prints all its messages under that option
        *(workers or ("--debug=debug.txt",)),
    )
    output = (result.stdout.str() + result.stderr.str()).encode()
    assert b"[REDACTED]" in output
    assert server.requests[0].key == CANARY
    assert found_in(path, inputs, output) == []
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert os.environ["CANARY_KEY"] == CANARY


RAISES = """\
import os

LATE = "Hq7Late/T0ken.of-a-conftest"
os.environ["SHOP_API_TOKEN"] = LATE


def pytest_arena_cell_finished(cell):
    raise RuntimeError("cannot send with " + LATE)
"""
LATE = """\
import os


def test_that_sets_one():
    os.environ["OTHER_API_TOKEN"] = "Zq9Later/T0ken.of-a-test"
    assert os.environ["OTHER_API_TOKEN"] + os.environ["SHOP_API_TOKEN"] == "x"
"""
ONE = """\
providers: [{name: m, provider: mock}]
tests: [{name: A, prompt: hi, mock: hi, assertions: [{type: contains, value: hi}]}]
"""


def test_keys_that_come_late_are_kept_out_too(project: Project, spread: tuple[str, ...]) -> None:
    (project.path / "below").mkdir()
    (project.path / "below" / "conftest.py").write_text(RAISES)
    (project.path / "below" / "arena.yaml").write_text(ONE)
    (project.path / "below" / "test_late.py").write_text(LATE)
    result = project.run_apart(*spread)
    assert result.ret == pytest.ExitCode.INTERNAL_ERROR
    said = "\n".join([*result.outlines, *result.errlines])
    assert "RuntimeError in below/conftest.py:8: cannot send with [REDACTED]" in said
    sources = ('LATE = "Hq7Late', '= "Zq9Later')
    assert [line for line in said.split("\n") if "T0ken" in line and sources[0] not in line] == []


def test_a_name_that_holds_a_key_is_refused(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CANARY_KEY", CANARY)
    (project.path / "rows.csv").write_text(f"key\nplain\n{CANARY}\n")
    project.write(
        arena="providers: [{name: m, provider: mock}]\n"
        "tests:\n"
        "  - {name: 'Row {{ key }}', prompt: hi, mock: hi, data: rows.csv,\n"
        "     assertions: [{type: contains, value: hi}]}\n"
    )
    result = project.run_apart()
    assert result.ret == pytest.ExitCode.INTERRUPTED
    said = "\n".join(result.outlines)
    assert "the name of the case 'Row [REDACTED]' holds a secret" in said
    assert CANARY not in said
