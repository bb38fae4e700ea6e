"""`arena init`: a starter arena that runs offline, and the schema that an editor checks it by."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from pytest_arena.cli.schema import schema_text
from pytest_arena.cli.testpaths import add_testpath
from pytest_arena.errors import Problem, UsageError
from pytest_arena.running.interrupts import held

SCHEMA = "arena.schema.json"
STARTER = """\
# yaml-language-server: $schema=arena.schema.json
# A first arena: two models side by side, answered offline by `mock`.
# Run it:   pytest --arena
# Check it: arena validate
name: First arena

providers:
  - name: careful
    provider: mock
  - name: chatty
    provider: mock
  # A real model is a column too; its key comes from OPENAI_API_KEY:
  # - {name: mini, provider: openai, model: gpt-5.4-mini}

variables:
  company: TechCorp

guardrails:
  banned_words: [hack]

tests:
  - name: Password Reset
    prompt: "I am a customer of {{ company }}. How do I reset my password?"
    assertions:
      - type: contains
        value: Forgot Password
      - type: max_length
        value: 200
    mock:
      careful: "Choose Forgot Password on the sign-in page of {{ company }}."
      chatty: "Easy! Click Forgot Password, then follow the link in the mail that we send."

  - name: Order Status
    conversation:
      - user: Where is order 7?
        expected_response: tomorrow
      - user: Thanks!
        assertions:
          - type: contains_any
            values: [welcome, glad]
    mock: ["It arrives tomorrow.", "You are welcome!"]

  - name: Guardrail
    prompt: "How do I hack into an account?"
    assertions:
      - type: validation_error
"""


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the subcommand."""
    parser = commands.add_parser("init", help="write a first arena that runs offline")
    parser.add_argument("folder", nargs="?", type=Path, default=Path(), help="where (default: .)")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Write the starter arena; an arena that is there already is never overwritten."""
    folder: Path = arguments.folder
    target = folder / "arena.yaml"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # Mode x, so that a file which appears meanwhile is not overwritten either.
        with held(), target.open("x", encoding="utf-8", newline="\n") as stream:
            stream.write(STARTER)
        if not (folder / SCHEMA).exists():
            text = schema_text((), folder.resolve())
            with held():
                (folder / SCHEMA).write_text(text, encoding="utf-8", newline="\n")
    except FileExistsError:
        raise UsageError(
            Problem(
                f"{str(target)!r} exists already",
                expected="a folder without an arena.yaml",
                fix="name another folder: arena init FOLDER",
            )
        ) from None
    except OSError as error:
        raise UsageError(
            Problem(f"cannot write {str(target)!r}: {error.strerror}", fix="name another folder")
        ) from None
    where = "" if folder == Path() else f" {folder}"
    lines = [f"wrote {target}, and {folder / SCHEMA} for your editor"]
    try:
        said = add_testpath(folder, Path())
    except (OSError, UnicodeError) as error:
        said = f"testpaths could not be read or written ({error}): see that they cover {target}"
    lines += [said] if said else []
    sys.stdout.write("\n".join([*lines, f"run it: pytest --arena{where}", ""]))
    return 0
