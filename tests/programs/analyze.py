"""`analyze` against NumPy on the raw datasets; its three formats; windows, partial traces and wrong command lines."""
import csv
import io
import json
import shutil

from support import *

T_2 = 4.302652729911275  # 0.975-quantile of Student's t with 2 degrees of freedom
trace = SCRATCH / "small.h5"
expect(0, "run", scenario(), "-o", trace)


def analysis(path=trace, *arguments):
    return json.loads(expect(0, "analyze", path, *arguments, "--format", "json").stdout)


def rows(of, part="window", agent=0):
    return {(m["metric"], m["basis"], m["view"], m["subject"]): m for m in of["agents"][agent][part]}


def check_window(found, data, begin, end):
    """Values of each replication, from the datasets."""
    n = {k: data[k][:, begin:end].sum(1) for k in ["arrived", "accepted", "succeeded", "qualified"]}
    rates = {
        ("selection_rate", None): n["accepted"] / n["arrived"],
        ("true_positive_rate", "true"): n["succeeded"] / n["qualified"],
        ("false_positive_rate", "true"): (n["accepted"] - n["succeeded"]) / (n["arrived"] - n["qualified"]),
        ("positive_predictive_value", "true"): n["succeeded"] / n["accepted"],
        ("positive_predictive_value", "observed"): n["succeeded"] / n["accepted"],
        ("applicant_qualification_rate", "observed"): n["succeeded"] / n["accepted"],
        ("applicant_qualification_rate", "true"): n["qualified"] / n["arrived"],
        ("representation_ratio", None): n["accepted"] / n["accepted"].sum(1)[:, None] * n["arrived"].sum(1)[:, None] / n["arrived"],
    }
    for (metric, view), values in rates.items():
        for g, group in enumerate("ab"):
            np.testing.assert_allclose(found[metric, "realised", view, group]["values"], values[:, g], rtol=1e-12)
    gap = np.ptp(rates["selection_rate", None], axis=1)
    one = found["demographic_parity_gap", "realised", None, None]
    np.testing.assert_allclose(one["values"], gap, rtol=1e-12)
    half = T_2 * gap.std(ddof=1) / np.sqrt(len(gap))
    np.testing.assert_allclose([one["mean"], one["low"], one["high"]], [gap.mean(), gap.mean() - half, gap.mean() + half])
    mean = rates["selection_rate", None].mean(0)
    assert one["worst_pair"] == (["a", "b"] if mean[0] > mean[1] else ["b", "a"])
    tpr = found["true_positive_rate", "realised", "observed", "a"]
    assert tpr["mean"] is None and tpr["denominator"] is None and tpr["numerator"] == n["succeeded"][:, 0].sum()
    for basis, name in [("expected", "expected_residual"), ("realised", "residual")]:
        residual = data[name][:, begin:end]
        residual = np.concatenate([residual, residual.max(2, keepdims=True)], 2)
        for m, subject in enumerate(["demographic_parity:b-a", "demographic_parity:a-b", "service_rate:floor", "worst residual"]):
            g = residual[:, :, m]
            for metric, values in [("cumulative_violation", np.maximum(g, 0).sum(1)), ("cumulative_residual", g.sum(1)), ("mean_residual", g.mean(1)),
                                   ("violation_frequency", (g > 1e-9).mean(1)), ("worst_excursion", np.maximum(g.max(1), 0)),
                                   ("longest_spell", [max(map(len, "".join("x" if v > 1e-9 else " " for v in run).split()), default=0) for run in g])]:
                np.testing.assert_allclose(found[metric, basis, None, subject]["values"], values, rtol=1e-9, atol=1e-12)


with h5py.File(trace, "r") as file:
    data = {name: file["agents/ofs/" + name][...] for name in file["agents/ofs"] if name not in ("epochs_written",)}
    names = [c.decode() for c in file["constraint"][...]]
assert set(names) == {"demographic_parity:b-a", "demographic_parity:a-b", "service_rate:floor"}, names
all_of_it = analysis()
check_window(rows(all_of_it), data, 0, 300)
check_window(rows(all_of_it, "tail"), data, 225, 300)
check_window(rows(analysis(trace, "--window", "40:101")), data, 40, 101)
reward = rows(all_of_it)["reward", "expected", None, None]
np.testing.assert_allclose(reward["values"], data["expected_reward"].mean(1))

# Time to feasibility, censored where it never comes.
for width in [1, 7, 300]:
    found = rows(analysis(trace, "--average-over", width))["time_to_feasibility", "expected", None, "worst residual"]
    worst = data["expected_residual"].max(2)
    times, censored = [], 0
    for run_ in worst:
        means = np.array([run_[t - width:t].sum() for t in range(width, 301)])
        met = np.flatnonzero(means <= 0)
        times.append(met[0] + width if len(met) else 300)
        censored += len(met) == 0
    told = expect(0, "analyze", trace, "--average-over", width, "--agents", "ofs").stdout
    assert ("never" in told.split("\nworst residual")[1].splitlines()[0]) == (censored > 0)
    assert found["values"] == times and found["censored"] == censored, (found, times)

# The same numbers in every format; inspect agrees.
lines = list(csv.DictReader(io.StringIO(expect(0, "analyze", trace, "--format", "csv").stdout)))
assert len(lines) == sum(len(a[p]) for a in all_of_it["agents"] for p in ("window", "tail", "loop"))
for line in lines:
    agent = [a["agent"] for a in all_of_it["agents"]].index(line["agent"])
    key = (line["metric"], line["basis"], line["view"] or None, line["subject"] or None)
    mean = rows(all_of_it, line["part"], agent)[key]["mean"]
    assert (float(line["mean"]) if line["mean"] else None) == mean, line
table = expect(0, "analyze", trace, "--agents", "ofs").stdout
assert "== ofs ==" in table and "epsilon_greedy" not in table and f"{reward['mean']:.4f}" in table
met = sum(rows(all_of_it)["four_fifths_met", "realised", None, None]["values"])
assert f"{met:.0f} of 3" in table
inspected = json.loads(expect(0, "inspect", trace, "--format", "json").stdout)[0]
violation = rows(all_of_it)["mean_violation", "expected", None, "worst residual"]
assert np.isclose(inspected["violation"], violation["mean"]) and all_of_it["notes"] == ["3 replications: no verdict on agents: too few replications for 2 agents: at least 10"]

# Under mean_field rates are of fractions, which may leave [0, 1] by rounding.
expect(0, "run", scenario(), "-o", SCRATCH / "mean.h5", "--set", "fidelity=mean_field")
assert rows(analysis(SCRATCH / "mean.h5"))["service_rate", "realised", None, None]["mean"] <= 1

# One replication, and a trace that goes only so far.
expect(0, "run", scenario(), "-o", SCRATCH / "one.h5", "--replications", "1")
single = analysis(SCRATCH / "one.h5")
assert "one replication" in single["notes"][0] and rows(single)["reward", "expected", None, None]["low"] is None
partial = SCRATCH / "partial.h5"
shutil.copy(trace, partial)
with h5py.File(partial, "r+") as file:
    file.attrs["complete"] = 0
    file["agents/ofs/epochs_written"][...] = [300, 100, 0]
some = analysis(partial, "--agents", "ofs")
assert some["agents"][0]["epochs"] == 400 and some["agents"][0]["replications"] == [0, 1] and "PARTIAL" in some["notes"][0]
np.testing.assert_allclose(rows(some)["reward", "expected", None, None]["values"],
                           [data["expected_reward"][0].mean(), data["expected_reward"][1, :100].mean()])
assert "PARTIAL" in expect(0, "analyze", partial).stdout
assert analysis(partial, "--window", "100:", "--agents", "ofs")["agents"][0]["replications"] == [0]
with h5py.File(partial, "r+") as file:
    file["agents/ofs/epochs_written"][...] = [20, 0, 0]
assert "0:20" in expect(3, "analyze", partial, "--window", "20:30", "--agents", "ofs").stderr
with h5py.File(partial, "r+") as file:
    file["agents/ofs/epochs_written"][...] = 0
assert "no epoch is written" in expect(3, "analyze", partial, "--agents", "ofs").stderr

# Wrong command lines and traces.
for window in ["300:301", "5:5", "7:3", "x:9", "-1:4", "12", "0:301"]:
    assert "--window" in expect(2, "analyze", trace, "--window=" + window).stderr
assert "did you mean `ofs`" in expect(2, "analyze", trace, "--agents", "osf").stderr
assert "unknown format" in expect(2, "analyze", trace, "--format", "xml").stderr
assert "--average-over" in expect(2, "analyze", trace, "--average-over", "0").stderr
assert "window's 9 epochs" in expect(2, "analyze", trace, "--average-over", "10", "--window", "1:10").stderr
assert analysis(trace, "--window", "1:10")["average_over"] == 9
assert "no trace" in expect(2, "analyze").stderr
expect(3, "analyze", SCRATCH / "absent.h5")
with h5py.File(SCRATCH / "foreign.h5", "w") as file:
    file["x"] = 1
assert "not a trace" in expect(3, "analyze", SCRATCH / "foreign.h5").stderr
(SCRATCH / "short.h5").write_bytes(trace.read_bytes()[:4000])
assert expect(3, "analyze", SCRATCH / "short.h5").stderr
note("analyze agrees with NumPy on the datasets")
