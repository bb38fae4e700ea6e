"""Assertions that ship with the plugin: one class each, listed in `BUILTINS`.

An assertion looks at a trial that has run, or at all trials of a cell, and returns an `Outcome`:
passed, failed, errored, unsure or skipped, with a reason that a person can act on. Its fields are
its keys in YAML and its docstring is its page in the documentation. `evaluate` runs one assertion
with everything that holds for all of them (`when`, `negate`, exceptions); `trial_verdict` makes
the verdict of a trial out of what all of them found.

Most checks are plain functions and run in the main thread of pytest, while the event loop goes
on calling. Those that ask a judge or an embedding are coroutines and run on the engine's loop.

An assertion must not know providers, engine or pytest: all that it may ask for is in the
`CheckContext` that it is given. What it shares with guardrails lies in `judging`.
"""

from pytest_arena.registry import Shipped

_HERE = __name__

BUILTINS = (
    Shipped("contains", f"{_HERE}.text:Contains", ("content_includes",)),
    Shipped("contains_any", f"{_HERE}.text:ContainsAny", ("content_includes_any",)),
    Shipped("contains_all", f"{_HERE}.text:ContainsAll"),
    Shipped("not_contains", f"{_HERE}.text:NotContains", ("content_not_includes",)),
    Shipped("content_excludes", f"{_HERE}.text:ContentExcludes"),
    Shipped("banned_words", f"{_HERE}.text:BannedWords"),
    Shipped("equals", f"{_HERE}.text:Equals"),
    Shipped("starts_with", f"{_HERE}.text:StartsWith"),
    Shipped("ends_with", f"{_HERE}.text:EndsWith"),
    Shipped("matches", f"{_HERE}.patterns:Matches", ("content_matches",)),
    Shipped("not_matches", f"{_HERE}.patterns:NotMatches"),
    Shipped("min_length", f"{_HERE}.length:MinLength"),
    Shipped("max_length", f"{_HERE}.length:MaxLength"),
    Shipped("length", f"{_HERE}.length:Length"),
    Shipped("min_words", f"{_HERE}.length:MinWords"),
    Shipped("max_words", f"{_HERE}.length:MaxWords"),
    Shipped("min_sentences", f"{_HERE}.length:MinSentences"),
    Shipped("max_sentences", f"{_HERE}.length:MaxSentences"),
    Shipped("is_json", f"{_HERE}.formats:IsJson", ("is_valid_json",)),
    Shipped("json_schema", f"{_HERE}.json_schema:JsonSchema"),
    Shipped("json_path", f"{_HERE}.json_path:JsonPath"),
    Shipped("contains_json", f"{_HERE}.formats:ContainsJson"),
    Shipped("is_xml", f"{_HERE}.formats:IsXml"),
    Shipped("is_sql", f"{_HERE}.formats:IsSql"),
    Shipped("label", f"{_HERE}.label:IsLabel"),
    Shipped("levenshtein", f"{_HERE}.text_metrics:Levenshtein"),
    Shipped("rouge", f"{_HERE}.text_metrics:Rouge"),
    Shipped("bleu", f"{_HERE}.text_metrics:Bleu"),
    Shipped("chrf", f"{_HERE}.text_metrics:Chrf"),
    Shipped("similar", f"{_HERE}.similar:Similar", ("similarity",)),
    Shipped("semantic_equals", f"{_HERE}.similar:SemanticEquals"),
    Shipped("response_time", f"{_HERE}.metrics:ResponseTime", ("latency",)),
    Shipped("first_token", f"{_HERE}.metrics:FirstToken"),
    Shipped("cost", f"{_HERE}.metrics:Cost"),
    Shipped("token_count", f"{_HERE}.metrics:TokenCount"),
    Shipped("finish_reason", f"{_HERE}.completion:FinishReason"),
    Shipped("refusal", f"{_HERE}.completion:Refusal"),
    Shipped("validation_error", f"{_HERE}.completion:ValidationError", ("guardrail_triggered",)),
    Shipped("success", f"{_HERE}.completion:Success"),
    Shipped("pii_leakage", f"{_HERE}.detectors:PiiLeakage", ("pii",)),
    Shipped("secrets", f"{_HERE}.detectors:Secrets", ("secret_leakage",)),
    Shipped("profanity", f"{_HERE}.detectors:Profanity"),
    Shipped("prompt_injection", f"{_HERE}.detectors:PromptInjection", ("injection",)),
    Shipped("prompt_leak", f"{_HERE}.detectors:PromptLeak"),
    Shipped("language", f"{_HERE}.detectors:Language"),
    Shipped("topics", f"{_HERE}.topics:Topics"),
    Shipped("content_filter", f"{_HERE}.completion:ContentFilter"),
    Shipped("python", f"{_HERE}.python:Python"),
    Shipped("tools_called", f"{_HERE}.tool_calls.names:ToolsCalled", ("tool_called",)),
    Shipped("tools_not_called", f"{_HERE}.tool_calls.names:ToolsNotCalled"),
    Shipped("tool_args", f"{_HERE}.tool_calls.arguments:ToolArgs", ("tool_calls_with_args",)),
    Shipped("tool_call_count", f"{_HERE}.tool_calls.names:ToolCallCount"),
    Shipped("tool_call_sequence", f"{_HERE}.tool_calls.names:ToolCallSequence"),
    Shipped("tool_no_repeat", f"{_HERE}.tool_calls.names:ToolNoRepeat"),
    Shipped("no_tool_errors", f"{_HERE}.tool_calls.outcomes:NoToolErrors"),
    Shipped("tool_result_includes", f"{_HERE}.tool_calls.outcomes:ToolResultIncludes"),
    Shipped("tool_result_matches", f"{_HERE}.tool_calls.outcomes:ToolResultMatches"),
    Shipped("tool_call_f1", f"{_HERE}.tool_calls.names:ToolCallF1", ("tool-call-f1",)),
    Shipped(
        "valid_tool_calls",
        f"{_HERE}.tool_calls.arguments:ValidToolCalls",
        (
            "is-valid-openai-tools-call",
            "is-valid-openai-function-call",
            "is-valid-function-call",
        ),
    ),
    Shipped("tool_efficiency", f"{_HERE}.tool_calls.outcomes:ToolEfficiency"),
    Shipped("no_anomaly", f"{_HERE}.behaviour.no_anomaly:NoAnomaly"),
    Shipped("step_output", f"{_HERE}.behaviour.step_output:StepOutput"),
    Shipped("trajectory", f"{_HERE}.behaviour.trajectory:Trajectory"),
    Shipped("step_efficiency", f"{_HERE}.behaviour.trajectory:StepEfficiency"),
    Shipped("llm_turns", f"{_HERE}.behaviour.counts:LlmTurns"),
    Shipped("turn_count", f"{_HERE}.behaviour.counts:TurnCount"),
    Shipped("handoff", f"{_HERE}.behaviour.handoff:Handoffs"),
    Shipped("asked_before", f"{_HERE}.behaviour.asked_before:AskedBefore"),
    Shipped("state_equals", f"{_HERE}.behaviour.state_equals:StateEquals"),
    Shipped("trajectory_judge", f"{_HERE}.behaviour.trajectory_judge:TrajectoryJudge"),
    Shipped("goal_reached", f"{_HERE}.behaviour.goal_reached:GoalReached"),
    Shipped("mission", f"{_HERE}.behaviour.mission:Mission"),
    Shipped("plan_adherence", f"{_HERE}.behaviour.plan_adherence:PlanAdherence"),
    Shipped("persona_kept", f"{_HERE}.behaviour.persona_kept:PersonaKept"),
    Shipped("span_count", f"{_HERE}.spans:SpanCount"),
    Shipped("span_duration", f"{_HERE}.spans:SpanDuration"),
    Shipped("no_error_spans", f"{_HERE}.spans:NoErrorSpans"),
    Shipped("any_of", f"{_HERE}.groups:AnyOf"),
    Shipped("all_of", f"{_HERE}.groups:AllOf"),
    Shipped("llm_judge", f"{_HERE}.llm_judge:LlmJudge", ("llm_rubric",)),
    Shipped(
        "judge_conversation", f"{_HERE}.llm_judge:JudgeConversation", ("llm_judge_conversation",)
    ),
    Shipped("preferred_over", f"{_HERE}.preferred_over:PreferredOver"),
    Shipped("tone", f"{_HERE}.tone:Tone"),
    Shipped("sentiment", f"{_HERE}.sentiment:Sentiment"),
    Shipped("relevance", f"{_HERE}.judge_criteria:Relevance"),
    Shipped("context_aware", f"{_HERE}.judge_criteria:ContextAware"),
    Shipped("factuality", f"{_HERE}.judge_criteria:Factuality"),
    Shipped("faithfulness", f"{_HERE}.rag:Faithfulness", ("context_faithfulness", "groundedness")),
    Shipped("hallucination", f"{_HERE}.rag:Hallucination"),
    Shipped("answer_relevance", f"{_HERE}.rag:AnswerRelevance", ("answer_relevancy",)),
    Shipped("context_relevance", f"{_HERE}.rag:ContextRelevance", ("context_relevancy",)),
    Shipped("context_recall", f"{_HERE}.rag:ContextRecall"),
    Shipped("context_precision", f"{_HERE}.rag:ContextPrecision"),
    Shipped("toxicity", f"{_HERE}.judge_criteria:Toxicity"),
    Shipped("bias", f"{_HERE}.judge_criteria:Bias"),
    Shipped("role_violation", f"{_HERE}.judge_criteria:RoleViolation"),
    Shipped("avg_response_time", f"{_HERE}.aggregates:AvgResponseTime"),
    Shipped("p50_latency", f"{_HERE}.aggregates:P50Latency"),
    Shipped("p95_latency", f"{_HERE}.aggregates:P95Latency"),
    Shipped("p99_latency", f"{_HERE}.aggregates:P99Latency"),
    Shipped("success_rate", f"{_HERE}.aggregates:SuccessRate"),
    Shipped("error_rate", f"{_HERE}.aggregates:ErrorRate"),
    Shipped("total_cost", f"{_HERE}.aggregates:TotalCost"),
    Shipped("tokens_used", f"{_HERE}.aggregates:TokensUsed"),
    Shipped("consistency", f"{_HERE}.aggregates:Consistency"),
)

__all__ = ["BUILTINS"]
