"""What surrounds one call: limits, rates, budgets, retries, circuit breaker, load balancing."""
