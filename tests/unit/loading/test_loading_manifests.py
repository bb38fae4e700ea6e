"""Manifests of Promptise as agents: what of them is taken over, and what is told or refused."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pytest_arena.assertions.behaviour.mission import Mission
from pytest_arena.loading import Arena
from pytest_arena.loading.agent_plans import AgentPlan
from pytest_arena.registry import Registry

CASES = (
    "tests: [{name: A, target: a, prompt: Hi, mock: x, assertions: [{type: contains, value: x}]}]\n"
)
TARGET = "targets: {a: {type: agent, manifest: watcher.agent}}\n"
SUPER = "targets: {a: {type: agent, manifest: w.superagent}}\n"
Load = Callable[..., Arena]
Refused = Callable[..., str]


def _loaded(load: Load, manifest: str, arena: str = TARGET, name: str = "watcher.agent") -> Arena:
    return load(arena + CASES, {name: manifest})


def _agent(arena: Arena) -> AgentPlan:
    agent = arena.cells[0].case.agent
    assert agent is not None
    return agent


def test_an_agent_has_the_instructions_limits_and_signs_of_its_manifest(load: Load) -> None:
    arena = _loaded(
        load,
        'version: "1.0"\nname: watcher\ninstructions: |\n  You watch {{ pipelines }}.\n'
        "budget: {enabled: true, max_tool_calls_per_run: 4, max_llm_turns_per_run: 12,\n"
        "  max_cost_per_run: 7.5, max_irreversible_per_run: 0, on_exceeded: pause}\n"
        "health: {enabled: true, stuck_threshold: 4, empty_max_chars: 2, on_anomaly: escalate}\n"
        "config: {max_invocation_time: 90}\n",
    )
    agent = _agent(arena)
    assert arena.cells[0].case.system == "You watch {{ pipelines }}."
    assert agent.limits.model_dump(exclude_none=True) == {
        "tool_calls": 4,
        "llm_turns": 12,
        "irreversible": 0,
        "cost_weight": 7.5,
        "wall_time": 90.0,
        "on_exceeded": "stop",
    }
    assert agent.max_llm_turns == 12
    assert agent.health is not None
    assert (agent.health.stuck_threshold, agent.health.empty_max_chars) == (4, 2)
    assert agent.health.on_anomaly == "stop"
    assert arena.warnings == ()


def test_health_that_only_logs_is_a_note(load: Load) -> None:
    agent = _agent(_loaded(load, "name: w\nhealth: {enabled: true}\n"))
    assert agent.health is not None
    assert agent.health.on_anomaly == "note"


def test_what_stands_in_the_target_goes_before_its_manifest(load: Load) -> None:
    arena = _loaded(
        load,
        "name: w\ninstructions: Theirs.\nhealth: {enabled: true}\n"
        "budget: {enabled: true, max_tool_calls_per_run: 4, max_llm_turns_per_run: 20}\n",
        "targets: {a: {type: agent, manifest: watcher.agent, instructions: Ours., health: null, "
        "max_llm_turns: 3, limits: {tool_calls: 9, on_exceeded: fail}}}\n",
    )
    agent = _agent(arena)
    assert arena.cells[0].case.system == "Ours."
    assert (agent.limits.tool_calls, agent.limits.llm_turns) == (9, 20)
    assert (agent.limits.on_exceeded, agent.max_llm_turns, agent.health) == ("fail", 3, None)


def test_servers_of_a_manifest_are_those_of_its_agent_and_of_no_other(load: Load) -> None:
    arena = load(
        "mcp_servers: [{id: other, command: other}]\n"
        "targets: {a: {type: agent, manifest: sub/watcher.agent}, b: {type: agent}}\n"
        + CASES.replace(
            "tests: [",
            "tests: [{name: B, target: b, prompt: Hi, mock: x, "
            "assertions: [{type: contains, value: x}]}, ",
        ),
        {
            "sub/watcher.agent": "name: w\nservers:\n"
            "  kb: {type: stdio, command: python, args: [kb.py], env: {KEY: '${KEY}'}}\n"
            "  web: {url: 'http://localhost:1/mcp', transport: streamable-http,\n"
            "    headers: {X-Team: a}, bearer_token: '${TOKEN}', api_key: k}\n"
        },
    )
    plans = {plan.case.name: plan.case.agent for plan in arena.cells}
    assert plans["B"] is not None
    assert list(plans["B"].servers) == ["other"]
    assert plans["A"] is not None
    servers = plans["A"].servers
    assert list(servers) == ["kb", "web"]
    assert servers["kb"].argv == ("python", "kb.py")
    assert servers["kb"].env == {"KEY": "${KEY}"}
    assert servers["kb"].folder.name == "sub"
    assert servers["web"].type == "http"
    assert servers["web"].headers == {
        "X-Team": "a",
        "Authorization": "Bearer ${TOKEN}",
        "x-api-key": "k",
    }


def test_a_server_of_the_arena_file_stands_in_for_one_of_its_name(load: Load) -> None:
    arena = _loaded(
        load,
        "name: w\nservers: {kb: {type: sse, url: 'http://prod.example/sse'}}\n"
        "budget: {enabled: true, tool_costs: {refund: {cost_weight: 5, irreversible: true}}}\n",
        "mcp_servers: [{id: kb, command: stub, irreversible: [drop], cost_weights: {drop: 3}}]\n"
        + TARGET,
    )
    server = _agent(arena).servers["kb"]
    assert server.argv == ("stub",)
    assert [server.is_irreversible(tool) for tool in ("refund", "drop", "find")] == [
        True,
        True,
        False,
    ]
    assert [server.cost_weight(tool) for tool in ("refund", "drop", "find")] == [5, 3, 1]


def test_a_target_names_which_servers_of_its_manifest_it_uses(load: Load, refused: Refused) -> None:
    manifest = "name: w\nservers: {kb: {command: kb}, web: {command: web}}\n"
    target = "targets: {a: {type: agent, manifest: watcher.agent, tools: ['mcp:%s']}}\n"
    assert list(_agent(_loaded(load, manifest, target % "kb")).servers) == ["kb"]
    text = refused(target % "wbe" + CASES, {"watcher.agent": manifest})
    assert "unknown MCP server 'wbe' in 'tools' of the agent" in text
    assert "fix: did you mean 'web'?" in text


def test_tool_costs_hold_for_tools_of_the_arena_file_that_say_nothing(load: Load) -> None:
    arena = _loaded(
        load,
        "name: w\nbudget: {enabled: true, tool_costs: {pay: {cost_weight: 5, irreversible: true}, "
        "find: {cost_weight: 2}}}\n",
        "tools: {pay: {mock: 1}, find: {mock: 1, cost_weight: 3}, look: {mock: 1}}\n" + TARGET,
    )
    specs = {name: tool.spec for name, tool in _agent(arena).tools.items()}
    assert [specs[name].cost_weight for name in ("pay", "find", "look")] == [5, 3, 1]
    assert [specs[name].irreversible for name in ("pay", "find", "look")] == [True, False, False]


def test_variables_are_filled_in_or_left_for_when_a_server_is_started(
    load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOP", "Acme")
    monkeypatch.setenv("TOKEN", "t0p")
    monkeypatch.delenv("PLACE", raising=False)
    arena = _loaded(
        load,
        'name: w\ninstructions: "${SHOP} in ${PLACE:-Rome}."\n'
        'budget: {enabled: true, max_tool_calls_per_run: "${PLACE:-4}"}\n'
        'servers: {kb: {command: "${SHOP}", args: ["${TOKEN:-none}", "${PLACE:-here}", "${X}"]}}\n',
    )
    assert arena.cells[0].case.system == "Acme in Rome."
    assert _agent(arena).limits.tool_calls == 4
    assert _agent(arena).servers["kb"].argv == ("Acme", "${TOKEN}", "here", "${X}")


def test_secrets_of_a_manifest_are_those_of_its_agent(
    load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ABSENT", raising=False)
    arena = _loaded(
        load,
        "name: w\nsecrets:\n  enabled: true\n  ttls: {bank: 3}\n  secrets:\n"
        '    bank: "${BANK}"\n    shop: "${SHOP}"\n    plain: hunter2\n    other: "${ABSENT:-o}"\n'
        '    to-do: "${TODO}"\n',
        "targets: {a: {type: agent, manifest: watcher.agent, secrets: {shop: '${OURS}'}}}\n",
    )
    assert _agent(arena).secrets == {"bank": "${BANK}", "shop": "${OURS}"}
    why = "a secret is a variable of the environment, under a name that Python takes"
    assert arena.warnings == (
        "watcher.agent:1:1: 4 keys of the manifest without effect here\n"
        "  4:3: secrets.ttls: a secret can be used as long as the trial goes\n"
        f"  8:5: secrets.secrets.plain: {why}\n"
        f"  9:5: secrets.secrets.other: {why}\n"
        f"  10:5: secrets.secrets.to-do: {why}",
    )
    assert _agent(_loaded(load, "name: w\nsecrets: {secrets: {a: '${A}'}}\n")).secrets == {}


def test_a_mission_is_an_assertion_of_each_case_that_a_judge_can_look_at(
    load: Load, registry: Registry
) -> None:
    registry.assertion(Mission)
    manifest = {
        "watcher.agent": "name: w\nmission: {enabled: true, objective: Find it., "
        "success_criteria: '', confidence_threshold: 0.9, eval_every: 3}\n"
    }
    cases = (
        "tests: [{name: A, target: a, prompt: Hi, mock: x, assertions: [{type: contains, value: x}"
        "]}, {name: B, target: a, prompt: Hi, mock: x, assertions: [{type: mission, objective: "
        "Other.}]}, {name: C, prompt: Hi, mock: x, assertions: [{type: contains, value: x}]}]\n"
    )
    arena = load("judge: {provider: mock, model: m}\n" + TARGET + cases, manifest)
    found = {plan.case.name: plan.case.assertions for plan in arena.cells}
    assert [one.type for one in found["A"]] == ["contains", "mission"]
    mission = found["A"][1]
    assert isinstance(mission, Mission)
    assert (mission.objective, mission.confidence_threshold) == ("Find it.", 0.9)
    assert (mission.success_criteria, mission.line) == (None, None)
    assert [one.type for one in found["B"]] == ["mission"]
    assert [one.type for one in found["C"]] == ["contains"]
    [told] = arena.warnings
    assert "2:96: mission.eval_every: it is judged once, when the trial is over" in told

    unjudged = load(TARGET + cases, manifest)
    assert [one.type for one in unjudged.cells[0].case.assertions] == ["contains"]
    assert unjudged.warnings[1:] == (
        "watcher.agent:2:10: 'mission' of the manifest is not judged: the arena file has no judge",
    )


def test_a_persona_can_be_the_agent_of_a_manifest(load: Load) -> None:
    arena = load(
        "providers:\n  - {name: m, provider: mock, model: m}\n"
        "mcp_servers: [{id: other, command: other}]\n"
        "personas: {buyer: {target: a, provider: m, goals: [Buy a lamp.]}}\n"
        + TARGET
        + "tests: [{name: A, conversation: [{persona: buyer}], mock: x, "
        "assertions: [{type: contains, value: x}]}]\n",
        {"watcher.agent": "name: w\ninstructions: Be brief.\nservers: {kb: {command: kb}}\n"},
    )
    (persona,) = arena.cells[0].case.personas
    assert persona.agent is not None
    assert list(persona.agent.servers) == ["kb"]


def test_what_stands_under_config_is_as_if_it_stood_in_the_manifest(load: Load) -> None:
    agent = _agent(
        _loaded(
            load,
            "version: 1.0\nname: w\nconfig:\n  budget: {enabled: true, max_tool_calls_per_run: 4}\n"
            "  servers: {kb: {command: kb}}\n",
        )
    )
    assert agent.limits.tool_calls == 4
    assert list(agent.servers) == ["kb"]


def test_a_superagent_file_is_an_agent_as_well(load: Load) -> None:
    arena = _loaded(
        load,
        "agent: {model: {provider: openai, model: gpt-5-mini}, instructions: Add.}\n"
        "servers: {math: {type: http, url: 'http://localhost:1/mcp'}}\nmax_invocation_time: 30\n"
        "sandbox: false\ncache: true\napproval: {tools: ['*'], handler: queue}\n",
        "providers:\n  - {name: a, provider: openai, model: gpt-5-mini}\n" + SUPER,
        "w.superagent",
    )
    assert arena.cells[0].case.system == "Add."
    assert _agent(arena).limits.wall_time == 30
    assert list(_agent(arena).servers) == ["math"]
    assert arena.warnings == (
        "w.superagent:1:1: 2 keys of the manifest without effect here\n"
        "  5:1: cache: an answer is always the model's own\n"
        "  6:1: approval: nobody is asked before a tool is called",
    )


def test_what_has_no_effect_is_listed_and_not_refused(load: Load) -> None:
    arena = load(
        "targets: {a: {type: agent, manifest: watcher.agent}, b: {type: agent, "
        "manifest: watcher.agent}}\n" + CASES,
        {
            "watcher.agent": "name: w\nmodel: openai:gpt-5-mini\nagent_pattern: peoatr\n"
            "triggers: [{type: cron, cron_expression: '* * * * *'}]\nworld: {a: 1}\nmemory: {}\n"
            "execution_mode: open\nmission: {enabled: false, objective: x}\n"
            "budget: {max_tool_calls_per_run: 3}\nhealth: {enabled: true, cooldown: 3}\n"
            "servers: {kb: {command: kb, keep_alive: true, auth: x}}\nconfig: {concurrency: 2}\n"
        },
    )
    assert arena.warnings == (
        "watcher.agent:1:1: 9 keys of the manifest without effect here\n"
        "  2:1: model openai:gpt-5-mini: the columns say which models work, and none of them is "
        "this one\n"
        "  3:1: agent_pattern peoatr: the agent calls tools until it answers, as with react\n"
        "  4:1: triggers: a case says what the agent is told, and nothing else starts it\n"
        "  5:1: world: no state is there when a trial begins; say it in the prompt\n"
        "  7:1: execution_mode open: an agent cannot change itself\n"
        "  9:1: budget: not enabled: it limits nothing\n"
        "  10:25: health.cooldown: each sign is told once a trial\n"
        "  11:47: servers.kb.auth: Promptise does not send it, either; write bearer_token or "
        "api_key\n"
        "  12:10: config.concurrency: it is for a process that goes on, and a trial is one",
    )
    assert _agent(arena).limits.tool_calls is None


@pytest.mark.parametrize(
    ("manifest", "problem"),
    [
        (
            "name: w\ninstrctions: Help.\n",
            "watcher.agent:2:1: unknown key 'instrctions' in the manifest",
        ),
        ("name: w\ninstrctions: Help.\n", "fix: did you mean 'instructions'?"),
        (
            "name: w\ntriggers: [{type: cron, cron_expresion: x}]\n",
            "watcher.agent:2:25: unknown key 'cron_expresion' in 'triggers' of the manifest",
        ),
        (
            "name: w\ntriggers: [{type: cron, cron_expresion: x}]\n",
            "did you mean 'cron_expression'",
        ),
        ("name: w\nmission: {objektive: x}\n", "did you mean 'objective'?"),
        ("name: w\nmission: {enabled: true}\n", "assertion 'mission' has no 'objective'"),
        (
            "name: w\nconfig: {concurency: 2}\n",
            "watcher.agent:2:10: unknown key 'concurency' in 'config' of the manifest",
        ),
        (
            "name: w\nconfig: {inbox: {max_message: 2}}\n",
            "unknown key 'max_message' in 'config.inbox' of the manifest",
        ),
        (
            "name: w\nbudget: {enabled: true, max_tool_call_per_run: 2}\n",
            "did you mean 'max_tool_calls_per_run'?",
        ),
        ("name: w\nbudget: {tool_costs: {pay: {irreversibel: true}}}\n", "'irreversible'"),
        (
            "name: w\nbudget: {enabled: true, max_tool_calls_per_run: 0}\n",
            "watcher.agent:2:49: 'max_tool_calls_per_run' of 'budget' of the manifest cannot be 0",
        ),
        ("name: w\nhealth: {enabled: true, stuck_treshold: 3}\n", "'stuck_threshold'"),
        (
            "name: w\nhealth: {enabled: true, stuck_threshold: 1}\n",
            "watcher.agent:2:42: 'stuck_threshold' of 'health' of the manifest cannot be 1",
        ),
        (
            "name: w\nservers: {kb: {comand: kb}}\n",
            "watcher.agent:2:16: unknown key 'comand' in MCP server 'kb'",
        ),
        ("name: w\nsecrets: {enabled: true, secret: {}}\n", "did you mean 'secrets'?"),
        ("name: w\nservers: {kb: {}}\n", "an MCP server has neither 'command' nor 'url'"),
        ("name: w\nservers: {kb: kb.py}\n", "MCP server 'kb' is not a mapping"),
        ("name: w\nservers: {kb: {url: 'http://h/sse', type: sse}}\n", "'sse' is not spoken"),
        ("name: w\nagent_pattern: peotr\n", "fix: did you mean 'peoatr'?"),
        (
            "name: w\nbudget: {}\nconfig: {budget: {}}\n",
            "watcher.agent:3:10: 'budget' of 'config' stands in the manifest as well\n"
            "  expected: each key in one place\n"
            "  fix: remove it here; the other stands at watcher.agent:2:1",
        ),
        (
            'name: w\ninstructions: "${NOT_SET_ANYWHERE}"\n',
            "watcher.agent:2:15: the manifest needs the environment variable NOT_SET_ANYWHERE",
        ),
        ("instructions: Help.\n", "watcher.agent:1:1: the manifest has no 'name'"),
        ('version: "2.0"\nname: w\n', "'version' of the manifest cannot be '2.0'"),
        ("- a\n", "watcher.agent:1:1: the manifest is not a mapping"),
        ("name: w\nservers: [kb]\n", "'servers' of the manifest cannot be a list"),
        ("name: w\nconfig: 3\n", "'config' of the manifest cannot be 3"),
        ("name: w\nconfig: {max_invocation_time: -1}\n", "'max_invocation_time' of 'config'"),
    ],
)
def test_a_manifest_with_a_mistake_is_refused_where_it_stands(
    refused: Refused, registry: Registry, manifest: str, problem: str
) -> None:
    registry.assertion(Mission)
    assert problem in refused(TARGET + CASES, {"watcher.agent": manifest})


@pytest.mark.parametrize(
    ("manifest", "problem"),
    [
        ("name: w\ninstructions: Help.\n", "w.superagent:1:1: unknown key 'name' in the manifest"),
        ("agent: {instructions: Help.}\n", "'agent' of the manifest has no 'model'"),
        ("agent: {model: 3}\n", "'model' of the manifest is neither a text nor a mapping"),
        ("agent: {model: {provider: x, nam: y}}\n", "unknown key 'nam'"),
        ("agent: {model: x, instruction: y}\n", "did you mean 'instructions'?"),
        ("agent: {model: x}\ncache: {bakend: redis}\n", "did you mean 'backend'?"),
        ("agent: {model: x}\nguardrail: true\n", "did you mean 'guardrails'?"),
    ],
)
def test_a_superagent_file_with_a_mistake_is_refused(
    refused: Refused, manifest: str, problem: str
) -> None:
    assert problem in refused(SUPER + CASES, {"w.superagent": manifest})


def test_a_manifest_that_is_not_there_is_refused(refused: Refused) -> None:
    text = refused(TARGET + CASES, {"wacher.agent": "name: w\n"})
    assert "manifest 'watcher.agent' does not exist" in text
    assert "did you mean 'wacher.agent'?" in text


@pytest.mark.parametrize(
    ("target", "fix"),
    [
        ("{manifest: watcher.agent}", "fix: add type: agent"),
        ("{type: agent, file: watcher.agent}", "fix: write manifest: …, as it is called here"),
        ("{type: agent, manifset: watcher.agent}", "fix: did you mean 'manifest'?"),
        ("{type: agent, manifest: [a]}", "'manifest' of target 'a' cannot be a list"),
    ],
)
def test_a_manifest_that_is_named_otherwise_is_told_how(
    refused: Refused, target: str, fix: str
) -> None:
    assert fix in refused(f"targets: {{a: {target}}}\n" + CASES, {"watcher.agent": "name: w\n"})


def test_another_manifest_is_another_prompt(load: Load) -> None:
    hashes = {
        _loaded(load, f"name: w\nservers: {{kb: {{command: kb, args: [{one}]}}}}\n")
        .cells[0]
        .hashes["prompt"]
        for one in ("a", "b")
    }
    assert len(hashes) == 2
