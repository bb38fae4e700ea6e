"""`arena personas`: the simulated users that ship, for the turns of conversations."""

from __future__ import annotations

import argparse
import sys

_WIDTH = 16


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the subcommand."""
    parser = commands.add_parser("personas", help="list the simulated users that ship")
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help="show these as entries of personas: to start from"
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """List all of them, or print some as YAML."""
    from pytest_arena.schema.persona_library import SHIPPED

    if not arguments.names:
        for name, persona in SHIPPED.items():
            sys.stdout.write(f"{name:<{_WIDTH}}{persona.description}\n")
        return 0
    sys.stdout.write(_entries(arguments.names))
    return 0


def _entries(names: list[str]) -> str:
    import yaml

    from pytest_arena.errors import Problem, UsageError, suggest
    from pytest_arena.schema.persona_library import SHIPPED

    for name in names:
        if name not in SHIPPED:
            raise UsageError(
                Problem(
                    f"no persona {name!r} ships",
                    expected=", ".join(SHIPPED),
                    fix=suggest(name, SHIPPED) or "name one of these",
                )
            )
    shown = {name: SHIPPED[name].model_dump(mode="json", exclude_defaults=True) for name in names}
    return yaml.safe_dump({"personas": shown}, sort_keys=False, allow_unicode=True, width=90)
