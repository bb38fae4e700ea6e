"""What other tools and people call what this format has, so that a message says what is meant."""

from __future__ import annotations

import re
from collections.abc import Collection

_HERE = "write {key}: …, as it is called here"
_TYPE = "write type: {key}"

# our key, what else it is called, and how to mend it where writing our key is not all
_KEYS: tuple[tuple[str, str, str], ...] = (
    ("api_base", "base_url api_url url endpoint host server", _HERE),
    ("url", "base_url api_url api_base endpoint uri address host server", _HERE),
    ("body", "json payload data request", _HERE),
    ("output", "response response_path transform transform_response answer result", _HERE),
    ("command", "cmd argv program run script exec shell", _HERE),
    ("venv", "virtualenv interpreter python environment", _HERE),
    ("python_path", "pythonpath sys_path path paths", _HERE),
    (
        "config",
        "params parameters settings options args kwargs temperature max_tokens top_p seed",
        "write it under config:, which the application is given",
    ),
    (
        "command",
        "cwd working_dir workdir",
        "leave it out: a program runs in the folder of its arena file",
    ),
    (
        "api_key_env",
        "api_key apikey key token",
        "write api_key_env: NAME, the environment variable that holds the key",
    ),
    ("retries", "max_retries num_retries attempts", _HERE),
    ("concurrency", "max_concurrency parallel parallelism max_parallel", _HERE),
    (
        "rate_limit",
        "rpm tpm requests_per_minute tokens_per_minute",
        "write rate_limit: {{requests_per_minute: …, tokens_per_minute: …}}",
    ),
    ("provider", "type vendor platform", _HERE),
    ("params", "config parameters settings options generation", _HERE),
    (
        "params",
        "tools functions",
        "write tools: at the top of the file; params: {{tools: […]}} offers them to one provider "
        "alone",
    ),
    ("tools", "functions", _HERE),
    ("mcp_servers", "mcp mcp_server", _HERE),
    ("tools", "mcp_servers mcp", "write mcp_servers: at the top of the file, and tools: [mcp:id]"),
    (
        "parameters",
        "result response returns answer",
        "write mock: for what the tool gives to an agent",
    ),
    ("parameters", "mcp mcp_server", "write tools: [mcp:id], with mcp_servers: at the top"),
    ("python", "function callable code", "write python: module:function"),
    ("max_llm_turns", "max_turns max_steps max_iterations recursion_limit", _HERE),
    ("manifest", "file path agent_file config", _HERE),
    ("instructions", "system system_prompt system_message", _HERE),
    ("on_exceeded", "on_limit action", _HERE),
    ("tool_calls", "max_tool_calls max_tool_calls_per_run", _HERE),
    ("irreversible", "max_irreversible max_irreversible_per_run", _HERE),
    ("llm_turns", "max_llm_turns max_llm_turns_per_run", _HERE),
    ("api_base", "deployment", "write the deployment as model:, and its address as api_base:"),
    (
        "api_base",
        "system system_prompt prompt",
        "write system: in a case, or prompts: and targets: for several",
    ),
    (
        "personas",
        "persona simulated_users simulated_user users self_play selfplay user_simulator",
        _HERE,
    ),
    ("goals", "goal objective objectives task intent wants", _HERE),
    ("constraints", "rules restrictions constraint", _HERE),
    ("style", "tone personality voice manner", _HERE),
    ("target", "agent tools", "write target: the name of an entry of targets: of type agent"),
    ("provider", "model llm played_by", "write provider: {{provider: openai, model: …}}"),
    ("max_turns", "max_messages limit", _HERE),
    ("tests", "cases test_cases testcases scenarios test questions", _HERE),
    ("providers", "models model provider targets_under_test", _HERE),
    ("include", "includes import imports", _HERE),
    (
        "targets",
        "system system_prompt instructions",
        "write system: in a case, or prompts: and targets:, with defaults: {{target: …}}",
    ),
    ("prompts", "prompt", "write prompt: in each case, or prompts: by name, for targets"),
    (
        "tests",
        "assert assertions asserts default_test checks",
        "write assertions: in each case; x-checks: &checks […] and assertions: *checks share them",
    ),
    (
        "defaults",
        "timeout retries concurrency trials target cache params temperature max_tokens runs",
        "write it under defaults:",
    ),
    ("prompt", "input question query message user_prompt text user ask", _HERE),
    (
        "prompt",
        "image images files attachments picture pictures pdf audio",
        "write it as a part of the prompt: prompt: [What is this?, {{image: photos/a.png}}]",
    ),
    ("image", "picture photo img image_path", _HERE),
    ("text", "content", _HERE),
    ("system", "system_prompt system_message instructions", _HERE),
    ("variables", "vars inputs", _HERE),
    ("assertions", "assert asserts assertion checks expect expectations evaluators", _HERE),
    ("expected_response", "expected expected_output", _HERE),
    (
        "assertions",
        "expected expected_output expected_answer reference ideal answer output",
        "write what an answer must hold: assertions: [{{type: contains, value: …}}]",
    ),
    ("messages", "history chat", _HERE),
    ("conversation", "turns dialogue dialog", _HERE),
    ("conversation", "persona", "write it as a turn: conversation: [{{persona: …}}]"),
    ("file", "path filename source", _HERE),
    ("data", "dataset rows file csv table", _HERE),
    ("path", "file filename source data dataset csv", _HERE),
    (
        "data",
        "records delimiter columns split",
        "write it into data:, as in data: {{file: …, records: …}}",
    ),
    ("context", "documents docs retrieval_context", _HERE),
    ("tags", "marks markers labels", _HERE),
    ("cluster", "family clusters", _HERE),
    ("trials", "repeat samples n times", _HERE),
    ("name", "id title label", _HERE),
    (
        "session_id",
        "params temperature max_tokens retries model_params",
        "write it in an entry of providers:, or under defaults:",
    ),
    ("user", "prompt input message text question", _HERE),
    (
        "user",
        "assistant response answer",
        "leave it out: the model answers each turn; what it said before stands under messages:",
    ),
    ("value", "text string substring keyword expected contains", _HERE),
    ("values", "texts strings words keywords list any", _HERE),
    ("pattern", "regex regexp expression re value", _HERE),
    ("not", "negate negated invert inverse", _HERE),
    ("max_ms", "max limit ms max_time timeout threshold_ms max_seconds", _HERE),
    (
        "case_sensitive",
        "ignore_case case_insensitive ignorecase",
        "leave it out: case is ignored unless case_sensitive: true",
    ),
    ("judge", "model provider grader", _HERE),
    ("min_score", "min minimum least score", _HERE),
    ("min_similarity", "min minimum least similarity threshold_similarity", _HERE),
    ("to", "to_agent agent agents target_agent handoff_to", _HERE),
    ("from", "from_agent source_agent", _HERE),
    ("call", "function func fn module method", "write call: module:function"),
    ("instructions", "steps chain instruction_chain", _HERE),
    ("text", "prompt template instruction content", _HERE),
    ("agentic", "objective goal task agentic_step", "write agentic: with the objective itself"),
    ("agentic", "type kind", "leave it out: text:, python: or agentic: says it"),
    (
        "assertions",
        "contains equals matches value checks",
        "write it as a member, like assertions: [{{type: contains, value: …}}]",
    ),
)

# our type, and what else it is called
_TYPES: tuple[tuple[str, str, str], ...] = (
    ("matches", "regex regexp pattern match", "write type: matches, with pattern: …"),
    ("contains", "icontains includes include substring has", _TYPE),
    ("contains_any", "icontains_any includes_any one_of", _TYPE),
    ("contains_all", "icontains_all includes_all", _TYPE),
    ("not_contains", "excludes does_not_contain not_icontains", _TYPE),
    ("equals", "exact exact_match equal is eq string_check", _TYPE),
    ("starts_with", "startswith prefix begins_with", _TYPE),
    ("ends_with", "endswith suffix", _TYPE),
    ("is_json", "json valid_json", _TYPE),
    ("json_path", "jsonpath jmespath", _TYPE),
    ("is_sql", "sql contains_sql", _TYPE),
    ("is_xml", "xml contains_xml", _TYPE),
    ("response_time", "max_latency duration time", _TYPE),
    ("cost", "max_cost price", _TYPE),
    ("token_count", "tokens max_tokens", _TYPE),
    ("length", "char_count", _TYPE),
    ("max_words", "word_count", "write type: max_words, min_words, or length"),
    ("refusal", "is_refusal refuses", _TYPE),
    ("language", "lang is_language", _TYPE),
    (
        "llm_judge",
        "llm_as_judge model_graded model_graded_closedqa g_eval geval rubric judge "
        "answer_correctness criteria score_model label_model",
        "write type: llm_judge, with what must hold as criteria:",
    ),
    ("factuality", "model_graded_factuality fact_check", _TYPE),
    ("semantic_equals", "semantic_similarity embedding_similarity cosine", _TYPE),
    ("similar", "text_similarity fuzzy fuzzy_match", _TYPE),
    ("rouge", "rouge_n rouge_l", _TYPE),
    ("toxicity", "moderation toxic", _TYPE),
    ("preferred_over", "select_best pairwise better_than comparison", _TYPE),
    (
        "python",
        "js code custom function script webhook",
        "write a function of your own, and type: python with call: module:function",
    ),
    ("finish_reason", "stop_reason", _TYPE),
    ("tools_called", "trajectory:tool_used tool_used calls_tool", _TYPE),
    ("tools_not_called", "tool_not_called no_tool_called", _TYPE),
    ("tool_call_sequence", "trajectory:tool_sequence tool_sequence tool_order", _TYPE),
    ("tool_args", "trajectory:tool_args_match tool_args_match tool_arguments", _TYPE),
    ("tool_call_count", "trajectory:step_count tool_calls max_tool_calls", _TYPE),
    (
        "trajectory",
        "trajectory_match agent_trajectory tool_trajectory trajectory_exact_match "
        "trajectory_in_order_match trajectory_any_order_match trajectory_evaluator "
        "tool_trajectory_avg_score",
        "write type: trajectory, with the calls as steps: and mode: in_order, exact or any_order",
    ),
    (
        "step_efficiency",
        "trajectory_efficiency path_efficiency",
        "write type: step_efficiency, with the calls of the best path as reference:",
    ),
    ("no_anomaly", "health agent_health no_loop no_loops not_stuck tool_anti_pattern", _TYPE),
    (
        "goal_reached",
        "goal goal_completion goal_success goal_accuracy agent_goal_accuracy user_goal "
        "conversation_completeness",
        "write type: goal_reached, with what was to be reached as goal:",
    ),
    (
        "mission",
        "task_completion task_success task_completed mission_accomplished objective",
        "write type: mission, with what the agent was to do as objective:",
    ),
    (
        "trajectory_judge",
        "judge_trajectory trajectory_accuracy trajectory_llm_as_judge trajectory_quality "
        "agent_trajectory_judge llm_judge_trajectory",
        _TYPE,
    ),
    ("plan_adherence", "plan_followed follows_plan plan_compliance", _TYPE),
    (
        "persona_kept",
        "role_adherence persona_consistency persona_adherence in_character stays_in_character "
        "character_consistency",
        _TYPE,
    ),
    ("llm_turns", "model_calls llm_calls max_llm_turns llm_turn_count", _TYPE),
    ("turn_count", "turns max_turns conversation_length", _TYPE),
    ("state_equals", "state state_is state_check final_state end_state", _TYPE),
    (
        "asked_before",
        "confirmation confirmed_before confirm_before asked_first asks_first human_approval "
        "requires_confirmation user_confirmation human_in_the_loop",
        "write type: asked_before, with the tools that need a yes as tools:",
    ),
    (
        "handoff",
        "handoffs hand_off agent_handoff handoff_to handed_over delegation transfer_to_agent "
        "agent_handoff_correctness",
        "write type: handoff, with who takes over as to:",
    ),
    (
        "valid_tool_calls",
        "is_valid_openai_tools_call is_valid_openai_function_call is_valid_function_call",
        _TYPE,
    ),
    ("any_of", "or any assert_set", _TYPE),
    ("all_of", "and all", _TYPE),
)


def meant_key(word: str, known: Collection[str]) -> str | None:
    """Return how to write what an unknown key means, where one of the known keys is it."""
    plain = _plain(word)
    if plain in known:
        return f"did you mean {plain!r}?"
    return _meant(_KEYS, plain, known)


def meant_type(word: str, known: Collection[str]) -> str | None:
    """Return how to write what an unknown assertion type means, where a known one is it."""
    plain = _plain(word)
    if plain in known:
        return f"did you mean {plain!r}?"
    negated = plain.removeprefix("not_")
    if negated != plain and negated in known:
        return f"write type: {negated}, with not: true"
    return _meant(_TYPES, plain, known)


def _meant(
    table: tuple[tuple[str, str, str], ...], word: str, known: Collection[str]
) -> str | None:
    for key, words, fix in table:
        if key in known and word in words.split():
            return fix.format(key=key)
    return None


def _plain(word: str) -> str:
    """Return a word in lower case with underscores: `baseUrl` and `base-url` are base_url."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", word).lower().replace("-", "_").replace(" ", "_")
