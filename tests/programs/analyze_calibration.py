"""Calibration within groups of `analyze`, from logged and from expanded applicants, against NumPy."""
import json
import shutil

from support import *

HORIZON, TAIL = 40, 30
small = scenario(replications=3, horizon=HORIZON, size=400)
logged, bare, applicants = SCRATCH / "logged.h5", SCRATCH / "bare.h5", SCRATCH / "applicants.h5"
expect(0, "run", small, "-o", logged, "--set", "trace.level=applicants")
expect(0, "run", small, "-o", bare, "--set", "trace.level=replay")
expect(0, "expand", bare, "-o", applicants)
METRICS = ("calibration_error", "largest_calibration_error", "calibration_in_the_large")


def analysis(path, *arguments):
    return json.loads(expect(0, "analyze", path, *arguments, "--format", "json").stdout)


def found(of, agent=0, part="window"):
    return {(m["metric"], m["view"], m["subject"]): m for m in of["agents"][agent][part] if m["metric"] in METRICS}


def calibration(score, success):
    """Expected calibration error and calibration in the large, by ten bins of equal mass of 4,096 cells."""
    cell = np.minimum((score * 4096).astype(int), 4095)
    n = np.bincount(cell, minlength=4096)
    bin_of = np.minimum((10 * (np.cumsum(n) - n / 2) / len(score)).astype(int), 9)[cell]
    error = sum(abs((success - score)[bin_of == b].sum()) for b in range(10)) / len(score)
    return error, success.mean() - score.mean()


def check(result, path, begin, end, part):
    with h5py.File(path, "r") as file:
        score_of_type = file["inputs/score"][...] if "inputs/score" in file else None
        for a, label in enumerate(agent["agent"] for agent in result["agents"]):
            rows, values = found(result, a, part), {}
            for r in range(3):
                group = file[f"agents/{label}/applicants/r{r:04d}"]
                epoch = np.repeat(group["epoch"][...], group["rows"][...])
                keep = (epoch >= begin) & (epoch < end)
                g, accepted, success = (group[c][...][keep] for c in ("group", "accepted", "success"))
                score = (score_of_type[group["type"][...]] if "type" in group else group["score"][...])[keep]
                for view in ("true", "observed"):
                    errors = []
                    for k in range(2):
                        mine = (g == k) & ((accepted == 1) | (view == "true"))
                        error, large = calibration(score[mine], success[mine].astype(float)) if mine.any() else (np.nan, np.nan)
                        values.setdefault(("calibration_error", view, "ab"[k]), []).append(error)
                        values.setdefault(("calibration_in_the_large", view, "ab"[k]), []).append(large)
                        errors.append(error)
                    values.setdefault(("largest_calibration_error", view, None), []).append(np.nanmax(errors))
            assert rows.keys() == values.keys()
            for key, expected in values.items():
                np.testing.assert_allclose([np.nan if v is None else v for v in rows[key]["values"]], expected, rtol=1e-9, atol=1e-12, err_msg=str(key))
            for view in ("true", "observed"):
                worst = max("ab", key=lambda k: rows["calibration_error", view, k]["mean"])
                assert rows["largest_calibration_error", view, None]["worst_group"] == worst


whole = analysis(logged)
check(whole, logged, 0, HORIZON, "window")
check(whole, logged, TAIL, HORIZON, "tail")
check(analysis(logged, "--window", "5:25"), logged, 5, 25, "window")
for a in range(2):
    for part in ("window", "tail"):
        assert found(analysis(bare, "--rows", applicants), a, part) == found(whole, a, part)

# In this world P(success) is the score: bias far below that of a score that is off by 0.1.
assert all(abs(m["mean"]) < 0.03 for k, m in found(whole).items() if k[0] == "calibration_in_the_large")
told = expect(0, "analyze", logged).stdout
assert "calibration error" in told and "success rate less score" in told

# A finite population: scores of types, far from the success probabilities.
table = SCRATCH / "table.yaml"
text = small.read_text()
table.write_text(text[:text.index("    type: parametric")] + """    type: score_table
    groups:
      - {name: a, share: 0.6, scores: [0.1, 0.4, 0.9], mass: [1, 2, 4], success: [0.2, 0.5, 0.9]}
      - {name: b, share: 0.4, scores: [0.1, 0.5], mass: [0.3, 0.7], success: [0.1, 0.9]}
""" + text[text.index("  arrivals:"):])
finite = SCRATCH / "finite.h5"
expect(0, "run", table, "-o", finite, "--set", "trace.level=applicants")
of_types = analysis(finite)
check(of_types, finite, 0, HORIZON, "window")
assert 0.2 < found(of_types)["calibration_error", "true", "b"]["mean"] < 0.36  # 0.7 * 0.4 in the long run

# Applicants of some replications or epochs only.
expect(0, "expand", bare, "-o", SCRATCH / "one.h5", "--replication", "1")
one = analysis(bare, "--rows", SCRATCH / "one.h5")
row = found(one)["calibration_error", "true", "a"]
assert row["values"][0] is None and row["values"][1] == found(whole)["calibration_error", "true", "a"]["values"][1] and row["n"] == 1
assert any("in 1 of 3 replications" in text for text in one["notes"])
expect(0, "expand", bare, "-o", SCRATCH / "part.h5", "--epochs", "5:25", "--agents", "ofs")
assert not found(analysis(bare, "--rows", SCRATCH / "part.h5"))
some = analysis(bare, "--rows", SCRATCH / "part.h5", "--window", "5:25")
assert found(some) == found(analysis(logged, "--window", "5:25")) and not found(some, 1)
assert any("epsilon_greedy" in text and "in 0 of 3" in text for text in some["notes"])
partial = SCRATCH / "partial.h5"
shutil.copy(logged, partial)
with h5py.File(partial, "r+") as file:
    file.attrs["complete"] = 0
    file["agents/ofs/epochs_written"][...] = [HORIZON, 20, 0]
row = found(analysis(partial))["calibration_error", "true", "a"]
assert row["values"] == [found(whole)["calibration_error", "true", "a"]["values"][0], found(analysis(logged, "--window", "0:20"))["calibration_error", "true", "a"]["values"][1]]

# Without applicants: how to get them, where that can be. Scores that are no probabilities: said.
assert f"loopgate expand {bare}" in expect(0, "analyze", bare).stdout and not found(analysis(bare))
expect(0, "run", small, "-o", SCRATCH / "counts.h5", "--set", "fidelity=counts")
assert "expand" not in expect(0, "analyze", SCRATCH / "counts.h5").stdout
table.write_text(table.read_text().replace("0.9]", "9]", 1))
expect(0, "run", table, "-o", finite, "--force", "--set", "trace.level=applicants", "--set", "agents=[{type: fixed, threshold: 0.3}]")
beyond = analysis(finite)
assert not found(beyond) and any("no probabilities" in text for text in beyond["notes"])

# Wrong files.
expect(0, "run", small, "-o", SCRATCH / "other.h5", "--seed", "12", "--set", "trace.level=applicants")
assert "another run" in expect(2, "analyze", bare, "--rows", SCRATCH / "other.h5").stderr
assert "holds no applicants" in expect(3, "analyze", bare, "--rows", bare).stderr
expect(3, "analyze", bare, "--rows", SCRATCH / "absent.h5")
with h5py.File(SCRATCH / "foreign.h5", "w") as file:
    file["x"] = 1
assert "neither a trace" in expect(3, "analyze", bare, "--rows", SCRATCH / "foreign.h5").stderr
for column, value, word in [("group", 7, "unknown group"), ("accepted", 2, "neither 0 nor 1"), ("score", 1.5, "outside its range")]:
    shutil.copy(applicants, SCRATCH / "damaged.h5")
    with h5py.File(SCRATCH / "damaged.h5", "r+") as file:
        file["agents/ofs/applicants/r0000/" + column][11] = value
    assert word in expect(3, "analyze", bare, "--rows", SCRATCH / "damaged.h5").stderr
note("calibration of logged and expanded applicants agrees with NumPy")
