"""What `analyze` says of its own certainty: intervals, verdicts, rankings, watched runs, against NumPy and `compare`."""
import csv
import io
import json
from statistics import NormalDist

from support import *

T_11 = 2.200985160082949  # 0.975-quantile of Student's t with 11 degrees of freedom
REPLICATIONS, HORIZON, TAIL = 12, 200, 150
DRAWS = np.random.default_rng(1).integers(REPLICATIONS, size=(20000, REPLICATIONS))
trace = SCRATCH / "twelve.h5"
expect(0, "run", scenario(replications=REPLICATIONS, horizon=HORIZON), "-o", trace)


def analysis(path=trace, *arguments):
    return json.loads(expect(0, "analyze", path, *arguments, "--format", "json").stdout)


def row(of, metric, basis="expected", subject=None, part="window", agent=0):
    return next(m for m in of["agents"][agent][part] if (m["metric"], m["basis"], m["subject"]) == (metric, basis, subject))


def t_interval(x):
    half = T_11 * x.std(ddof=1) / np.sqrt(len(x))
    return [x.mean(), x.mean() - half, x.mean() + half]


def bca(x):
    """Efron's interval by NumPy's own random numbers."""
    means = np.sort(x[DRAWS].mean(1))
    normal, d = NormalDist(), x - x.mean()
    tie = 1e-12 * np.ptp(x)  # equal means count half
    below = ((means < x.mean() - tie).mean() + (means <= x.mean() + tie).mean()) / 2
    z0, a = normal.inv_cdf(below), (d**3).sum() / (6 * (d**2).sum() ** 1.5)
    return [np.quantile(means, normal.cdf(z0 + (z0 + z) / (1 - a * (z0 + z)))) for z in (normal.inv_cdf(0.025), normal.inv_cdf(0.975))]


all_of_it = analysis()
with h5py.File(trace, "r") as file:
    data = {label: {name: item[...] for name, item in file["agents"][label].items() if item.ndim > 1} for label in file["agents"]}
    names = [c.decode() for c in file["constraint"][...]] + ["worst residual"]
labels = [agent["agent"] for agent in all_of_it["agents"]]

# BCa intervals: those of NumPy but for chance in the draws, on window and tail, and in the CSV to the last digit.
compared = skewed = 0
for agent in all_of_it["agents"]:
    for part in ("window", "tail"):
        for one in agent[part]:
            x = np.array([v for v in one["values"] if v is not None])
            if len(x) < REPLICATIONS or np.ptp(x) < 1e-9:
                continue
            expected, step = bca(x), (1.01 if (x == np.round(x)).all() else 0) / len(x)  # means of integers are on a lattice
            np.testing.assert_allclose([one["bca_low"], one["bca_high"]], expected, atol=max(step, 0.12 * np.ptp(expected)), err_msg=str(one))
            percentile = np.quantile(x[DRAWS].mean(1), [0.025, 0.975])
            skewed += np.abs(percentile - expected).max() > 0.24 * np.ptp(expected)
            compared += 1
assert compared > 200 and skewed > 5, (compared, skewed)  # those a percentile interval would fail by far
lines = list(csv.DictReader(io.StringIO(expect(0, "analyze", trace, "--format", "csv").stdout)))
for line, one in zip(lines, [m for a in all_of_it["agents"] for p in ("window", "tail", "loop") for m in a[p]]):
    assert [float(line[k]) if line[k] else None for k in ("bca_low", "bca_high")] == [one["bca_low"], one["bca_high"]], line
assert analysis() == all_of_it

# Verdicts on the tail's mean expected residuals, and the ratio of the pair's selection rates.
for a, label in enumerate(labels):
    residual = data[label]["expected_residual"][:, TAIL:]
    means = np.column_stack([residual.mean(1), residual.max(2).mean(1)])
    verdicts = all_of_it["agents"][a]["verdicts"]
    assert [v["limit"] for v in verdicts] == names + ["four-fifths rule"]
    for m, one in enumerate(verdicts[:-1]):
        interval = t_interval(means[:, m])
        np.testing.assert_allclose([one["mean"], one["low"], one["high"]], interval, rtol=1e-9)
        expected = "met" if interval[2] <= 0 else "violated" if interval[1] > 0 else "undecided"
        assert one["verdict"] == expected and one["bound"] == 0 and one["reason"] is None, one
    rates = data[label]["accepted"][:, TAIL:].sum(1) / data[label]["arrived"][:, TAIL:].sum(1)
    one, t, worst = verdicts[-1], T_11, np.inf
    for g, h in [(0, 1), (1, 0)]:
        contrast = rates[:, g] - 0.8 * rates[:, h]
        statistic = contrast.mean() / (contrast.std(ddof=1) / np.sqrt(REPLICATIONS))
        if statistic < worst:
            worst, low, high = statistic, g, h
    x, y = rates[:, low].mean(), rates[:, high].mean()
    (xx, xy), (_, yy) = np.cov(rates[:, low], rates[:, high]) / REPLICATIONS
    roots = np.sort(np.roots([y * y - t * t * yy, -2 * (x * y - t * t * xy), x * x - t * t * xx]))
    np.testing.assert_allclose([one["mean"], one["low"], one["high"]], [x / y, *roots], rtol=1e-7)
    assert one["verdict"] == ("met" if worst >= t else "violated" if worst < -t else "undecided"), one
    assert one["worst_pair"] == ["ab"[high], "ab"[low]]
assert {v["verdict"] for a in all_of_it["agents"] for v in a["verdicts"]} >= {"met"}
strict = SCRATCH / "strict.h5"
expect(0, "run", scenario(replications=REPLICATIONS, horizon=HORIZON), "-o", strict, "--set", "agents=[{type: fixed, threshold: 0.9}]")
floor = next(v for v in analysis(strict)["agents"][0]["verdicts"] if v["limit"] == "service_rate:floor")
assert floor["verdict"] == "violated" and floor["low"] > 0, floor
assert any("service_rate:floor" in line and "violated" in line for line in expect(0, "analyze", strict).stdout.splitlines())

# Too few replications, too few applicants.
few = SCRATCH / "few.h5"
expect(0, "run", scenario(replications=9, horizon=50), "-o", few)
assert {v["verdict"] for a in analysis(few)["agents"] for v in a["verdicts"]} == {"too few"}
assert "replications: 9 (expected 10 or more)" in expect(0, "analyze", few).stdout
small = SCRATCH / "small_batches.h5"
expect(0, "run", scenario(replications=12, horizon=32, size=5), "-o", small)
verdict = analysis(small)["agents"][0]["verdicts"][-1]
assert verdict["verdict"] == "too few" and "would be accepted at the rate of all" in verdict["reason"], verdict

# Rankings are those of compare; none with one agent; partial traces use what is whole for all.
for ranking, metric in zip(all_of_it["rankings"], ("expected_reward", "mean_violation")):
    compared = json.loads(expect(0, "compare", trace, "--metric", metric, "--format", "json").stdout)["agents"]
    assert len(ranking["agents"]) == len(compared) == 2 and ranking["replications"] == list(range(REPLICATIONS))
    for mine, theirs in zip(ranking["agents"], compared):
        for key, value in mine.items():
            if isinstance(value, float):
                np.testing.assert_allclose(value, theirs[key], rtol=1e-9, atol=1e-12)
            else:
                assert value == theirs[key], (key, mine, theirs)
assert [r["metric"] for r in all_of_it["rankings"]] == ["reward", "mean_violation"]
assert analysis(trace, "--agents", "ofs")["rankings"] == []
assert "side by side" in expect(0, "analyze", trace).stdout
assert "side by side" not in expect(0, "analyze", trace, "--agents", "ofs").stdout
partial = SCRATCH / "partial.h5"
partial.write_bytes(trace.read_bytes())
with h5py.File(partial, "r+") as file:
    file.attrs["complete"] = 0
    file["agents/ofs/epochs_written"][...] = [HORIZON] * 11 + [100]
    file["agents/epsilon_greedy/epochs_written"][...] = [HORIZON, 30] + [HORIZON] * 10
some = analysis(partial)
assert some["rankings"][0]["replications"] == [0, *range(2, 11)]
best = some["rankings"][0]["agents"][0]
np.testing.assert_allclose(best["mean"], data[best["agent"]]["expected_reward"][[0, *range(2, 11)]].mean())
with h5py.File(partial, "r+") as file:
    file["agents/ofs/epochs_written"][...] = 100
assert analysis(partial)["rankings"] == [] and any("no ranking" in n for n in analysis(partial)["notes"])
assert analysis(partial, "--window", "0:100")["rankings"][0]["replications"] == [0, *range(2, 12)]


# Warm-up: MSER on batches of five epochs, and the mean from there on.
def mser5(series):
    y = series[: len(series) // 5 * 5].reshape(-1, 5).mean(1)
    criterion = [y[d:].var() / (len(y) - d) for d in range(len(y) // 2 + 1)]
    d = int(np.argmin(criterion))
    return 5 * d, d == len(y) // 2, series[5 * d:].mean()


for a, label in enumerate(labels):
    cuts = [mser5(run_) for run_ in data[label]["expected_reward"]]
    for metric, values in zip(["warm_up", "warm_up_at_limit", "reward_after_warm_up"], zip(*cuts)):
        np.testing.assert_allclose(row(all_of_it, metric, agent=a)["values"], values, rtol=1e-12)
assert not any(m["metric"] == "warm_up" for m in all_of_it["agents"][0]["tail"])
assert row(analysis(trace, "--window", "0:4"), "reward_after_warm_up")["mean"] is None


# Time to feasibility of a partial trace: replications that end early are censored early (Kaplan-Meier).
def kaplan_meier(times, seen):
    area, at, alive = 0.0, 0.0, 1.0
    for t in np.unique(times[seen]):
        area, at = area + alive * (t - at), t
        alive *= 1 - (times[seen] == t).sum() / (times >= t).sum()
    return area + alive * (times.max() - at), alive


partial.write_bytes(trace.read_bytes())
ends = np.array([HORIZON] * 6 + [60, 40, 25, 15, 12, 9])
with h5py.File(partial, "r+") as file:
    file.attrs["complete"] = 0
    file["agents/ofs/epochs_written"][...] = ends
worst = data["ofs"]["expected_residual"].max(2)
times, seen = ends.copy(), np.zeros(12, bool)
for r, end in enumerate(ends):
    met = [t for t in range(8, end + 1) if worst[r, t - 8:t].sum() <= 0]
    times[r], seen[r] = (met[0], True) if met else (end, False)
one = row(analysis(partial, "--average-over", "8"), "time_to_feasibility", subject="worst residual")
mean, alive = kaplan_meier(times, seen)
assert one["values"] == times.tolist() and one["censored"] == (~seen).sum() and 0 < seen.sum() and (times[~seen] < times.max()).any()
np.testing.assert_allclose([one["mean"], one["survival"]], [mean, alive], rtol=1e-12)
assert one["mean"] > times.mean() + 1 and one["low"] < one["mean"] < one["high"] and one["bca_low"] < mean < one["bca_high"]


# Each run watched from its realised residuals: empirical-Bernstein confidence sequences by polynomial stitching.
def stitched(x, low, high, alpha):
    width = high - low
    before = np.concatenate([[(low + high) / 2], np.cumsum(x)[:-1] / np.arange(1, len(x))])
    v = max(((x - before) ** 2).sum(), width**2)
    l = 1.4 * np.log(np.log(2 * v / width**2)) + np.log(3.1055472779775810 / np.log(2) ** 1.4) + np.log(2 / alpha)
    k1, k2 = (2**0.25 + 2**-0.25) / np.sqrt(2), (np.sqrt(2) + 1) / 2
    half = (np.sqrt(k1**2 * v * l + (k2 * width * l) ** 2) + k2 * width * l) / len(x)
    return max(low, x.mean() - half), min(high, x.mean() + half)


ranges = [(-1.05, 0.95) if name.startswith("demographic") else (-0.7, 0.3) for name in names[:-1]]
for a, label in enumerate(labels):
    monitors, residual = all_of_it["agents"][a]["monitors"], data[label]["residual"]
    assert [one["residual"] for one in monitors["residuals"]] == names[:-1]
    ends = np.array([[stitched(residual[r, :, m], *ranges[m], 0.05 / 3) for r in range(REPLICATIONS)] for m in range(3)])
    for m, one in enumerate(monitors["residuals"]):
        np.testing.assert_allclose([one["low"], one["high"]], ends[m].T, rtol=1e-9)
        np.testing.assert_allclose(one["mean"], residual[:, :, m].mean(1), rtol=1e-9)
    violated, met = (ends[:, :, 0] > 0).any(0), (ends[:, :, 1] <= 0).all(0)
    assert [monitors[k] for k in ("met", "violated", "undecided")] == [met.sum(), violated.sum(), (~met & ~violated).sum()]
assert analysis(strict)["agents"][0]["monitors"]["violated"] == REPLICATIONS
with h5py.File(partial, "r+") as file:
    file["agents/ofs/residual"][3, 7, 0] = 1.5
assert "damaged" in expect(3, "analyze", partial).stderr
note("intervals, verdicts, rankings, warm-up, censored times and watched runs agree with NumPy and compare")
