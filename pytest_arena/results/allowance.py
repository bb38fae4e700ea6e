"""What a provider says, beside an answer, of how much more it will take."""

from __future__ import annotations

from pytest_arena.light_dataclass import dataclass

_WORTH_A_CALL = 0.1
"""The share of a limit on tokens that is waited for, since a call needs more than one token."""
_LOW = 0.1


@dataclass(frozen=True, slots=True)
class Quota:
    """What is left of one limit, out of how much, and in how many seconds it is whole again."""

    of_requests: bool
    left: float
    limit: float | None = None
    reset_s: float | None = None

    @property
    def refill(self) -> float | None:
        """How much comes back in a second, where that is known."""
        if self.limit is None or not self.reset_s or self.limit <= self.left:
            return None
        # so little that it comes to nothing is not known either
        return (self.limit - self.left) / self.reset_s or None

    @property
    def wait_s(self) -> float | None:
        """How long to wait where nothing is left; None where something is."""
        if self.left >= 1 or self.reset_s is None:
            return None
        if self.refill is None or self.limit is None:
            return self.reset_s
        wanted = 1.0 if self.of_requests else self.limit * _WORTH_A_CALL
        return min(wanted / self.refill, self.reset_s)


@dataclass(frozen=True, slots=True)
class Allowance:
    """What the headers of an answer say of all limits."""

    quotas: tuple[Quota, ...]

    @property
    def wait_s(self) -> float | None:
        """How long nothing more may be sent; None where something may."""
        return max((q.wait_s for q in self.quotas if q.wait_s is not None), default=None)

    @property
    def is_scarce(self) -> bool:
        """Whether there is something to learn for the rate of further calls."""
        return self.wait_s is not None or self.low_rate is not None

    @property
    def low_rate(self) -> float | None:
        """The requests that come back in a second, where less than a tenth of them is left."""
        for quota in self.quotas:
            if quota.of_requests and quota.limit and quota.left < quota.limit * _LOW:
                return quota.refill
        return None
