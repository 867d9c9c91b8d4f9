"""The NumPy baseline of the benchmarks gives what Loopgate gives, in distribution.

Null hypothesis of each check: both programs draw from one law. False alarms: alpha = 1e-5 over all checks together.
Each check must also reject baselines that are wrong by a stated little."""
import subprocess
import sys

from support import *
from two_sample import check_tails, chi_square, kolmogorov_smirnov

ALPHA = 1e-5
BASELINE = SOURCE / "bench" / "baselines" / "closed_loop.py"
sys.path.insert(0, str(SOURCE / "bench"))
import worlds
from worlds import UNIFORM_TRIANGULAR

LOGIT_NORMAL = """    type: parametric
    groups:
      - {name: A, share: 0.6, score: {law: logit_normal, mean: 0.4, sd: 1.0}}
      - {name: B, share: 0.4, score: {law: logit_normal, mean: -0.2, sd: 1.3}}
    success: {law: logistic, slope: 3, midpoint: 0.4}"""
TABLE = """    type: score_table
    groups:
      - {name: A, share: 0.6, scores: [0.1, 0.3, 0.5, 0.9], mass: [1, 1, 1, 1], success: [0.2, 0.3, 0.6, 0.7]}
      - {name: B, share: 0.4, scores: [0.2, 0.4, 0.7], mass: [1, 4, 2], success: [0.1, 0.5, 0.8]}"""


def world(name, population, agents, size, horizon, replications, dynamics=""):
    path = SCRATCH / f"{name}.yaml"
    path.write_text(worlds.scenario(population, agents, size, name=name, seed=3, horizon=horizon, replications=replications,
                                    dynamics=dynamics))
    return path


def loopgate(path):
    output = path.with_suffix(".loopgate.h5")
    expect(0, "run", path, "-o", output, "--force", "--quiet")
    return datasets(output)


def baseline(path, *overrides):
    output = path.with_suffix(".baseline.h5")
    done = subprocess.run(["/usr/bin/python3", BASELINE, path, "-o", output, *(w for o in overrides for w in ("--set", o))],
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return datasets(output)


# ---- the checks: name -> p-value of two traces ------------------------------------------------------------------


def epochs(a, b):
    """Epochs of a fixed threshold without dynamics are independent: n = replications x epochs rows of counts."""
    def rows(trace, *names):
        columns = [trace[f"fixed/{name}"].reshape(-1, 2) for name in names]
        return np.column_stack(columns).astype(int)
    return {"arrived and accepted": chi_square(*(rows(t, "arrived", "accepted")[:, [0, 2, 3]] for t in (a, b))),
            "succeeded and qualified": chi_square(*(rows(t, "succeeded", "qualified") for t in (a, b)))}


def last_epoch(a, b):
    """Replications are independent: n = replications states and counts after some epochs of dynamics."""
    def last(trace, name):
        return trace[f"fixed/{name}"][:, -1]
    return {"last composition": kolmogorov_smirnov(*(last(t, "composition")[:, 0] for t in (a, b))),
            "last accepted": chi_square(*(last(t, "accepted").astype(int) // 4 for t in (a, b)))}


def whole_runs(a, b):
    """n = replications values of a run's mean reward and mean expected violation of the worst residual."""
    found = {}
    for agent in ["ofs", "ucb1"]:
        reward = [t[f"{agent}/reward"].mean(axis=1) for t in (a, b)]
        violation = [np.maximum(t[f"{agent}/expected_residual"].max(axis=2), 0.0).mean(axis=1) for t in (a, b)]
        found |= {f"{agent} reward": kolmogorov_smirnov(*reward), f"{agent} violation": kolmogorov_smirnov(*violation)}
    return found


FIXED = "{type: fixed, threshold: {A: 0.5, B: 0.4}}"
LEARNERS = "{type: ofs, grid: 21}, {type: ucb1, grid: 21}"
MOVING = "{type: acceptance_share, rate: 0.3, gain: 2.0}"
COUNTS = "fidelity=counts"
SHARES = ["environment.population.groups.0.share=0.52", "environment.population.groups.1.share=0.48"]
WIDER = "agents.{}.radius={{type: ucb1, scale: 0.07}}"
CASES = [  # scenario, check, overrides of baselines that are right, of baselines that are wrong
    (world("epochs", UNIFORM_TRIANGULAR, FIXED, 12, 300, 200), epochs, [[], [COUNTS]],
     [SHARES, ["agents.0.threshold.A=0.52"], [COUNTS, *SHARES], [COUNTS, "agents.0.threshold.B=0.42"]]),
    (world("logistic", LOGIT_NORMAL, FIXED, 12, 300, 200), epochs, [[], [COUNTS]],
     [[COUNTS, "agents.0.threshold.A=0.52"], [COUNTS, "environment.population.success.midpoint=0.42"]]),
    (world("moving", UNIFORM_TRIANGULAR, FIXED, 60, 12, 3000, MOVING), last_epoch, [[], [COUNTS]],
     [[COUNTS, "environment.dynamics.0.gain=1.8"], [COUNTS, "agents.0.threshold.A=0.52"]]),
    (world("learning", LOGIT_NORMAL, LEARNERS, 100, 150, 300, MOVING), whole_runs, [[], [COUNTS]],
     [[COUNTS, WIDER.format(0)], [COUNTS, WIDER.format(1)]]),
]
CASES.append((world("table", TABLE, FIXED, 12, 300, 200), epochs, [[], [COUNTS]],
              [[COUNTS, "agents.0.threshold.A=0.51"], [COUNTS, "environment.population.groups.1.mass=[1, 4, 3]"]]))

check_tails()
right, wrong = {}, {}
for path, check, same_law, other_law in CASES:
    ours = loopgate(path)
    for overrides in same_law:
        theirs = baseline(path, *overrides)
        assert ours.keys() >= theirs.keys()
        for name, p in check(ours, theirs).items():
            right[f"{path.stem} {overrides}: {name}"] = p
        if check is epochs:  # nothing moves: what is expected is a number, not a law
            for name in ["expected_reward", "expected_residual", "qualification_rate", "threshold", "composition"]:
                np.testing.assert_allclose(theirs[f"fixed/{name}"], ours[f"fixed/{name}"], rtol=0, atol=1e-9)
    for overrides in other_law:
        wrong[f"{path.stem} {overrides}"] = check(ours, baseline(path, *overrides))

alpha = ALPHA / len(right)
for name, p in right.items():
    note(f"{name}: p = {p:.3g}")
    assert p > alpha, (name, p, alpha)
for name, found in wrong.items():
    note(f"wrong: {name}: " + ", ".join(f"{check}: p = {p:.3g}" for check, p in found.items()))
    assert min(found.values()) < alpha, (name, found, alpha)
for name in right:  # every check has rejected something
    world_name, check = name.split()[0], name.split(": ")[-1]
    assert any(w.split()[0] == world_name and found[check] < alpha for w, found in wrong.items()), name
note(f"{len(right)} checks at alpha = {ALPHA:g} together; {len(wrong)} wrong baselines rejected")

for key, value in [("environment.arrivals", "{type: poisson, mean: 9}"), ("trace.level", "replay"), ("agents.0.typo", "1"),
                   ("environment.dynamics", "[{type: score_mean, rate: 0.1, gain: 1}]"), ("fidelity", "mean_field")]:
    refused = subprocess.run(["/usr/bin/python3", BASELINE, CASES[1][0], "-o", SCRATCH / "refused.h5", "--set", f"{key}={value}"],
                             capture_output=True, text=True)
    assert refused.returncode == 2 and key in refused.stderr, (key, refused.returncode, refused.stderr)
    assert not (SCRATCH / "refused.h5").exists()
note("what the baseline does not do it refuses by name")

path = world("rows", TABLE, FIXED, 30, 40, 3)
for codec in ["none", "deflate"]:  # rows sum to the counts of the epochs
    baseline(path, "trace.level=applicants", f"trace.compression={codec}")
    with h5py.File(path.with_suffix(".baseline.h5")) as file:
        fixed = file["agents/fixed"]
        for r in range(3):
            row = {name: dataset[...] for name, dataset in fixed[f"applicants/r{r:04d}"].items()}
            group, accepted, success = row["group"], row["accepted"], row["success"]
            assert group.size == 30 * 40 and row["type"].max() == 3
            for name, kept in {"arrived": group >= 0, "accepted": accepted, "succeeded": accepted & success,
                               "qualified": success}.items():
                assert np.array_equal(np.bincount(group, weights=kept, minlength=2), fixed[name][r].sum(axis=0)), name
            # thresholds: A at 0.5, its third type; B at 0.4, its second
            assert np.array_equal(accepted, np.where(group == 0, row["type"] >= 2, row["type"] >= 1))
note("the baseline's applicant rows sum to its counts")
