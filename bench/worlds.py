"""Scenarios that the benchmarks measure and that the test of their NumPy baselines compares."""

UNIFORM_TRIANGULAR = """    type: parametric
    groups:
      - {name: A, share: 0.5, score: {law: uniform, low: 0, high: 1}}
      - {name: B, share: 0.5, score: {law: triangular, low: 0, mode: 0, high: 1}}"""
ACCEPTANCE_SHARE = "{type: acceptance_share, rate: 0.05, gain: 1.0}"


def scenario(population, agents, size, *, name="bench", seed=1, replications=1, horizon=1, dynamics=ACCEPTANCE_SHARE,
             fidelity="individuals", level="epochs", compression="none"):
    """Parity and a service floor: with two groups, three residuals. agents and dynamics: entries of their lists."""
    return f"""scenario: {name}
seed: {seed}
replications: {replications}
horizon: {horizon}
fidelity: {fidelity}
environment:
  population:
{population}
  arrivals: {{type: batch, size: {size}}}
  dynamics: [{dynamics}]
constraints: {{demographic_parity: {{tolerance: 0.05}}, service_rate: {{floor: 0.3}}}}
agents: [{agents}]
trace: {{level: {level}, compression: {compression}}}
"""
