"""A route of several stages with servers, delays and late outcomes, in continuous time: the same on one thread and on
two, killed and gone on with it ends the same, and what is on file says itself what happened."""
import time

from support import *

YAML = """scenario: routed
seed: 5
replications: 6
horizon: 3000
environment:
  population:
    type: parametric
    groups:
      - {name: a, share: 0.6, score: {law: logit_normal, mean: 0.2, sd: 0.8}}
      - {name: b, share: 0.4, score: {law: logit_normal, mean: 0.0, sd: 0.8}}
    success: {law: score}
  arrivals: {type: poisson_process, rate: 30, seasonal: {amplitude: 0.5, period: 12}}
  outcomes: {delay: {law: weibull, scale: 6, shape: 3}, lost: 0.1}
  dynamics: [{type: acceptance_share, rate: 0.02, gain: 1.0}]
clock: {type: every, interval: 0.5}
route:
  stages:
    screen: {cost: 0.02, on_accept: interview, on_reject: {to: screen, probability: 0.3, delay: {law: fixed, time: 6}}}
    interview:
      score_model: {type: noisy, sd: 0.5}
      servers: {count: 4, time: {law: exponential, mean: 0.2}}
      patience: {law: exponential, mean: 3}
      on_accept: {to: offer, delay: {law: exponential, mean: 1}}
    offer: {threshold: 0.5, capacity: 5, patience: {law: fixed, time: 2}, cost: 0.1}
constraints: {demographic_parity: {tolerance: 0.1}}
agents: [{type: ofs, grid: 5}, {type: thompson, grid: 5}]
trace: {compression: none}
"""
path = SCRATCH / "routed.yaml"
path.write_text(YAML)


for more in [[], ["--set", "trace.level=applicants", "--set", "horizon=600"]]:
    whole, single = (SCRATCH / f"{name}{len(more)}.h5" for name in ("whole", "single"))
    start = time.monotonic()
    expect(0, "run", path, "-o", whole, "--threads", "2", *more)
    length = time.monotonic() - start
    truth = datasets(whole)
    expect(0, "run", path, "-o", single, "--threads", "1", *more)
    assert same(datasets(single), truth)
    resumed = kill_often(path, length, truth, *more)
    note(f"{'rows: ' if more else ''}run of {length:.2f} s, {resumed} killed and gone on with")

with h5py.File(SCRATCH / "whole0.h5") as file:
    ofs = file["agents/ofs"]
    arrived, accepted, lost = (ofs[name][...] for name in ("arrived", "accepted", "stage_lost"))
    assert np.array_equal(arrived, accepted + lost.sum(axis=2))
    assert np.array_equal(ofs["time"][0], 0.5 * np.arange(1, 3001))
    assert np.isfinite(ofs["stage_told"][...]).any(axis=(0, 1)).tolist() == [True, True, False]  # `offer` has no agent
    assert (ofs["stage_left"][...].sum(axis=(0, 1, 3)) > 0).tolist() == [False, True, True]
    assert (ofs["stage_accepted"][...].sum(axis=3)[:, :, 2] <= 5).all()
note("one thread as two; stages add up to the end")
