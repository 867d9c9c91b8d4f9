"""Limits at their bound, and limits without a value: every verb says the same."""
import json

from support import *

SCENARIO = """scenario: {name}
seed: 1
replications: 12
horizon: 40
fidelity: {fidelity}
environment:
  population:
    type: score_table
    groups:
      - {{name: a, share: 0.5, scores: [0.2, 0.8], mass: {a}, success: [0.2, 0.8]}}
      - {{name: b, share: 0.5, scores: [0.2, 0.8], mass: {b}, success: {success}}}
  score_model: {{type: identity}}
  arrivals: {{type: batch, size: 120}}
constraints: {{{constraints}}}
agents: [{{type: fixed, threshold: 0.5}}, {{type: fixed, threshold: 0.4, label: same}}]
"""


def run_case(name, **parts):
    path = SCRATCH / f"{name}.yaml"
    path.write_text(SCENARIO.format(name=name, **{"fidelity": "mean_field", "success": "[0.2, 0.8]", **parts}))
    expect(0, "run", path, "-o", SCRATCH / f"{name}.h5")
    return path, SCRATCH / f"{name}.h5"


def analysis(trace):
    return json.loads(expect(0, "analyze", trace, "--format", "json").stdout)


def oracle(path):
    return json.loads(expect(0, "oracle", path, "--grid", "3", "--format", "json").stdout)


def row(found, metric, subject, basis="expected", part="window"):
    return next(m for m in found["agents"][0][part] if (m["metric"], m["subject"], m["basis"]) == (metric, subject, basis))


def verdicts(found):
    return {v["limit"]: v for v in found["agents"][0]["verdicts"]}


# Rates .55 and .50 where .05 is allowed: 4e-17 too much in doubles.
path, trace = run_case("gap", a="[45, 55]", b="[50, 50]", constraints="demographic_parity: {tolerance: 0.05}")
with h5py.File(trace, "r") as file:
    assert 0 < file["agents/fixed/expected_residual"][...].max() < 1e-15
found = analysis(trace)
assert {v["verdict"] for v in verdicts(found).values()} == {"met"}, verdicts(found)
for subject in ["demographic_parity:a-b", "worst residual"]:
    for metric in ["violation_frequency", "cumulative_violation", "longest_spell"]:
        assert row(found, metric, subject)["mean"] == 0
    assert row(found, "time_to_feasibility", subject)["mean"] == 40 and row(found, "time_to_feasibility", subject)["censored"] == 0
assert {r["mean"] for ranking in found["rankings"] if ranking["metric"] == "mean_violation" for r in ranking["agents"]} == {0}
assert "never  " not in expect(0, "analyze", trace).stdout  # a column: feasible after
assert json.loads(expect(0, "inspect", trace, "--format", "json").stdout)[0]["violation"] == 0
compared = json.loads(expect(0, "compare", trace, "--metric", "mean_violation", "--format", "json").stdout)
assert [agent["mean"] for agent in compared["agents"]] == [0, 0]
arm = next(arm for arm in oracle(path)["sweep"] if arm["threshold"] == 0.5)
assert arm["feasible"] == "yes" and arm["summed_violation"] == 0 and oracle(path)["tolerance"] == 1e-9
note("a residual of rounding is met in every verb")

# Rates 2/3 and 5/6.
_, trace = run_case("fifths", a="[1, 2]", b="[1, 5]", constraints="")
found = analysis(trace)
assert verdicts(found)["four-fifths rule"]["verdict"] == "met" and verdicts(found)["four-fifths rule"]["worst_pair"] == ["b", "a"]
assert row(found, "four_fifths_met", None, "realised")["mean"] == 1

# Nobody of group b would succeed: equal opportunity never has a value.
path, trace = run_case("undefined", fidelity="individuals", a="[1, 1]", b="[1, 1]", success="[0, 0]",
                       constraints="demographic_parity: {tolerance: 0.05}, equal_opportunity: {tolerance: 0.05, told: false}")
found = analysis(trace)
for limit in ["equal_opportunity:b-a", "equal_opportunity:a-b", "worst residual"]:
    one = verdicts(found)[limit]
    assert one["verdict"] == "undefined" and one["reason"].startswith("undefined in 120 of 120 epochs") and one["mean"] is None, one
assert "equal_opportunity:a-b" in verdicts(found)["worst residual"]["reason"] and verdicts(found)["demographic_parity:a-b"]["verdict"] == "met"
assert row(found, "time_to_feasibility", "worst residual")["values"] == [None] * 12
assert any("no ranking by mean_violation" in line for line in found["notes"]), found["notes"]
assert json.loads(expect(0, "inspect", trace, "--format", "json").stdout)[0]["violation"] is None
assert "undefined" in expect(3, "compare", trace, "--metric", "mean_violation").stderr
swept = oracle(path)
assert {arm["feasible"] for arm in swept["sweep"]} == {"undefined"} and swept["best"] is None and swept["feasible_runs"] == []
assert swept["sweep"][1]["undefined_share"] == [0, 0, 1, 1]
told = expect(0, "oracle", path, "--grid", "3", "--save").stdout
assert "feasible       nothing" in told and "equal_opportunity:a-b: at 3 of the 3 thresholds, in 100 % of the epochs" in told, told
assert "no regret" in expect(0, "analyze", trace, "--agents", "fixed").stdout
note("what never has a value is undefined in every verb")
