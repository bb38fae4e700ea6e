"""What is left of an agent's limits in one trial: asked before anything is done."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import field

from pytest_arena.errors import ErrorKind, ProviderError
from pytest_arena.light_dataclass import dataclass
from pytest_arena.loading.agent_plans import ToolPlan
from pytest_arena.results.request_response import Response
from pytest_arena.schema import ToolLimits
from pytest_arena.text.numbers import counted, less_rounding, reaches, stays_within

_NEAR = 0.8


@dataclass(slots=True)
class LimitsUsed:
    """How much one trial has used of its agent's limits.

    Each question is asked before something is done, in the order in which it would be done: of
    calls that run side by side, those that the model named first are within.
    """

    limits: ToolLimits
    clock: Callable[[], float]
    began: float = 0.0
    tool_calls: int = 0
    calls_in_turn: int = 0
    llm_turns: int = 0
    irreversible: int = 0
    cost_weight: float = 0.0
    cost_usd: float = 0.0
    _noted: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.began = self.clock()

    def begin_turn(self) -> None:
        """Count the calls of a turn of the user's anew."""
        self.calls_in_turn = 0

    @property
    def seconds_left(self) -> float | None:
        """How long the agent may go on, None without such a limit."""
        if self.limits.wall_time is None:
            return None
        return self.began + self.limits.wall_time - self.clock()

    def refuses_model(self) -> str | None:
        """Return the limit that forbids a further call of the model; else count the call."""
        limits = self.limits
        if limits.llm_turns is not None and self.llm_turns >= limits.llm_turns:
            return f"limit llm_turns: at most {counted(limits.llm_turns, 'call')} of the model"
        if limits.cost_usd is not None and reaches(self.cost_usd, limits.cost_usd):
            return self._too_dear(limits.cost_usd)
        if late := self._late():
            return late
        self.llm_turns += 1
        return None

    def refuses_tool(self, plan: ToolPlan) -> str | None:
        """Return the limit that forbids a further call of a tool; else count the call."""
        limits, spec = self.limits, plan.spec
        if limits.tool_calls is not None and self.tool_calls >= limits.tool_calls:
            return f"limit tool_calls: at most {counted(limits.tool_calls, 'call')} of tools"
        most = limits.tool_calls_per_turn
        if most is not None and self.calls_in_turn >= most:
            return f"limit tool_calls_per_turn: at most {counted(most, 'call')} of tools in a turn"
        most = limits.irreversible if spec.irreversible else None
        if most is not None and self.irreversible >= most:
            return f"limit irreversible: at most {counted(most, 'irreversible call')}"
        weight = self.cost_weight + spec.cost_weight
        if limits.cost_weight is not None and not stays_within(weight, limits.cost_weight):
            return f"limit cost_weight: the calls would weigh {weight:g} of {limits.cost_weight:g}"
        if limits.cost_usd is not None and not stays_within(self.cost_usd, limits.cost_usd):
            return self._too_dear(limits.cost_usd)
        if late := self._late():
            return late
        self.tool_calls += 1
        self.calls_in_turn += 1
        self.irreversible += spec.irreversible
        self.cost_weight = weight
        return None

    def answered(self, response: Response) -> None:
        """Count what a call of the model cost; one that nobody knows cannot be held to a limit."""
        if response.cost_usd is not None:
            self.cost_usd += response.cost_usd
        elif self.limits.cost_usd is not None:
            raise ProviderError(
                ErrorKind.CONFIGURATION,
                "the agent has a limit cost_usd, and the cost of a call is not known\n"
                "  expected: a model whose price is known\n"
                "  fix: give the provider input_cost_per_million and output_cost_per_million, or "
                "limit llm_turns instead",
            )

    def notes(self) -> Iterator[str]:
        """Yield a word on each limit of which four fifths are used, once a trial."""
        limits = self.limits
        used: dict[str, tuple[float, float | None]] = {
            "tool_calls": (self.tool_calls, limits.tool_calls),
            "llm_turns": (self.llm_turns, limits.llm_turns),
            "irreversible": (self.irreversible, limits.irreversible),
            "cost_weight": (self.cost_weight, limits.cost_weight),
            "cost_usd": (self.cost_usd, limits.cost_usd),
            "wall_time": (self.clock() - self.began, limits.wall_time),
        }
        for name, (so_far, limit) in used.items():
            near = limit is not None and so_far > 0 and so_far >= less_rounding(limit * _NEAR)
            if near and name not in self._noted:
                self._noted.add(name)
                yield f"limit {name}: {so_far:.4g} of {limit:g} used"

    def _late(self) -> str | None:
        left = self.seconds_left
        return self.late if left is not None and left <= 0 else None

    @property
    def late(self) -> str:
        """The word on an agent whose time is over."""
        return f"limit wall_time: {self.limits.wall_time:g} s have passed"

    def _too_dear(self, limit: float) -> str:
        return f"limit cost_usd: {self.cost_usd:.4g} of {limit:g} US dollars were spent"
