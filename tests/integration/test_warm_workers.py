"""Workers that are forked are, to what runs in them, as those that users' runs start."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import PLAIN
from warm_programs import WARM

SEES = """
import json, locale, os, resource, signal, sys, threading, time
from pathlib import Path

def test_sees(worker_id):
    seen = {
        "path": sys.path,
        "argv": sys.argv,
        "orig_argv": sys.orig_argv,
        # the one of byte code cannot be set
        "flags": [getattr(sys.flags, name) for name in sys.flags.__match_args__
                  if name != "dont_write_bytecode"],
        "bytecode": sys.dont_write_bytecode,
        "executable": sys.executable,
        "main": sorted(vars(sys.modules["__main__"]).keys() - {"__warningregistry__"}),
        "folder": os.getcwd(),
        "env": {k: v for k, v in os.environ.items() if k != "PYTEST_XDIST_TESTRUNUID"},
        "group": os.getpgrp(),
        "session": os.getsid(0),
        "umask": os.umask(0o22),
        "zone": time.tzname,
        "locale": locale.getlocale(),
        "signals": {s: str(signal.getsignal(s)) for s in signal.valid_signals()
                    if s in (signal.SIGINT, signal.SIGTERM, signal.SIGCHLD, signal.SIGPIPE)},
        "woken": signal.set_wakeup_fd(-1),
        "blocked": sorted(signal.pthread_sigmask(signal.SIG_BLOCK, ())),
        "alarm": signal.alarm(0),
        "threads": threading.active_count(),
        "open files": len(os.listdir("/proc/self/fd")) if os.path.exists("/proc/self") else 0,
        "streams": [(f.encoding, f.errors, f.line_buffering, f.write_through)
                    for f in (sys.__stdin__, sys.__stdout__, sys.__stderr__)],
        "limits": resource.getrlimit(resource.RLIMIT_NOFILE),
    }
    Path(__file__).with_name("seen.json").write_text(json.dumps(seen, default=str))
    pid = Path(__file__).with_name("pid")
    pid.write_text(f"{os.getpid()} {Path('/proc/self/cmdline').read_bytes()!r}")
"""
ENDS = """
import os, signal

def test_holds(): pass

def test_ends(): {end}
"""
ENDINGS = pytest.mark.parametrize(
    "end",
    ["os._exit(3)", "os.kill(os.getpid(), signal.SIGKILL)"],
)
Run = Callable[..., pytest.RunResult]


@pytest.fixture(params=["in process", "apart"])
def run(request: pytest.FixtureRequest, pytester: pytest.Pytester) -> Run:
    """Run pytest with workers that are forked, or `real` ones."""

    def run(*options: str, real: bool) -> pytest.RunResult:
        WARM.real_workers = real
        words = (*PLAIN.split(), "-p", "no:cacheprovider", *options)
        if request.param == "in process":
            return pytester.runpytest(*words)
        done = WARM.run(("pytest", *words), pytester.path)
        return pytest.RunResult(
            done.returncode, done.stdout.splitlines(), done.stderr.splitlines(), 0
        )

    return run


def test_a_forked_worker_sees_what_a_started_one_does(
    pytester: pytest.Pytester, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytester.makepyfile(test_it=SEES)
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    monkeypatch.setenv("OF_THIS_TEST", "1")
    seen: list[dict[str, Any]] = []
    for real in (True, False):
        run("-n1", real=real).assert_outcomes(passed=1)
        seen.append(json.loads((pytester.path / "seen.json").read_text()))
        started_as = "import sys;exec(eval(" in (pytester.path / "pid").read_text()
        assert started_as == real
    assert seen[1]["env"]["OF_THIS_TEST"] == "1"
    assert seen[0] == seen[1]


@ENDINGS
def test_a_forked_worker_that_ends_is_seen_to_and_is_replaced(
    pytester: pytest.Pytester, run: Run, end: str
) -> None:
    pytester.makepyfile(test_it=ENDS.format(end=end))
    said = []
    for real in (True, False):
        result = run("-n1", "-q", real=real)
        result.assert_outcomes(passed=1, failed=1)
        said.append([line for line in result.outlines if "gw" in line])
    assert "worker 'gw0' crashed while running 'test_it.py::test_ends'" in said[1]
    assert said[0] == said[1]


def test_nothing_of_a_run_is_left_in_the_workers_of_the_next(
    pytester: pytest.Pytester, run: Run
) -> None:
    pytester.makepyfile(
        helper="counted = []",
        test_it="""
import json, os, helper, pytest_arena

def test_leaves():
    assert helper.counted == [] and not hasattr(pytest_arena, "left") and "LEFT" not in os.environ
    helper.counted.append(1)
    pytest_arena.left = True
    json.left = os.environ["LEFT"] = "yes"
""",
    )
    for _ in range(2):
        run("-n2", real=False).assert_outcomes(passed=1)


@pytest.mark.parametrize("name", ["PYTHONPATH", "LC_ALL"])
def test_what_only_a_start_can_follow_is_started(
    pytester: pytest.Pytester, run: Run, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    pytester.makepyfile(test_it=SEES)
    monkeypatch.setenv(name, {"PYTHONPATH": str(Path.cwd()), "LC_ALL": "C.UTF-8"}[name])
    run("-n1", real=False).assert_outcomes(passed=1)
    assert "import sys;exec(eval(" in (pytester.path / "pid").read_text()


def test_a_forked_worker_ends_with_its_run(pytester: pytest.Pytester, run: Run) -> None:
    pytester.makepyfile(test_it=SEES)
    run("-n1", real=False).assert_outcomes(passed=1)
    pid = int((pytester.path / "pid").read_text().split()[0])
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
