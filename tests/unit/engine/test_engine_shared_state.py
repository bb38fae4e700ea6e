"""The table that the processes of a run share: one truth, however many write."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pytest_arena.engine.calling.shared_state import FileSharedTable, SharedTable

ADDER = """
import asyncio, os, sys
from pathlib import Path
from pytest_arena.engine.calling.shared_state import FileSharedTable

table = FileSharedTable(Path(sys.argv[1]))

def one_more():
    row = table.rows("count").get(0, (0.0,) * 8)
    table.write("count", 0, (row[0] + 1,))

async def main():
    for number in range(200):
        await table.change(one_more)
        table.write(f"own {number % 5}", os.getpid(), (float(number),))

asyncio.run(main())
print(os.getpid(), flush=True)
sys.stdin.read()
"""


@pytest.fixture(params=["memory", "file"])
def table(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SharedTable]:
    made = (
        FileSharedTable(tmp_path / "deep" / "table") if request.param == "file" else SharedTable()
    )
    yield made
    made.close()


def test_what_is_written_is_read_and_filled_up_with_zeros(table: SharedTable) -> None:
    table.write("a", 7, (1.5, 2.0))
    table.write("a", 8, (3.0,))
    table.write("b", 7, (4.0,))
    table.write("a", 7, (9.0,))
    assert table.rows("a") == {7: (9.0, *[0.0] * 7), 8: (3.0, *[0.0] * 7)}
    assert table.rows("b") == {7: (4.0, *[0.0] * 7)}
    assert table.rows("c") == {}


def test_a_change_returns_what_its_work_returns(table: SharedTable) -> None:
    assert asyncio.run(table.change(lambda: "done")) == "done"


def test_processes_lose_no_change_and_are_known_to_live(tmp_path: Path) -> None:
    path = tmp_path / "table"
    command = [sys.executable, "-c", ADDER, str(path)]
    processes = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    for process in processes:
        assert process.stdout is not None
        assert int(process.stdout.readline()) == process.pid
    table = FileSharedTable(path)
    assert table.rows("count")[0][0] == 600
    assert sorted(table.rows("own 4")) == sorted(process.pid for process in processes)
    assert all(table.lives(process.pid) for process in processes)
    processes[0].kill()
    # not asked for yet: a dead child that the system still lists
    while table.lives(processes[0].pid):
        pass
    assert [table.lives(process.pid) for process in processes] == [False, True, True]
    for process in processes:
        process.communicate()
    table.close()


def test_the_loop_goes_on_while_another_process_changes_the_table(tmp_path: Path) -> None:
    path = tmp_path / "table"
    script = (
        "import sys\nfrom pathlib import Path\n"
        "from pytest_arena.engine.calling.shared_state import FileSharedTable, _WHOLE\n"
        "table = FileSharedTable(Path(sys.argv[1]))\nassert table._try_lock(_WHOLE)\n"
        "print('locked', flush=True)\nsys.stdin.read()\n"
    )
    other = subprocess.Popen(
        [sys.executable, "-c", script, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert other.stdout is not None
    assert other.stdout.readline() == "locked\n"

    async def main() -> bool:
        table = FileSharedTable(path)
        change = asyncio.ensure_future(table.change(lambda: True))
        for _ in range(5):
            await asyncio.sleep(0)
        waited = not change.done()
        other.communicate()
        assert await change
        table.close()
        return waited

    assert asyncio.run(main())
