"""`--arena-recordings-dir`: recordings elsewhere, in a folder or in an object store."""

from __future__ import annotations

from pathlib import Path

from conftest import Project
from servers.wire import WireServer

from pytest_arena.object_store import ObjectFolder

CASES = "".join(
    f"  - {{name: C{n}, prompt: Q{n}, assertions: [{{type: contains, value: ok}}]}}\n"
    for n in range(6)
)


def arena(server: WireServer) -> str:
    line = f"{{name: m, provider: openai, model: m, api_base: {server.url}/v1}}"
    return f"providers: [{line}]\ntests:\n{CASES}"


def forget(folder: Path) -> None:
    for path in sorted(folder.rglob("*"), reverse=True):
        path.unlink() if path.is_file() else path.rmdir()


def test_a_folder_of_ones_own_keeps_them(project: Project) -> None:
    with WireServer() as server:
        project.write(arena=arena(server))
        project.run("--arena-record=once", "--arena-recordings-dir=kept").assert_outcomes(passed=6)
        project.run("--arena-record=none", "--arena-recordings-dir=kept").assert_outcomes(passed=6)
    assert server.calls == 6
    assert Path("kept/recordings/arena.jsonl").exists()
    assert not Path("recordings").exists()


def test_a_store_keeps_them_for_other_machines(project: Project, spread: tuple[str, ...]) -> None:
    url = f"file://{project.path}/bucket"
    with WireServer() as server:
        project.write(arena=arena(server))
        result = project.run("--arena-record=new", f"--arena-recordings-dir={url}", *spread)
        result.stdout.fnmatch_lines([f"recordings were put into {url}: recordings/arena.jsonl"])
        forget(Path(".arena"))
        result = project.run("--arena-record=none", f"--arena-recordings-dir={url}", *spread)
        result.assert_outcomes(passed=6)
    assert server.calls == 6
    assert ObjectFolder(url, "test").names() == ["recordings/arena.jsonl"]


def test_shards_record_beside_each_other(project: Project) -> None:
    url = f"file://{project.path}/bucket"
    store = ObjectFolder(url, "test")
    with WireServer() as server:
        project.write(arena=arena(server))
        for number in (1, 2):
            # as if none knew of the others
            before = {name: store.read(name) for name in store.names()}
            for name in before:
                store.delete(name)
            forget(Path(".arena"))
            part = f"--arena-shard={number}/2"
            project.run("--arena-record=new", f"--arena-recordings-dir={url}", part)
            for name, data in before.items():
                store.write(name, data)
        assert [name.endswith(".shard") for name in store.names()] == [True, True]
        project.run("--arena-record=none", f"--arena-recordings-dir={url}").assert_outcomes(
            passed=6
        )
        assert server.calls == 6
        # a whole run makes one file of them
        project.run("--arena-record=new", f"--arena-recordings-dir={url}").assert_outcomes(passed=6)
    assert server.calls == 6
    assert store.names() == ["recordings/arena.jsonl"]
