"""`oracle`: the known best thresholds through the program, three formats that agree, the same for any number of threads."""
import csv
import io
import json
import time

from support import *

SHIPPED = SOURCE / "scenarios"


def oracle(path, *arguments):
    return json.loads(expect(0, "oracle", path, "--format", "json", *arguments).stdout)


found = oracle(SHIPPED / "uniform_triangular.yaml")
assert found["feasible_runs"] == [[0, 0.1], [0.9, 1]] and found["best"] == 0.1 and found["unconstrained"] == 0.4
assert found["least_violating"] is None and found["seed"] is None and found["tail"] is None
assert [round(p["weight"], 6) for p in found["mixture"]["parts"]] == [0.857143, 0.142857]
assert abs(found["mixture"]["reward"] - 0.072333) < 1e-6 and abs(sum(found["mixture"]["price"]) - 0.483333) < 1e-6
assert len(oracle(SHIPPED / "uniform_triangular.yaml", "--grid", 101)["sweep"]) == 101

nothing = oracle(SHIPPED / "uniform_triangular.yaml", "--set", "constraints.service_rate={floor: 0.3, ceiling: 0.7}")
assert nothing["best"] is None and nothing["least_violating"] == 0.2 and nothing["mixture"] is not None

start = time.perf_counter()
moving = oracle(SHIPPED / "contraction.yaml")
seconds = time.perf_counter() - start
assert seconds < 5, seconds
assert len(moving["sweep"]) == 51 and moving["starts"] == 5
assert all(0.97 < arm["spectral_radius"] < 1 and not arm["other_fixed_points"] for arm in moving["sweep"])
note(f"contraction.yaml: {seconds:.2f} s")

# The fixed point is where a long run by mean_field ends, and the horizon's mean is that of the run.
best = moving["best"]
path = SCRATCH / "fixed.yaml"
lines = (SHIPPED / "contraction.yaml").read_text().split("agents:")[0]
path.write_text(lines + f"agents: [{{type: fixed, threshold: {best}}}]\nfidelity: mean_field\n")
expect(0, "run", path, "--replications", 1, "--quiet")
arm = next(a for a in moving["sweep"] if a["threshold"] == best)
ran = datasets(SCRATCH / "fixed.h5")
assert np.allclose(ran["fixed/state"][0, -1], arm["state"], rtol=0, atol=1e-9)
assert np.allclose(ran["fixed/expected_residual"][0, -1], arm["residual"], rtol=0, atol=1e-9)
over = oracle(SHIPPED / "contraction.yaml", "--objective", "horizon")
arm = next(a for a in over["sweep"] if a["threshold"] == best)
assert abs(arm["reward"] - ran["fixed/expected_reward"][0].mean()) < 1e-12 and over["tail"] == [0, 5000]

small = scenario(replications=4, horizon=60)
drawn = oracle(small, "--fidelity", "counts", "--threads", 1)
assert drawn == oracle(small, "--fidelity", "counts", "--threads", 2)
assert drawn["seed"] != 11 and drawn["replications"] == 4 and drawn["tail"] == [30, 60]
assert all(arm["reward_half_width"] > 0 for arm in drawn["sweep"][1:-1])
one = oracle(small, "--fidelity", "counts", "--replications", 1)
assert all(arm["reward_half_width"] is None and arm["unsure"] for arm in one["sweep"])  # nothing tells how sure it is
text = expect(0, "oracle", small, "--fidelity", "counts", "--replications", 1).stdout
assert "1 replication, so no interval" in text and "unsure         all" in text and f"fresh seed {drawn['seed']}" in text, text

rows = list(csv.DictReader(io.StringIO(expect(0, "oracle", small, "--format", "csv").stdout)))
sweep = oracle(small)["sweep"]
assert [float(r["reward"]) for r in rows] == [arm["reward"] for arm in sweep] and [r["feasible"] for r in rows] == [arm["feasible"] for arm in sweep]
text = expect(0, "oracle", small).stdout
assert all(word in text for word in ["feasible", "best fixed", "best mixture", "best today", "spectral radius", "tolerance"]), text

# The sidecar: readable, never over an older one unasked.
expect(0, "oracle", small, "--save")
with h5py.File(SCRATCH / "small.oracle.h5") as file:
    assert file["reward"][...].tolist() == [arm["reward"] for arm in sweep]
    assert file["residual"].shape == (11, 3) and file["comparator_reward"].shape == (60,)
    assert file.attrs["comparator_threshold"] == oracle(small)["best"] and file["reward"].dims[0].keys() == ["threshold"]
assert "exists already" in expect(2, "oracle", small, "--save").stderr
expect(0, "oracle", small, "--save", "--force")
assert "no such folder" in expect(2, "oracle", small, "--save", "-o", "nowhere/x.h5").stderr
assert "--save only" in expect(2, "oracle", small, "-o", "x.h5").stderr

# A loop that swings for ever has no stationary value, and the program says so.
path = SCRATCH / "swings.yaml"
path.write_text("""scenario: swings
seed: 1
horizon: 50
environment:
  population:
    type: parametric
    groups:
      - {name: a, share: 0.5, score: {law: normal, mean: 3, sd: 1}}
      - {name: b, share: 0.5, score: {law: normal, mean: 3, sd: 1}}
    success: {law: logistic, slope: 1, midpoint: 0}
  arrivals: {type: batch, size: 10}
  dynamics: [{type: score_mean, rate: 1, gain: -6}]
agents: [{type: fixed, threshold: 0}, {type: ofs, grid: [-8, 0, 8]}]
""")
arm = oracle(path)["sweep"][1]
assert (arm["feasible"], arm["reward"], arm["period"]) == ("undecided", None, 2)
assert "a cycle of 2 epochs" in expect(0, "oracle", path).stdout


def wrong(*arguments, words):
    done = expect(2, "oracle", *arguments)
    assert all(word in done.stderr for word in words) and not done.stdout and len(done.stderr.splitlines()) == 1, done.stderr


wrong(words=["no scenario named"])
wrong("absent.yaml", words=["absent.yaml", "cannot be read"])
for n in ["1", "0", "-3", "2.5", "x", "1e9", "nan"]:
    wrong(small, "--grid", n, words=[f"--grid = {n}", "expected 2 to 1000000"])
wrong(small, "--objective", "statonary", words=["--objective = statonary", "did you mean `stationary`"])
wrong(small, "--fidelity", "individuals", words=["--fidelity = individuals", "mean_field or counts"])
wrong(small, "--format", "xml", words=["--format = xml", "table, json or csv"])
wrong(small, "--threads", 0, words=["--threads"])
wrong(small, "--set", "horizonn=3", words=["did you mean `horizon`"])
wrong(path, "--grid", 11, words=["no finite range"])
wrong(path, "--set", "agents=[{type: fixed, threshold: 0}]", words=["no agent with arms"])
changed = ["--set", "interventions=[{at: 9, set: environment.utility.success, to: 2}]"]
for fidelity in ["mean_field", "counts"]:
    wrong(small, "--fidelity", fidelity, *changed, words=["interventions:", "--objective horizon"])
    expect(0, "oracle", small, "--fidelity", fidelity, "--objective", "horizon", *changed)
expect(0, "oracle", small, "--set", "agents=[{type: fixed, threshold: 0.5}, {type: ofs, grid: 5}]", "--set",
       "interventions=[{at: 9, set: agents.fixed.threshold, to: 0.2}]")  # of an agent: the world rests as before
note("the oracle answers, and refuses what means nothing")
