"""`analyze`: regret and the loop's dynamics against NumPy on the raw datasets; sidecars; flat memory."""
import csv
import io
import json
import resource
import subprocess

from support import *

# World UT with shares that follow acceptance ratios: what a threshold is worth at a state is known by formula.
WORLD = """scenario: ut
seed: 5
horizon: 400
replications: 4
fidelity: counts
environment:
  population:
    type: parametric
    groups:
      - {name: A, share: 0.5, score: {law: uniform, low: 0, high: 1}}
      - {name: B, share: 0.5, score: {law: triangular, low: 0, mode: 0, high: 1}}
  arrivals: {type: batch, size: 100}
  utility: {success: 0.6, failure: -0.4}
  dynamics: [{type: acceptance_ratio, rate: 0.2}]
constraints: {demographic_parity: {tolerance: 0.1}}
agents: [{type: ofs, grid: 11}, {type: fixed, threshold: 0.4}, {type: thompson, grid: 11}]
trace: {arms: 7}
"""
T_3 = 3.182446305284263  # 0.975-quantile of Student's t with 3 degrees of freedom
path, trace = SCRATCH / "ut.yaml", SCRATCH / "ut.h5"
path.write_text(WORLD)
expect(0, "run", path, "--quiet")
data = datasets(trace)


def analysis(*arguments, file=trace):
    return json.loads(expect(0, "analyze", file, *arguments, "--format", "json").stdout)


def rows(of, part, agent="ofs"):
    found = next(a for a in of["agents"] if a["agent"] == agent)
    return {(m["metric"], m["subject"]): m for m in found[part]}


def worth(t, share):
    a = (1 - t * t) / 2 - 0.4 * (1 - t)
    b = 1 / 3 - t * t + 2 * t ** 3 / 3 - 0.4 * (1 - t) ** 2
    return share * a + (1 - share) * b


def next_share(share, t):
    a, b = 1 - t, (1 - t) ** 2
    return 0.8 * share + 0.2 * a / (a + b)


def close(row, values):
    np.testing.assert_allclose(row["values"], values, rtol=1e-9, atol=1e-12)
    half = T_3 * np.std(values, ddof=1) / np.sqrt(len(values))
    np.testing.assert_allclose([row["mean"], row["low"], row["high"]],
                               np.mean(values) + half * np.array([0, -1, 1]), rtol=1e-9, atol=1e-12)


# Without an oracle: no regret, and the table says how to get it.
plain = analysis()
assert plain["comparator"] is None and not any("regret" in m for m, _ in rows(plain, "window"))
assert "oracle SCENARIO --save -o" in expect(0, "analyze", trace).stdout

expect(0, "oracle", path, "--save")
for window in ["0:400", "31:257"]:
    begin, end = map(int, window.split(":"))
    tail = end - int(np.ceil((end - begin) / 4))
    found = analysis("--window", window)
    best = found["comparator"]
    assert best["threshold"] == 0.1 and best["feasible"] and best["objective"] == "stationary"
    h = 0.9 / (0.9 + 0.81)
    assert np.isclose(best["reward"], worth(0.1, h), rtol=1e-9)
    held = [0.5]
    while len(held) < 400:
        held.append(next_share(held[-1], 0.1))
    for agent in ["ofs", "fixed", "thompson"]:
        reward, share = data[f"{agent}/expected_reward"], data[f"{agent}/state"][:, :, 0]
        worst = data[f"{agent}/expected_residual"].max(2)
        for part, first in [("window", begin), ("tail", tail)]:
            now = rows(found, part, agent)
            lost = best["reward"] - reward[:, first:end]
            close(now["external_regret", None], (worth(0.1, share) - reward)[:, first:end].sum(1))
            close(now["policy_regret", None], (worth(0.1, np.array(held)) - reward)[:, first:end].sum(1))
            close(now["safe_regret", None], np.maximum(lost, worst[:, first:end]).sum(1))
            close(now["safe_regret_positive", None], np.maximum(np.maximum(lost, worst[:, first:end]), 0).sum(1))
        close(now["steady_state_gap", None], lost.mean(1))
        loop = rows(found, "loop", agent)
        for subject, signal in [("expected reward", reward[:, begin:end]), ("worst residual", worst[:, begin:end])]:
            late = signal[:, tail - begin:]
            half = late.shape[1] // 2
            close(loop["tail_change", subject], late[:, -half:].mean(1) - late[:, :half].mean(1))
            n, within = late.shape[1], late.var(1, ddof=1).mean()
            change = np.diff(signal, axis=1)
            for metric, value in [("noise", signal.var(0, ddof=1).sum()), ("drift", (change.mean(0) ** 2).sum()),
                                  ("drift_unbiased", (change.mean(0) ** 2 - change.var(0, ddof=1) / 4).sum()),
                                  ("r_hat", np.sqrt(((n - 1) / n * within + late.mean(1).var(ddof=1)) / within) if within else None)]:
                one = loop[metric, subject]
                assert one["values"] == [] and one["low"] is None, one
                if value is not None and within > 1e-25:
                    assert np.isclose(one["mean"], value, rtol=1e-7, atol=1e-14), (agent, metric, subject, one, value)
        close(loop["tail_state", "share:A"], share[:, tail:end].mean(1))
        close(loop["tail_threshold", "B"], data[f"{agent}/threshold"][:, tail:end, 1].mean(1))
        # The state of rest and its factor 0.8 are known whatever the threshold, and the path under `fixed` has them.
        t = data[f"{agent}/threshold"][:, tail:end, 0].mean(1)
        close(loop["fixed_point", "share:A"], 1 / (1 + (1 - t)))
        np.testing.assert_allclose(loop["spectral_radius", None]["values"], 0.8, rtol=1e-7)
        assert np.isclose(loop["coupling_factor", None]["mean"], 0.8, rtol=1e-7)
        for r in range(4):
            played = data[f"{agent}/threshold"][r, begin:end, 0]
            edges = [0, *(np.flatnonzero(np.diff(played)) + 1), len(played)]
            lengths = np.diff(edges)
            start, stop = edges[lengths.argmax()], edges[lengths.argmax() + 1]
            assert loop["held_epochs", None]["values"][r] == lengths.max()
            assert loop["held_threshold", "A"]["values"][r] == played[start]
            x = share[r, begin:end][start:stop + 1]
            fit = [loop[f"autoregression_{k}", "share:A"]["values"][r] for k in ["slope", "slope_corrected", "fixed_point", "half_life"]]
            if lengths.max() < 30:
                assert fit == [None] * 4
                continue
            slope, intercept = np.polyfit(x[:-1], x[1:], 1)
            n = len(x) - 1
            np.testing.assert_allclose(fit[:3], [slope, (n * slope + 1) / (n - 3), intercept / (1 - slope)], rtol=1e-7)
            assert np.isclose(fit[3], np.log(0.5) / np.log(slope), rtol=1e-6) if 0 < slope < 1 else fit[3] is None
fixed = rows(analysis(), "loop", "fixed")
assert fixed["held_epochs", None]["values"] == [400] * 4
slopes = np.array(fixed["autoregression_slope_corrected", "share:A"]["values"])
assert abs(slopes.mean() - 0.8) < 5 * np.sqrt((1 - 0.8 ** 2) / 1600), slopes  # sd of a mean of 4 slopes of 400 steps

# The audit of learners' arms.
arms = {k: v for k, v in data.items() if k.startswith("ofs/arms/")}
audited = np.flatnonzero((arms["ofs/arms/epoch"] >= 31) & (arms["ofs/arms/epoch"] < 257))
loop = rows(analysis("--window", "31:257"), "loop")
for s, stream in enumerate(["reward", "demographic_parity:B-A", "demographic_parity:A-B"]):
    count, mean, radius, expected = (arms[f"ofs/arms/{k}"][:, audited, s] for k in ["count", "mean", "radius", "expected"])
    judged = (count > 0) & np.isfinite(radius)
    inside = judged & (np.abs(mean - expected) <= radius)
    one = loop["interval_coverage", stream]
    close(one, inside.sum((1, 2)) / judged.sum((1, 2)))
    assert (one["numerator"], one["denominator"]) == (inside.sum(), judged.sum())
    close(loop["variation_budget", stream], np.abs(np.diff(expected, axis=1)).max(2).sum(1))
assert not any(m == "interval_coverage" for m, _ in rows(plain, "loop", "fixed"))
assert rows(plain, "loop", "thompson")["interval_coverage", "reward"]["mean"] is None  # it has no intervals
assert rows(plain, "loop", "thompson")["variation_budget", "reward"]["mean"] > 0

# CSV and the table hold the same; one named oracle is one found.
full = analysis()
lines = list(csv.DictReader(io.StringIO(expect(0, "analyze", trace, "--format", "csv").stdout)))
for agent in full["agents"]:
    for part in ["window", "tail", "loop"]:
        wanted = [(m["metric"], m["mean"]) for m in agent[part]]
        got = [(l["metric"], float(l["mean"]) if l["mean"] else None) for l in lines if (l["agent"], l["part"]) == (agent["agent"], part)]
        assert wanted == got, part
table = expect(0, "analyze", trace, "--agents", "ofs").stdout
external = rows(full, "window")["external_regret", None]["mean"]
assert "found beside the trace" in table and f"{external:.4f}" in table and "beside it: cumulative violation" in table, table
assert "regret against threshold 0.1 (stationary" in table and "comes nearer" not in table
(SCRATCH / "ut.oracle.h5").rename(SCRATCH / "elsewhere.h5")
named = analysis("--oracle", SCRATCH / "elsewhere.h5")
assert named["agents"] == full["agents"] and named["notes"] == [line for line in full["notes"] if "found beside" not in line], named["notes"]

# Oracles that do not fit: named exit 2 (3 if unreadable), found a note.
expect(0, "oracle", path, "--save", "--set", "constraints.demographic_parity.tolerance=0.2")
other = SCRATCH / "ut.oracle.h5"
words = "constraints.demographic_parity.tolerance: 0.1 in "
assert words in expect(2, "analyze", trace, "--oracle", other).stderr
noted = analysis()
assert any(words in n for n in noted["notes"]) and noted["agents"] == plain["agents"]
assert "absent.h5" in expect(3, "analyze", trace, "--oracle", SCRATCH / "absent.h5").stderr
assert "oracle --save" in expect(3, "analyze", trace, "--oracle", trace).stderr
other.write_bytes(b"not HDF5")
assert any("ut.oracle.h5" in n for n in analysis()["notes"])
other.unlink()
expect(0, "oracle", path, "--save", "--set", "constraints={demographic_parity: {tolerance: 0.1}, service_rate: {floor: 0.3, ceiling: 0.7}}", "-o", SCRATCH / "none.h5")
expect(0, "run", path, "--quiet", "-o", SCRATCH / "none_trace.h5", "--set",
       "constraints={demographic_parity: {tolerance: 0.1}, service_rate: {floor: 0.3, ceiling: 0.7}}")
least = analysis("--oracle", SCRATCH / "none.h5", file=SCRATCH / "none_trace.h5")
assert not least["comparator"]["feasible"] and any("least violating" in n for n in least["notes"])

# Over the horizon's mean as objective, r* is that mean.
expect(0, "oracle", path, "--save", "--objective", "horizon", "-o", SCRATCH / "horizon.h5")
horizon = analysis("--oracle", SCRATCH / "horizon.h5")
mean = np.mean([worth(0.1, p) for p in held])
assert np.isclose(horizon["comparator"]["reward"], mean, rtol=1e-9), (horizon["comparator"], mean)


def peak(*arguments):
    """Largest memory of the program so far, in MiB: of a child of its own."""
    code = "import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL); " \
           "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024)"
    done = subprocess.run(["/usr/bin/python3", "-c", code, PROGRAM, *map(str, arguments)], capture_output=True, text=True, check=True)
    return float(done.stdout)


memory = {}
for horizon in [20000, 400000]:
    run_to = SCRATCH / f"{horizon}.h5"
    changes = ["--set", f"horizon={horizon}", "--set", "agents=[{type: fixed, threshold: 0.4}]", "--set", "trace={compression: none}"]
    expect(0, "run", path, "--quiet", "--replications", 2, "-o", run_to, *changes)
    expect(0, "oracle", path, "--grid", 3, "--save", "-o", SCRATCH / f"{horizon}.oracle.h5", *changes)
    memory[horizon] = peak("analyze", run_to)
assert memory[400000] < memory[20000] + 4, memory  # a column of the long run is 3 MiB, and there are eight
note(f"regret and the loop's numbers agree with NumPy; {memory[400000]:.0f} MiB for 400,000 epochs, {memory[20000]:.0f} for 20,000")
