"""`secrets:` of a manifest as those of its agent."""

from __future__ import annotations

from collections.abc import Mapping

from pytest_arena.loading.context import LoadContext
from pytest_arena.loading.manifest_gaps import OF_SECRETS, OWNER, GapsFound
from pytest_arena.loading.manifest_variables import only_named
from pytest_arena.loading.tree import YamlMap
from pytest_arena.loading.validate import build_model
from pytest_arena.schema.http import VARIABLE
from pytest_arena.schema.manifest import ManifestSecrets


def secrets_of(tree: YamlMap, gaps: GapsFound, context: LoadContext) -> Mapping[str, str]:
    """Return what the tools of a manifest's agent may use and nobody may read, by name."""
    if not isinstance(tree.get("secrets"), YamlMap):
        return {}
    written: YamlMap = only_named(tree, "secrets")
    read = build_model(ManifestSecrets, written, context.problems, f"'secrets' of {OWNER}")
    if read is None:
        return {}
    if not read.enabled:
        gaps.add_idle(tree, "secrets", "tools are given none")
        return {}
    gaps.look(written, OF_SECRETS, "secrets")
    found: dict[str, str] = {}
    for name, text in read.secrets.items():
        if VARIABLE.search(text) and name.isidentifier():
            found[name] = text
        else:
            why = "a secret is a variable of the environment, under a name that Python takes"
            gaps.add(written["secrets"].key_place(name), f"secrets.secrets.{name}", why)
    return found
