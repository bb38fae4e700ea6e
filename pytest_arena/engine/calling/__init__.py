"""What surrounds one call: who may start when, what it may cost, and what is tried again.

A call passes, in this order: hooks and stored answers (`client`), a place among the calls in
flight (`concurrency`), the budgets and the rate of its provider (`quotas`, `budgets`,
`rate_limit`), and the attempts with their pauses (`retries`). `circuit_breaker` gives up a
provider that is down, `load_balancer` deals calls to several endpoints, `fallbacks` asks another
provider. All of it lives on the event loop and never blocks it; what holds over several processes
goes through `shared_state`, or is a file that is there (`notices`). The state of a provider
(`ProviderState`) belongs to this package and is not handed out.
"""
