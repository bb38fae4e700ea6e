"""What a manifest of Promptise says that an arena does not do: told, and held against its keys."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pytest_arena.errors import Location
from pytest_arena.light_dataclass import dataclass
from pytest_arena.loading.context import LoadContext
from pytest_arena.loading.tree import YamlList, YamlMap
from pytest_arena.loading.unknown_keys import unknown_key
from pytest_arena.text.numbers import counted

OWNER = "the manifest"
_TRIGGER = (
    "type cron_expression cron_timezone webhook_path webhook_port webhook_host hmac_secret "
    "signature_scheme signature_header signature_tolerance allowed_sources webhook_max_body_bytes "
    "watch_path watch_patterns watch_events watch_debounce_seconds watch_recursive watch_backend "
    "watch_poll_interval watch_max_pending_events event_type event_source topic custom_config "
    "filter_expression trusted"
)
_CONTEXT = (
    "writable_keys memory_provider memory_max memory_min_score memory_timeout memory_auto_store "
    "memory_collection memory_persist_directory memory_user_id conversation_max_messages "
    "conversation_history conversation_clear_on_stop state_tool file_mounts env_prefix "
    "initial_state"
)
_OPEN_MODE = (
    "allow_identity_change allow_tool_creation allow_mcp_connect allow_trigger_management "
    "allow_memory_management max_custom_tools max_dynamic_triggers max_instruction_length "
    "max_rebuilds allowed_mcp_urls identity_mcp_urls sandbox_custom_tools allow_process_spawn "
    "max_spawned_processes allow_public_webhooks"
)
_IDENTITY = (
    "provider agent_id name owner labels mode client_id resource region audience "
    "service_account_email socket_path issuer token_file token_env_var"
)
_HOOK = (
    "event command timeout priority once tag fail_closed cwd env env_passthrough max_output_bytes"
)
_RUNTIME = "it is for a process that goes on, and a trial is one"
_TWICE = "an answer is always the model's own"


@dataclass(frozen=True, slots=True)
class Gap:
    """A key whose meaning an arena lacks: why, and which keys its mapping may have, if it is one,
    or each of its list."""

    why: str
    keys: str = ""


OF_AGENT: Mapping[str, Gap] = {
    "context": Gap("a trial begins with nothing but its case", _CONTEXT),
    "entrypoint": Gap("Promptise does not read it, either"),
    "hooks": Gap("no program is run beside the agent", _HOOK),
    "identity": Gap("servers are shown no credential of an agent", _IDENTITY),
    "journal": Gap(
        "the run keeps its own; --arena-resume takes it up", "level backend path recover_on_start"
    ),
    "memory": Gap(
        "nothing is remembered from one trial to the next",
        "provider collection persist_directory user_id auto_store max min_score timeout",
    ),
    "open_mode": Gap("an agent cannot change itself", _OPEN_MODE),
    "triggers": Gap("a case says what the agent is told, and nothing else starts it", _TRIGGER),
    "world": Gap("no state is there when a trial begins; say it in the prompt"),
}
OF_CONFIG: Mapping[str, Gap] = {
    **dict.fromkeys(
        (
            "concurrency",
            "drain_timeout",
            "heartbeat_interval",
            "idle_timeout",
            "max_consecutive_failures",
            "max_lifetime",
            "max_restarts",
            "restart_backoff",
            "restart_policy",
        ),
        Gap(_RUNTIME),
    ),
    "adaptive": Gap("nothing is learnt from one trial to the next"),
    "approval": Gap("nobody is asked before a tool is called"),
    "cache": Gap(_TWICE),
    "extra_tools": Gap("tools of Python stand under tools: of the arena file"),
    "guardrails": Gap("those of the arena file hold"),
    "inbox": Gap(
        "an inject: turn of a case is a note of a person",
        "enabled max_messages max_message_length default_ttl max_ttl rate_limit_per_sender "
        "scan_with_guardrails",
    ),
    "observe": Gap("the results hold each step as it is"),
    "optimize_tools": Gap("all tools are offered at each call"),
    "trigger_delivery": Gap(
        "nothing but a case starts the agent",
        "max_retries retry_backoff retry_backoff_max dead_letter_size scan_payloads "
        "max_payload_chars",
    ),
}
OF_SUPERAGENT: Mapping[str, Gap] = {
    "adaptive": Gap(
        "nothing is learnt from one trial to the next",
        "enabled synthesis_threshold synthesis_model max_strategies auto_cleanup strategy_ttl "
        "failure_retention verify_human_feedback feedback_rate_limit scope confidence_half_life "
        "min_confidence allowed_tools review_lessons learn_from_approval_denials",
    ),
    "approval": Gap(
        "nobody is asked before a tool is called",
        "tools handler webhook_url webhook_secret timeout on_timeout max_pending redact_sensitive "
        "max_retries_after_deny deny_window deny_scope sequential context_messages "
        "webhook_allow_private_networks",
    ),
    "cache": Gap(
        _TWICE,
        "backend redis_url similarity_threshold default_ttl scope max_entries_per_user "
        "max_total_entries embedding_model encrypt_values ttl_patterns invalidate_on_write "
        "cache_multi_turn cache_tool_turns write_tools read_only_tools shared_data_acknowledged",
    ),
    "cross_agents": Gap("no other agent is started; a tool of the arena file can stand for one"),
    "delegation_timeout": Gap("no other agent is started"),
    "events": Gap("nobody is notified", "sinks shutdown_timeout slow_tool_threshold"),
    "guardrails": Gap(
        "those of the arena file hold",
        "detect_injection detect_pii detect_credentials detect_toxicity injection_threshold warmup",
    ),
    "identity": OF_AGENT["identity"],
    "include_broadcast": Gap("no other agent is started"),
    "max_delegation_depth": Gap("no other agent is started"),
    "memory": Gap(
        OF_AGENT["memory"].why,
        "provider collection persist_directory user_id agent_id backend path",
    ),
    "observability": Gap(
        "the results hold each step as it is",
        "level session_name record_prompts record_tool_io transporters output_dir log_file "
        "console_live webhook_url prometheus_port otlp_endpoint correlation_id",
    ),
    "optimize_tools": Gap(
        "all tools are offered at each call",
        "level embedding_model top_k context_turns max_description_length preserve_tools "
        "always_include_fallback score_threshold",
    ),
    "sandbox": Gap(
        "there is no sandbox, and the agent has no tools of one",
        "backend image cpu_limit memory_limit disk_limit pids_limit network docker_network "
        "persistent timeout workdir env allow_sudo user",
    ),
}
OF_BUDGET: Mapping[str, Gap] = {
    **dict.fromkeys(
        ("max_tool_calls_per_day", "max_runs_per_day", "max_cost_per_day", "daily_reset_hour_utc"),
        Gap("a trial is not counted with others of its day"),
    ),
    "escalation": Gap("nobody is notified", "webhook_url event_type"),
    "inject_remaining": Gap("the model is not told what is left"),
    "warning_threshold": Gap("a note stands in the steps at four fifths"),
}
OF_HEALTH: Mapping[str, Gap] = {
    "cooldown": Gap("each sign is told once a trial"),
    "escalation": Gap("nobody is notified", "webhook_url event_type"),
}
OF_MISSION: Mapping[str, Gap] = {
    **dict.fromkeys(
        ("auto_complete", "eval_every", "max_invocations", "on_complete", "timeout_hours"),
        Gap("it is judged once, when the trial is over"),
    ),
    "escalation": Gap("nobody is notified", "webhook_url event_type"),
    "eval_model": Gap("the judge of the arena file judges"),
}
OF_SECRETS: Mapping[str, Gap] = {
    **dict.fromkeys(("default_ttl", "ttls"), Gap("a secret can be used as long as the trial goes"))
}
OF_SERVER: Mapping[str, Gap] = {
    "audience": Gap("servers are shown no credential of an agent"),
    "auth": Gap("Promptise does not send it, either; write bearer_token or api_key"),
    "forward_caller_token": Gap("a case has no caller with a token"),
}


class GapsFound:
    """What a manifest says that has no effect here, in the order of its lines."""

    def __init__(self, context: LoadContext) -> None:
        self._context = context
        self._found: list[tuple[Location, str, str]] = []

    def add(self, place: Location, what: str, why: str) -> None:
        self._found.append((place, what, why))

    def look(self, tree: YamlMap, gaps: Mapping[str, Gap], *path: str) -> None:
        """Take the keys of a mapping that have gaps and are not switched off; `path` leads to it.

        Keys that the mapping of one of them cannot have are problems.
        """
        for key in [key for key in tree if key in gaps]:
            value, name = tree[key], ".".join((*path, key))
            _check_keys(value, gaps[key].keys, f"{name!r} of {OWNER}", self._context)
            is_off = value in (None, False) or value in ({}, [])
            if not is_off and not (isinstance(value, YamlMap) and value.get("enabled") is False):
                self.add(tree.key_place(key), name, gaps[key].why)

    def add_idle(self, tree: YamlMap, key: str, why: str) -> None:
        """Take a section that was never enabled; one that somebody switched off is no gap."""
        if tree[key] and "enabled" not in tree[key]:
            self.add(tree.key_place(key), key, f"not enabled: {why}")

    def tell(self) -> None:
        """Warn of all of them at once: a manifest for production has many."""
        if not self._found:
            return
        found = sorted(self._found, key=lambda gap: (gap[0].line, gap[0].column))
        first = f"{counted(len(found), 'key')} of {OWNER} without effect here"
        lines = [f"{place.line}:{place.column}: {what}: {why}" for place, what, why in found]
        self._context.warn(Location(found[0][0].file, 1, 1), "\n  ".join((first, *lines)))


def refuse_key(
    tree: YamlMap, key: Any, inside: str, known: list[str], context: LoadContext
) -> None:
    """Add the problem of a key that nothing knows."""
    place = tree.key_place(key)
    problem = unknown_key(str(key), place, inside, known)
    context.problems.add(problem.what, place, expected=problem.expected, fix=problem.fix)


def _check_keys(value: Any, keys: str, inside: str, context: LoadContext) -> None:
    """Refuse keys of a mapping, or of those in a list, that nothing knows."""
    known = keys.split()
    for mapping in value if isinstance(value, YamlList) else [value]:
        for key in mapping if isinstance(mapping, YamlMap) and known else ():
            if key not in known:
                refuse_key(mapping, key, inside, known, context)
