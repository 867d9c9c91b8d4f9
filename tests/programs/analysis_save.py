"""`analyze --save`: the tables equal the JSON, the series equal the tables of their epochs and NumPy's; other tools open it."""
import json
import os
import resource
import shutil
import subprocess

import xarray

from support import *

trace, sidecar = SCRATCH / "small.h5", SCRATCH / "small.analysis.h5"
T = {2: np.tan(np.pi * 0.475), 3: 0.95 * np.sqrt(2 / (1 - 0.95**2))}  # 0.975-quantiles of Student's t, by number of values
expect(0, "run", scenario(size=4), "-o", trace)
GROUPS = ["a", "b"]
RESIDUALS = ["demographic_parity:b-a", "demographic_parity:a-b", "service_rate:floor", "worst residual"]


def analysis(path, *arguments):
    return json.loads(expect(0, "analyze", path, *arguments, "--format", "json").stdout)


def text(values):
    return [v.decode() for v in values]


def number(value):
    return np.nan if value is None else value


def finite(values):
    """Infinite numbers as JSON has them."""
    return np.where(np.isinf(values), np.nan, values)


def series(group):
    """(metric, basis, subject) -> [statistic, epoch] of a group of series."""
    found = {}
    for name, data in group.items():
        if name in ("statistic", "epoch", "group", "residual"):
            continue
        basis = data.attrs["basis"]
        metric = name.removeprefix("expected_")
        assert name == metric or basis == "expected"
        if data.ndim == 2:
            found[metric, basis, None] = data[...]
        else:
            for i, subject in enumerate(GROUPS if data.shape[2] == 2 else RESIDUALS):
                found[metric, basis, subject] = data[:, :, i]
    return found


def same_numbers(statistics, row, where):
    """mean, low, high, n against a line of the JSON, whose sums run in another order."""
    np.testing.assert_allclose(statistics, [number(row[k]) for k in ("mean", "low", "high")] + [row["n"]], rtol=1e-9, atol=1e-12, err_msg=str(where))


def check_tables(file, agent):
    """The tables of an agent are those of its JSON."""
    for part in ["window", "tail", "loop"]:
        table = file["agents"][agent["agent"]][part]
        assert list(table["replication"]) == agent["replications"]
        for name in ["metric", "basis", "view", "subject"]:
            assert text(table[name]) == [row[name] or "" for row in agent[part]]
        for end, name in enumerate(["highest", "lowest"]):
            assert text(table[name]) == [row.get("worst_pair", [row.get("worst_group", ""), ""])[end] for row in agent[part]]
        for name in ["mean", "low", "high", "bca_low", "bca_high", "n", "numerator", "denominator"]:
            np.testing.assert_array_equal(finite(table[name][...]), [number(row[name]) for row in agent[part]])
        np.testing.assert_array_equal(table["censored"], [row.get("censored", 0) for row in agent[part]])
        np.testing.assert_array_equal(finite(table["value"][...]), [[number(v) for v in row.get("values") or len(agent["replications"]) * [None]] for row in agent[part]])
        for row, survival in zip(agent[part], table["survival"]):
            assert survival == row["survival"] if row.get("survival") else np.isnan(survival)


# The tables are those of the JSON.
done = expect(0, "analyze", trace, "--save")
assert "wrote small.analysis.h5" in done.stdout
told = analysis(trace)
with h5py.File(sidecar, "r") as file:
    assert file.attrs["analysis_version"] == 1 and file.attrs["trace"] == str(trace) and file.attrs["trace_complete"] == 1
    with h5py.File(trace, "r") as source:
        assert file.attrs["scenario_sha256"] == source.attrs["scenario_sha256"] and file.attrs["seed"] == source.attrs["seed"]
    assert text(file["residual"]) == RESIDUALS and text(file["statistic"]) == ["mean", "low", "high", "n"]
    assert list(file["epoch"]) == list(range(300))
    for agent in told["agents"]:
        check_tables(file, agent)

        # What is cumulative up to the last epoch is what the window has; an epoch's numbers are those of a window of one epoch.
        rows = {(m["metric"], m["basis"], m["subject"]): m for m in agent["window"] if m["view"] != "observed"}
        cumulative, epochs = (series(file["agents"][agent["agent"]][name]) for name in ("cumulative", "epochs"))
        once = {"warm_up", "warm_up_at_limit", "reward_after_warm_up", "time_to_feasibility", "final_qualification_disparity"}
        assert rows.keys() - cumulative.keys() == {k for k in rows if k[0] in once}
        for key, values in cumulative.items():
            same_numbers(values[:, -1], rows[key], key)
        over_time = {"cumulative_violation", "cumulative_residual", "worst_excursion", "peak_cumulative_residual", "longest_spell"}
        assert cumulative.keys() - epochs.keys() == {k for k in cumulative if k[0] in over_time}
        for t in [0, 137, 299]:
            one = analysis(trace, "--window", f"{t}:{t + 1}", "--agents", agent["agent"])["agents"][0]["window"]
            for m in one:
                key = m["metric"], m["basis"], m["subject"]
                if key in epochs and m["view"] != "observed":
                    same_numbers(epochs[key][:, t], m, (key, t))
note("tables equal the JSON; series equal the tables of their epochs")

# NumPy on the datasets.
with h5py.File(trace, "r") as file:
    data = {name: item[...] for name, item in file["agents/ofs"].items()}


def across(values):
    """mean, low, high, n over replications; NaN is left out."""
    n = (~np.isnan(values)).sum(0)
    with np.errstate(all="ignore"):
        mean = np.nansum(values, 0) / n
        half = np.vectorize(lambda k: T.get(k, np.nan))(n) * np.sqrt(np.nansum((values - mean) ** 2, 0) / (n - 1) / n)
    return np.array([mean, mean - half, mean + half, n])


with h5py.File(sidecar, "r") as file, np.errstate(all="ignore"):
    epochs, cumulative = file["agents/ofs/epochs"], file["agents/ofs/cumulative"]
    for group, counts in [(epochs, {k: data[k] for k in ("arrived", "accepted", "succeeded", "qualified")}),
                          (cumulative, {k: data[k].cumsum(1) for k in ("arrived", "accepted", "succeeded", "qualified")})]:
        rate = counts["accepted"] / counts["arrived"]
        low, high = np.fmin(*np.moveaxis(rate, 2, 0)), np.fmax(*np.moveaxis(rate, 2, 0))
        gap = np.where(np.isnan(rate).any(2), np.nan, high - low)
        for name, values in [("selection_rate", rate), ("demographic_parity_gap", gap),
                             ("true_positive_rate", counts["succeeded"] / counts["qualified"]),
                             ("positive_predictive_value", counts["succeeded"] / counts["accepted"])]:
            want = across(values)
            np.testing.assert_allclose(group[name][...], want, rtol=1e-9, atol=1e-12, err_msg=name)
    assert (epochs["selection_rate"][3] < 3).any() and np.isnan(epochs["true_positive_rate"][1]).any()
    worst = data["expected_residual"].max(2)
    for name, values in [("expected_cumulative_violation", np.maximum(worst, 0).cumsum(1)), ("expected_cumulative_residual", worst.cumsum(1)),
                         ("expected_violation_frequency", (worst > 0).cumsum(1) / np.arange(1, 301))]:
        np.testing.assert_allclose(cumulative[name][:, :, 3], across(values), rtol=1e-9, atol=1e-12, err_msg=name)
    np.testing.assert_allclose(epochs["expected_mean_violation"][:, :, 3], across(np.maximum(worst, 0)), rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(epochs["qualification_rate"][...], across(data["qualification_rate"]), rtol=1e-12)
    np.testing.assert_allclose(epochs["expected_group_share"][...], across(data["composition"]), rtol=1e-12)
    np.testing.assert_allclose(epochs["expected_reward"][...], across(data["expected_reward"]), rtol=1e-9, atol=1e-12)

# Other people's tools.
for engine in ["h5netcdf", "netcdf4"]:
    with xarray.open_dataset(sidecar, group="agents/ofs/cumulative", engine=engine) as ofs:
        mean = ofs.selection_rate.sel(statistic="mean", group="a")
        rate = next(m["mean"] for m in told["agents"][0]["window"] if (m["metric"], m["subject"]) == ("selection_rate", "a"))
        assert mean.dims == ("epoch",) and abs(float(mean[-1]) - rate) < 1e-12
        assert ofs.expected_cumulative_violation.dims == ("statistic", "epoch", "residual")
    with xarray.open_dataset(sidecar, group="agents/ofs/window", engine=engine) as table:
        assert table.value.dims == ("row", "replication") and str(table.metric.values[0]) == "reward"
assert "statistic = 4" in subprocess.run(["ncdump", "-h", sidecar], capture_output=True, text=True, check=True).stdout

# The gap of expected selection rates, from the two signs of the parity residual; the realised one says what is wrong with it.
with h5py.File(sidecar, "r") as file:
    group = file["agents/ofs/epochs"]
    difference = (data["expected_residual"][..., 0] - data["expected_residual"][..., 1]) / 2
    np.testing.assert_allclose(group["expected_demographic_parity_gap"][0], np.abs(difference).mean(0), rtol=1e-12)
    np.testing.assert_allclose(file["agents/ofs/cumulative/expected_demographic_parity_gap"][0, -1], np.abs(difference).mean(), rtol=1e-12)
    assert "biased upwards" in group["demographic_parity_gap"].attrs["long_name"]
    assert "biased" not in group["expected_demographic_parity_gap"].attrs["long_name"]

# A window, one agent, a trace that goes only so far, one replication without constraints.
half = SCRATCH / "half.h5.partial"
shutil.copy(trace, half)
with h5py.File(half, "r+") as file:
    file.attrs["complete"] = 0
    file["agents/ofs/epochs_written"][...] = [200, 60, 0]
    file["agents/epsilon_greedy/epochs_written"][...] = [30, 0, 0]
assert "PARTIAL" in expect(0, "analyze", half, "--save", "--window", "40:250").stdout
with h5py.File(SCRATCH / "half.analysis.h5", "r") as file:
    assert list(file["epoch"]) == list(range(40, 250)) and list(file["agents/ofs/replication"]) == [0, 1]
    reward = file["agents/ofs/epochs/expected_reward"][...]
    assert list(reward[3]) == [2] * 20 + [1] * 140 + [0] * 50 and np.isnan(reward[0, 160:]).all() and not np.isnan(reward[0, :160]).any()
    np.testing.assert_allclose(reward[0, :20], data["expected_reward"][:2, 40:60].mean(0))
    np.testing.assert_array_equal(np.isnan(reward[1]), [False] * 20 + [True] * 190)
    sums = file["agents/ofs/cumulative/expected_cumulative_residual"][0, 159, 3]
    np.testing.assert_allclose(sums, worst[0, 40:200].sum(), rtol=1e-9)
    assert not {"window", "tail", "epochs"} & set(file["agents/epsilon_greedy"])
bare = scenario("bare.yaml", replications=1, horizon=5).read_text()
(SCRATCH / "bare.yaml").write_text(bare[:bare.index("constraints:")] + "agents: [{type: fixed, threshold: 0.5}]\n")
expect(0, "run", SCRATCH / "bare.yaml", "-o", SCRATCH / "bare.h5")
expect(0, "analyze", SCRATCH / "bare.h5", "--save", "-o", SCRATCH / "other.h5", "--format", "json")
with h5py.File(SCRATCH / "other.h5", "r") as file:
    assert np.isnan(file["agents/fixed/epochs/expected_demographic_parity_gap"][...][:3]).all()
    assert "residual" not in file and np.isnan(file["agents/fixed/epochs/reward"][1]).all() and (file["agents/fixed/epochs/reward"][3] == 1).all()

# Wrong command lines, outputs that cannot be written, and what is taken for a trace.
before = sidecar.read_bytes()
assert "--force" in expect(2, "analyze", trace, "--save").stderr
assert "for --save only" in expect(2, "analyze", trace, "-o", "x.h5").stderr and "for --save only" in expect(2, "analyze", trace, "--force").stderr
assert "no such folder" in expect(2, "analyze", trace, "--save", "-o", SCRATCH / "no" / "x.h5").stderr
assert "the file that is read" in expect(2, "analyze", trace, "--save", "-o", trace, "--force").stderr
assert "analyze --save" in expect(3, "analyze", sidecar).stderr
for most in [10_000, 200_000]:
    full = expect(3, "analyze", trace, "--save", "--force", preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (most, most)))
    assert "small.analysis.h5.partial" in full.stderr and len(full.stderr.splitlines()) == 1 and not full.stdout, full.stderr
assert sidecar.read_bytes() == before and not list(SCRATCH.glob("*.analysis.h5.partial"))
expect(0, "analyze", trace, "--save", "--force", "--agents", "ofs")
with h5py.File(sidecar, "r") as file:
    assert list(file["agents"]) == ["ofs"]


# With regret and audited arms; with calibration.
expect(0, "oracle", SCRATCH / "small.yaml", "--save", "--grid", "5", "-o", SCRATCH / "oracle.h5")
for name, settings in [("arms", ["--set", "trace.arms=20"]), ("rows", ["--set", "trace.level=applicants"])]:
    expect(0, "run", SCRATCH / "small.yaml", "-o", SCRATCH / f"{name}.h5", *settings)
    options = ["--oracle", SCRATCH / "oracle.h5"] if name == "rows" else []
    expect(0, "analyze", SCRATCH / f"{name}.h5", "--save", *options)
    told = analysis(SCRATCH / f"{name}.h5", *options)
    with h5py.File(SCRATCH / f"{name}.analysis.h5", "r") as file:
        for agent in told["agents"]:
            check_tables(file, agent)
    metrics = {m["metric"] for agent in told["agents"] for part in ("window", "loop") for m in agent[part]}
    assert metrics >= ({"interval_coverage"} if name == "arms" else {"external_regret", "calibration_error"}), metrics

# Memory does not grow with the horizon.
def peak(horizon):
    """Peak resident kilobytes of `analyze --save`."""
    path = scenario(f"{horizon}.yaml", replications=2, horizon=horizon, size=5, compression="none")
    expect(0, "run", path, "-o", SCRATCH / f"{horizon}.h5", "--quiet", "--set", "agents=[{type: fixed, threshold: 0.5}]")
    child = subprocess.Popen([PROGRAM, "analyze", SCRATCH / f"{horizon}.h5", "--save"], cwd=SCRATCH, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    assert status == 0
    return usage.ru_maxrss


short, long = peak(16000), peak(64000)
assert long <= 1.10 * short, (short, long)
note("the series equal NumPy's; windows, partial traces and full disks are handled")
