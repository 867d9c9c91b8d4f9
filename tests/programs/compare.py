"""compare: its numbers are those of the trace, and it compares only what can be compared."""
import csv
import io
import itertools
import json
import shutil

from support import *

R, T = 12, 300
path = scenario(replications=R, horizon=T)
trace, more = SCRATCH / "small.h5", SCRATCH / "more.h5"
expect(0, "run", path, "-o", trace)
expect(0, "run", path, "-o", more, "--set", "agents=[{type: random, grid: 11}, {type: ofs, grid: 21}]", "--set", "trace.compression=none")


def compare(*arguments):
    """Rows by (trace's name, agent), in rank order."""
    done = expect(0, "compare", *arguments, "--format", "json")
    return {(row["trace"].rsplit("/")[-1], row["agent"]): row for row in json.loads(done.stdout)}


def values(file, agent, metric, begin=0, end=T):
    with h5py.File(file, "r") as data:
        group = data["agents/" + agent]
        arrived, accepted = (group[name][:, begin:end].sum(axis=1) for name in ["arrived", "accepted"])
        if metric == "violation":
            return np.maximum(group["expected_residual"][:, begin:end].max(axis=2), 0).mean(axis=1)
        if metric == "gap":
            return np.ptp(accepted / arrived, axis=1)
        if metric == "service_rate":
            return accepted.sum(axis=1) / arrived.sum(axis=1)
        return np.mean(group[metric][:, begin:end], axis=1)


def sign_flips(d):
    signs = np.array(list(itertools.product([-1, 1], repeat=len(d))))
    return np.mean(np.abs(signs @ d) >= abs(d.sum()) - 1e-9)


T975 = {R - 1: 2.2009851600916384}  # Student's t, 11 degrees of freedom
for metric in ["reward", "expected_reward", "violation", "gap", "service_rate"]:
    for window in [(0, T), (100, 250)]:
        rows = compare(trace, more, "--metric", metric, "--window", f"{window[0]}:{window[1]}")
        assert len(rows) == 4 and [row["rank"] for row in rows.values()] == [1, 2, 3, 4]
        means = [row["mean"] for row in rows.values()]
        assert means == sorted(means, reverse=metric not in ["violation", "gap"]), (metric, means)
        truth = {key: values(SCRATCH / key[0], key[1], metric, *window) for key in rows}
        best = next(iter(rows))
        for key, row in rows.items():
            x = truth[key]
            half = T975[R - 1] * x.std(ddof=1) / np.sqrt(R)
            np.testing.assert_allclose([row["mean"], row["mean_low"], row["mean_high"]], [x.mean(), x.mean() - half, x.mean() + half], rtol=1e-9)
            assert row["bca_low"] < row["mean"] < row["bca_high"] and row["replications"] == R and row["metric"] == metric
            if key == best:
                assert row["difference"] is None and row["p"] is None
                continue
            d = x - truth[best]
            half = T975[R - 1] * d.std(ddof=1) / np.sqrt(R)
            np.testing.assert_allclose([row["difference"], row["difference_low"], row["difference_high"]], [d.mean(), d.mean() - half, d.mean() + half], rtol=1e-7)
            np.testing.assert_allclose(row["p"], sign_flips(d), rtol=1e-12)
            np.testing.assert_allclose(row["variance_reduction"], (x.var(ddof=1) + truth[best].var(ddof=1)) / d.var(ddof=1), rtol=1e-7)
            assert row["p"] <= row["p_holm"] <= min(1, 6 * row["p"]) and row["test"] == "sign flips"
            assert row["verdict"] == ("worse" if row["p_holm"] <= 0.05 else "not separated")
        assert abs(sum(row["probability_best"] for row in rows.values()) - 1) < 1e-9
note("five metrics over two windows, of two traces, equal NumPy's means, intervals, sign flips and variance factors")

# The same numbers again, whatever the format; and an agent's do not depend on who stands beside it.
assert expect(0, "compare", trace).stdout == expect(0, "compare", trace).stdout
sheet = list(csv.DictReader(io.StringIO(expect(0, "compare", trace, more, "--format", "csv").stdout)))
for row, other in zip(sheet, compare(trace, more).values()):
    assert row["agent"] == other["agent"] and float(row["mean"]) == other["mean"] and float(row["bca_low"]) == other["bca_low"]
alone = compare(trace, "--agents", "ofs")
assert list(alone) == [("small.h5", "ofs")] and alone["small.h5", "ofs"]["verdict"] == "alone"
assert alone["small.h5", "ofs"]["bca_high"] == compare(trace, more)["small.h5", "ofs"]["bca_high"]

# Other applicants: refused with what differs, or compared as independent.
other = SCRATCH / "other.h5"
expect(0, "run", path, "-o", other, "--seed", "12", "--set", "horizon=310", "--set", "environment.arrivals.mean=60", "--set", "fidelity=counts")
done = expect(2, "compare", trace, other)
for line in ["seed: 11 in", "horizon: 300 in", "environment.arrivals.mean: 50 in", "fidelity: individuals in", "--allow-different-applicants"]:
    assert line in done.stderr, (line, done.stderr)
assert len(done.stderr.splitlines()) == 5 and not done.stdout, done.stderr
rows = compare(trace, other, "--allow-different-applicants")
tests = {key: row["test"] for key, row in rows.items() if row["rank"] > 1}
first = next(iter(rows))
assert all(test == ("sign flips" if key[0] == first[0] else "Welch") for key, test in tests.items()) and len(tests) == 3, tests
assert "independent" in expect(0, "compare", trace, other, "--allow-different-applicants").stdout
loose = SCRATCH / "loose.h5"
expect(0, "run", path, "-o", loose, "--set", "constraints.demographic_parity.tolerance=0.2")
assert len(compare(trace, loose)) == 4
done = expect(2, "compare", trace, loose, "--metric", "violation")
assert "constraints.demographic_parity.tolerance: 0.05 in" in done.stderr
rows = compare(trace, loose, "--metric", "violation", "--allow-different-applicants")
assert all(row["test"] == "sign flips" for row in rows.values() if row["rank"] > 1)

# Few replications: no verdict; one: no interval.
few, one = SCRATCH / "few.h5", SCRATCH / "one.h5"
expect(0, "run", path, "-o", few, "--replications", "9")
expect(0, "run", path, "-o", one, "--replications", "1")
assert {row["verdict"] for row in compare(few).values()} == {"too few replications"}
assert "no verdict" in expect(0, "compare", few).stdout
assert all(row["mean"] is not None and row["mean_low"] is None and row["bca_low"] is None and row["probability_best"] is None for row in compare(one).values())
assert "no interval" in expect(0, "compare", one).stdout

# Partial traces: whole replications that all agents have.
partial = SCRATCH / "cut.h5.partial"
shutil.copy(more, partial)
with h5py.File(partial, "r+") as file:
    file.attrs["complete"] = np.uint8(0)
    for agent, short in [("random", {0: 20, 5: 299}), ("ofs", {5: 0, 7: 40})]:
        for r, n in short.items():
            file[f"agents/{agent}/epochs_written"][r] = n
            file[f"agents/{agent}/expected_reward"][r, n:] = np.nan
whole = [r for r in range(R) if r not in (0, 5, 7)]
done = expect(0, "compare", partial, "--format", "json")
assert "PARTIAL: 9 of 12 replications" in done.stderr, done.stderr
for row in json.loads(done.stdout):
    assert row["replications"] == 9
    np.testing.assert_allclose(row["mean"], values(partial, row["agent"], "expected_reward")[whole].mean(), rtol=1e-12)
assert {row["replications"] for row in compare(trace, partial).values()} == {9}  # pairs are kept across traces
assert {row["replications"] for row in compare(partial, "--window", "0:40").values()} == {10}
with h5py.File(partial, "r+") as file:
    file["agents/ofs/epochs_written"][...] = [30] * R
done = expect(3, "compare", partial)
assert "--window within 0:30" in done.stderr, done.stderr
with h5py.File(partial, "r+") as file:
    file["agents/ofs/epochs_written"][...] = [0] * R
done = expect(3, "compare", partial)
assert "no epoch" in done.stderr, done.stderr

# What is no trace, or cannot be asked of it.
broken, foreign, newer = SCRATCH / "broken.h5", SCRATCH / "foreign.h5", SCRATCH / "newer.h5"
broken.write_bytes(trace.read_bytes()[:5000])
with h5py.File(foreign, "w") as file:
    file["x"] = 1
shutil.copy(trace, newer)
with h5py.File(newer, "r+") as file:
    file.attrs.modify("format_version", np.uint64(99))
free = SCRATCH / "free.yaml"
free.write_text("\n".join(line for line in path.read_text().splitlines() if not line.startswith("constraints")).replace("{type: ofs, grid: 11}, ", ""))
expect(0, "run", free, "-o", SCRATCH / "free.h5")
for code, word, arguments in [
    (3, "broken.h5", [broken]), (3, "not a trace", [foreign]), (3, "format version", [newer]), (3, "No such file", ["nowhere.h5"]),
    (2, "no trace named", []), (2, "named twice", [trace, more, trace]), (2, "out of range", [trace, "--window", "0:301"]),
    (2, "out of range", [trace, "--window", "5:5"]), (2, "not a range", [trace, "--window", "5"]), (2, "not a range", [trace, "--window", "a:9"]),
    (2, "did you mean `reward`", [trace, "--metric", "rewrad"]), (2, "did you mean `ofs`", [trace, "--agents", "osf"]),
    (2, "unknown format", [trace, "--format", "xml"]), (2, "no constraints", ["free.h5", "--metric", "violation"]),
    (2, "unrecognised option", [trace, "--windows", "1:2"]),
]:
    done = expect(code, "compare", *arguments)
    assert word in done.stderr and len(done.stderr.splitlines()) == 1 and not done.stdout, (word, done.stderr)
assert "usage" in expect(0, "compare", "--help").stdout
note("different applicants, few replications, partial and broken traces are told")
