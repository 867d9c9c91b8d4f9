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


def whole(*arguments):
    done = expect(0, "compare", *arguments, "--format", "json")
    assert not done.stderr, done.stderr
    return json.loads(done.stdout)


def compare(*arguments):
    """Agents by (trace's name, label), in rank order."""
    return {(row["trace"].rsplit("/")[-1], row["agent"]): row for row in whole(*arguments)["agents"]}


def notes(*arguments):
    return "\n".join(whole(*arguments)["notes"])


def values(file, agent, metric, begin=0, end=T):
    with h5py.File(file, "r") as data:
        group = data["agents/" + agent]
        arrived, accepted = (group[name][:, begin:end].sum(axis=1) for name in ["arrived", "accepted"])
        if metric == "mean_violation":
            return np.maximum(group["expected_residual"][:, begin:end].max(axis=2), 0).mean(axis=1)
        if metric == "demographic_parity_gap":
            return np.ptp(accepted / arrived, axis=1)
        if metric == "service_rate":
            return accepted.sum(axis=1) / arrived.sum(axis=1)
        return np.mean(group[metric][:, begin:end], axis=1)


def sign_flips(d):
    signs = np.array(list(itertools.product([-1, 1], repeat=len(d))))
    return np.mean(np.abs(signs @ d) >= abs(d.sum()) - 1e-9)


def hall(d):
    """Hall's transformed t interval."""
    n, error = len(d), d.std(ddof=1) / np.sqrt(len(d))
    skewness = ((d - d.mean()) ** 3).mean() / d.std() ** 3
    inverse = lambda t: 3 * np.sqrt(n) / skewness * (np.cbrt(1 + skewness / np.sqrt(n) * (t - skewness / (6 * np.sqrt(n)))) - 1)
    return d.mean() - inverse(T975[n - 1]) * error, d.mean() - inverse(-T975[n - 1]) * error


def excludes_0(interval):
    return interval[0] > 0 or interval[1] < 0


T975 = {R - 1: 2.2009851600916384}  # Student's t, 11 degrees of freedom
for metric in ["reward", "expected_reward", "mean_violation", "demographic_parity_gap", "service_rate"]:
    for window in [(0, T), (100, 250)]:
        rows = compare(trace, more, "--metric", metric, "--window", f"{window[0]}:{window[1]}")
        assert len(rows) == 4 and [row["rank"] for row in rows.values()] == [1, 2, 3, 4]
        means = [row["mean"] for row in rows.values()]
        assert means == sorted(means, reverse=metric not in ["mean_violation", "demographic_parity_gap"]), (metric, means)
        truth = {key: values(SCRATCH / key[0], key[1], metric, *window) for key in rows}
        best = next(iter(rows))
        for key, row in rows.items():
            x = truth[key]
            half = T975[R - 1] * x.std(ddof=1) / np.sqrt(R)
            np.testing.assert_allclose([row["mean"], row["mean_low"], row["mean_high"]], [x.mean(), x.mean() - half, x.mean() + half], rtol=1e-9)
            assert row["bca_low"] < row["mean"] < row["bca_high"] and row["replications"] == R
            if key == best:
                assert row["difference"] is None and row["p"] is None
                continue
            d = x - truth[best]
            half = T975[R - 1] * d.std(ddof=1) / np.sqrt(R)
            np.testing.assert_allclose([row["difference"], row["difference_low"], row["difference_high"]], [d.mean(), d.mean() - half, d.mean() + half], rtol=1e-7)
            np.testing.assert_allclose(row["p"], sign_flips(d), rtol=1e-12)
            np.testing.assert_allclose(row["variance_reduction"], (x.var(ddof=1) + truth[best].var(ddof=1)) / d.var(ddof=1), rtol=1e-7)
            assert row["p"] <= row["p_holm"] <= min(1, 6 * row["p"]) and row["test"] == "sign flips"
            assert row["verdict"] == ("worse" if row["p_holm"] <= 0.05 and row["difference_low"] * row["difference_high"] > 0 and excludes_0(hall(d)) else "not separated")
        assert abs(sum(row["probability_best"] for row in rows.values()) - 1) < 1e-9
        everything = whole(trace, more, "--metric", metric, "--window", f"{window[0]}:{window[1]}")
        assert everything["metric"] == metric and everything["window"] == [*window] and everything["format"] == 1
        assert everything["better"] == ("lower" if metric in ["mean_violation", "demographic_parity_gap"] else "higher")
        assert all("of the squared deviations" in line for line in everything["notes"]), everything["notes"]
note("five metrics over two windows, of two traces, equal NumPy's means, intervals, sign flips and variance factors")

# The same numbers again, whatever the format; and an agent's do not depend on who stands beside it.
assert expect(0, "compare", trace).stdout == expect(0, "compare", trace).stdout
sheet = list(csv.DictReader(io.StringIO(expect(0, "compare", trace, more, "--format", "csv").stdout)))
for row, other in zip(sheet, compare(trace, more).values()):
    assert row["agent"] == other["agent"] and row["metric"] == "expected_reward" and float(row["mean"]) == other["mean"] and float(row["bca_low"]) == other["bca_low"]
alone = compare(trace, "--agents", "ofs")
assert list(alone) == [("small.h5", "ofs")] and alone["small.h5", "ofs"]["verdict"] == "alone"
assert alone["small.h5", "ofs"]["bca_high"] == compare(trace, more)["small.h5", "ofs"]["bca_high"]

# A p-value that would be rounded to 0 is not: 15 replications make 2^-14.
sure = SCRATCH / "sure.h5"
expect(0, "run", path, "-o", sure, "--replications", "15", "--set", "agents=[{type: fixed, threshold: 0.5, label: mid}, {type: fixed, threshold: 0.1, label: low}]")
table = expect(0, "compare", sure).stdout
assert "<0.0001" in table and "0.0000 " not in table, table
assert whole(sure)["agents"][1]["p_holm"] == 2.0**-14

# Horizon and replications alone leave the applicants common: pairs over what both have.
longer, fewer = SCRATCH / "longer.h5", SCRATCH / "fewer.h5"
expect(0, "run", path, "-o", longer, "--set", "horizon=310", "--set", "agents=[{type: ofs, grid: 11}, {type: fixed, threshold: 0.5}]")
expect(0, "run", path, "-o", fewer, "--replications", "11")
both = whole(trace, longer)
assert both["window"] == [0, T] and "300 in" in both["notes"][0] and "310 in" in both["notes"][0] and len(both["notes"]) == 1, both["notes"]
assert all(row["test"] == "sign flips" and row["replications"] == R for row in both["agents"][1:])
for row in both["agents"]:
    np.testing.assert_allclose(row["mean"], values(row["trace"], row["agent"], "expected_reward", 0, T).mean(), rtol=1e-12)
pairs = compare(trace, longer)
assert pairs["longer.h5", "ofs"]["mean"] == pairs["small.h5", "ofs"]["mean"]  # the same agent met the same people
assert whole(trace, longer, "--window", "100:")["window"] == [100, T]
done = expect(2, "compare", trace, longer, "--window", "0:310")
assert "small.h5 has 300 epochs (expected --window within 0:300)" in done.stderr, done.stderr
mixed = whole(trace, fewer)
assert {row["replications"] for row in mixed["agents"]} == {11} and "12 in" in mixed["notes"][0], mixed["notes"]
np.testing.assert_allclose(compare(trace, fewer)["small.h5", "ofs"]["mean"], values(trace, "ofs", "expected_reward")[:11].mean(), rtol=1e-12)

# Other applicants: refused with what differs, or compared, over one window; independent only where seeds differ.
other, crowd = SCRATCH / "other.h5", SCRATCH / "crowd.h5"
expect(0, "run", path, "-o", other, "--seed", "12", "--set", "horizon=310", "--set", "environment.arrivals.mean=60", "--set", "fidelity=counts")
expect(0, "run", path, "-o", crowd, "--set", "environment.arrivals.mean=60")
done = expect(2, "compare", trace, other)
for line in ["seed: 11 in", "environment.arrivals.mean: 50 in", "fidelity: individuals in", "--allow-different-applicants"]:
    assert line in done.stderr, (line, done.stderr)
assert len(done.stderr.splitlines()) == 4 and not done.stdout, done.stderr
free = whole(trace, other, "--allow-different-applicants")
assert free["window"] == [0, T] and [one["n_epochs"] for one in free["traces"]] == [300, 310] and [one["seed"] for one in free["traces"]] == [11, 12]
for row in free["agents"]:
    np.testing.assert_allclose(row["mean"], values(row["trace"], row["agent"], "expected_reward", 0, T).mean(), rtol=1e-12)
rows = compare(trace, other, "--allow-different-applicants")
tests = {key: row["test"] for key, row in rows.items() if row["rank"] > 1}
first = next(iter(rows))
assert all(test == ("sign flips" if key[0] == first[0] else "Welch") for key, test in tests.items()) and len(tests) == 3, tests
for text in ["seed: 11 in", "fidelity: individuals in", "independent (Welch)"]:
    assert text in expect(0, "compare", trace, other, "--allow-different-applicants").stdout and text in "\n".join(free["notes"])
assert "arrivals.mean: 50 in" in expect(2, "compare", trace, crowd).stderr
assert {row["test"] for row in compare(trace, crowd, "--allow-different-applicants").values() if row["rank"] > 1} == {"sign flips"}
loose = SCRATCH / "loose.h5"
expect(0, "run", path, "-o", loose, "--set", "constraints.demographic_parity.tolerance=0.2")
assert len(compare(trace, loose)) == 4
done = expect(2, "compare", trace, loose, "--metric", "mean_violation")
assert "constraints.demographic_parity.tolerance: 0.05 in" in done.stderr
changed = SCRATCH / "changed.h5"
expect(0, "run", path, "-o", changed, "--set", "interventions=[{at: 9, set: constraints.demographic_parity.tolerance, to: 0.2}]")
assert len(compare(trace, changed)) == 4
assert "interventions: 0 entries in" in expect(2, "compare", trace, changed, "--metric", "mean_violation").stderr
expect(0, "run", path, "-o", changed, "--force", "--set", "interventions=[{at: 9, set: environment.utility.success, to: 2}]")
assert "interventions: 0 entries in" in expect(2, "compare", trace, changed).stderr
rows = compare(trace, loose, "--metric", "mean_violation", "--allow-different-applicants")
assert all(row["test"] == "sign flips" for row in rows.values() if row["rank"] > 1)

# Few replications: no verdict; one: no interval.
few, one = SCRATCH / "few.h5", SCRATCH / "one.h5"
expect(0, "run", path, "-o", few, "--replications", "9")
expect(0, "run", path, "-o", one, "--replications", "1")
assert {row["verdict"] for row in compare(few).values()} == {"too few replications"}
assert all(row["probability_best"] is None and row["p"] is not None for row in compare(few).values() if row["rank"] > 1)
assert "no verdict" in notes(few) and "no verdict" in expect(0, "compare", few).stdout
assert all(row["mean"] is not None and row["mean_low"] is None and row["bca_low"] is None and row["test"] == "" for row in compare(one).values())
assert "no interval" in notes(one) and "no interval" in expect(0, "compare", one, "--format", "csv").stderr

# Partial traces: as far as two replications of all agents go, and the replications that are whole up to there.
partial = SCRATCH / "cut.h5.partial"
shutil.copy(more, partial)


def cut(agent, short):
    with h5py.File(partial, "r+") as file:
        for r, n in short.items():
            file[f"agents/{agent}/epochs_written"][r] = n
            file[f"agents/{agent}/expected_reward"][r, n:] = np.nan


with h5py.File(partial, "r+") as file:
    file.attrs["complete"] = np.uint8(0)
cut("random", {0: 20, 5: 299})
cut("ofs", {5: 0, 7: 40})
kept = [r for r in range(R) if r not in (0, 5, 7)]
assert "PARTIAL: 9 of 12 replications" in notes(partial) and not whole(partial)["traces"][0]["complete"]
for row in whole(partial)["agents"]:
    assert row["replications"] == 9
    np.testing.assert_allclose(row["mean"], values(partial, row["agent"], "expected_reward")[kept].mean(), rtol=1e-12)
assert {row["replications"] for row in compare(trace, partial).values()} == {9}  # pairs are kept across traces
assert {row["replications"] for row in compare(partial, "--window", "0:40").values()} == {10}
cut("random", {r: 0 for r in range(3, R)})
cut("ofs", {1: 120, 2: 200})
halves = whole(partial)
assert halves["window"] == [0, 120] and "PARTIAL: epochs 0:120 of 300" in halves["notes"][0] and "2 of 12 replications" in halves["notes"][1], halves
for row in halves["agents"]:
    np.testing.assert_allclose(row["mean"], values(partial, row["agent"], "expected_reward", 0, 120)[1:3].mean(), rtol=1e-12)
assert whole(trace, partial)["window"] == [0, 120]  # one window for all
assert whole(partial, "--window", "130:")["window"] == [130, 200] and "one replication" in notes(partial, "--window", "130:")
done = expect(3, "compare", partial, "--window", "0:250")
assert "--window within 0:200" in done.stderr, done.stderr
done = expect(3, "compare", partial, "--window", "250:")
assert "nothing is written" in done.stderr and "--window within 0:" in done.stderr, done.stderr
cut("ofs", {r: 0 for r in range(R)})
assert "no epoch" in expect(3, "compare", partial).stderr

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
    (2, "unknown format", [trace, "--format", "xml"]), (2, "no constraints", ["free.h5", "--metric", "mean_violation"]),
    (2, "unrecognised option", [trace, "--windows", "1:2"]), (2, "longer.h5 has none of them", [trace, longer, "--agents", "epsilon_greedy"]),
]:
    done = expect(code, "compare", *arguments)
    assert word in done.stderr and len(done.stderr.splitlines()) == 1 and not done.stdout, (word, done.stderr)
assert "usage" in expect(0, "compare", "--help").stdout
note("different applicants, few replications, partial and broken traces are told")
