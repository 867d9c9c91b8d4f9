"""Applicant rows: every population, codec and agent; expanded rows equal logged ones; other people's tools read them."""
import os
import subprocess

import xarray

from support import *

CODECS = ["none", "deflate", "bitshuffle_lz4"]
TABLE = """    type: tabular
    file: people.csv
    group: {column: g, in: {x: [x], y: [y]}}
    label: {column: ok, success: yes}
    features: [s]
"""
(SCRATCH / "people.csv").write_text("g,ok,s\n" + "".join(
    f"{'xy'[i % 3 == 0]},{'yes' if (i * 7) % 10 > 3 else 'no'},{(i * 37) % 101 / 100}\n" for i in range(120)))
beta = scenario(replications=2, horizon=80, size=120).read_text()
beta_law, triangular = "{law: beta, mean: 0.4, precision: 5}", "{law: triangular, low: 0, mode: 0.2, high: 1}"
assert beta_law in beta
continuous = beta.replace(beta_law, triangular)
head, tail = continuous[:continuous.index("    type: parametric")], continuous[continuous.index("  arrivals:"):]
WORLDS = {
    "continuous": continuous,
    "beta": beta.replace("mean: 120}", "mean: 12}"),
    "moving": beta.replace(beta_law, "{law: logit_normal, mean: -0.4, sd: 0.5}").replace("gain: 1.0}]", "gain: 1.0}, {type: score_mean, rate: 0.1, gain: 0.1}]"),
    "rows": head + TABLE + "  score_model: {type: column, column: s}\n" + tail,
    "learnt": head + TABLE + "  score_model: {type: logistic_regression}\n" + tail,
    "batch": continuous.replace("{type: poisson, mean: 120}", "{type: batch, size: 1500}"),
}
AGENTS = ("agents: [{type: ofs, grid: 11}, {type: epsilon_greedy, grid: 11}, {type: thompson, grid: 5}, {type: random, grid: 11}, "
          "{type: thompson, label: whole, grid: 5, posterior: beta}, {type: group_learner, grid: 11, criterion: demographic_parity}, "
          "{type: group_oracle, criterion: equalised_odds, levels: 40}]\nfeedback: full\n")
WORLDS["table"] = head + ("    type: score_table\n    groups:\n"
    "      - {name: x, share: 0.6, scores: [0.1, 0.4, 0.9], mass: [1, 2, 4], success: [0.2, 0.5, 0.9]}\n"
    "      - {name: y, share: 0.4, scores: [0.1, 0.5], mass: [0.3, 0.7], success: [0.1, 0.6]}\n") + tail
INTERVENTIONS = """interventions:
  - {at: 20, set: environment.population.score_shift, to: {FIRST: 0.15}}
  - {type: ramp, from: 30, until: 60, set: environment.population.success_shift, to: -0.4}
  - {at: 40, set: environment.population.shares, to: {FIRST: 0.3}}
  - {type: pulse, from: 50, until: 70, set: agents.epsilon_greedy.epsilon, to: 0.9}
"""
WORLDS["continuous_changed"] = continuous + INTERVENTIONS.replace("FIRST", "a")
WORLDS["table_changed"] = WORLDS["table"] + INTERVENTIONS.replace("FIRST", "x")
WORLDS["beta_late_changed"] = WORLDS["beta"].replace("  dynamics:", "  outcomes: {delay: {law: lognormal, median: 3, sigma: 0.8}, lost: 0.2}\n  dynamics:") + (
    "interventions: [{at: 20, set: environment.population.success_shift, to: -0.2}]\n")
CHANGED = [world for world in WORLDS if world.endswith("_changed")]


def rows(path, epochs=None):
    """Row datasets by name, each cut to the epochs a:b."""
    found = {}
    with h5py.File(path, "r") as file:
        for agent in file["agents"]:
            for name, group in file[f"agents/{agent}/applicants"].items():
                counts = group["rows"][...]
                assert len(counts) == len(group["epoch"])
                part = slice(None) if epochs is None else slice(int(counts[:epochs[0]].sum()), int(counts[:epochs[1]].sum()))
                for column, data in group.items():
                    if column not in ("epoch", "rows", "row"):
                        assert len(data) == counts.sum(), (agent, name, column)
                        found[f"{agent}/{name}/{column}"] = data[part]
    return found


for world, text in WORLDS.items():
    path = SCRATCH / f"{world}.yaml"
    path.write_text(text.replace(text[text.index("agents:"):text.index("trace:")], AGENTS))
    known = None
    for codec in CODECS if world not in CHANGED else CODECS[:1]:
        trace, expanded = SCRATCH / f"{world}_{codec}.h5", SCRATCH / f"{world}_{codec}_rows.h5"
        sets = ["--set", f"trace.compression={codec}"]
        expect(0, "run", path, "-o", trace, "--set", "trace.level=applicants", *sets)
        expect(0, "run", path, "-o", SCRATCH / "replay.h5", "--set", "trace.level=replay", *sets, "--force")
        expect(0, "expand", SCRATCH / "replay.h5", "-o", expanded)
        logged = rows(trace)
        assert same(logged, rows(expanded)), world
        known = known or logged
        assert same(logged, known), (world, codec)
    epochs = datasets(SCRATCH / f"{world}_none.h5")
    with h5py.File(SCRATCH / f"{world}_none.h5", "r") as file:
        for agent in file["agents"]:
            group = file[f"agents/{agent}/applicants/r0001"]
            count = group["rows"][...]
            assert (count == epochs[agent + "/arrived"][1].sum(1)).all()
            edges = np.concatenate([[0], np.cumsum(count)])[:-1]
            for g in range(2):
                mine = (group["group"][...] == g).astype(float)
                accepted, success = group["accepted"][...], group["success"][...]
                for name, value in [("accepted", mine * accepted), ("succeeded", mine * accepted * success), ("qualified", mine * success)]:
                    sums = np.where(count > 0, np.add.reduceat(np.append(value, 0), edges)[: len(count)], 0)
                    assert (sums == epochs[f"{agent}/{name}"][1, :, g]).all(), (world, agent, name)
            if "type" in group:
                names = list(file["state"].asstr()) if world in CHANGED else []
                shift = np.array([epochs[agent + "/state"][1, :, names.index(f"score_shift:{g}")] if f"score_shift:{g}" in names
                                  else np.zeros(len(count)) for g in file["group"].asstr()])
                score = file["inputs/score"][...][group["type"][...]] + shift[group["group"][...], np.repeat(np.arange(len(count)), count)]
            else:
                score = group["score"][...]
            played = epochs[agent + "/threshold"][1][np.repeat(np.arange(len(count)), count), group["group"][...]]
            below = (group["accepted"][...] == 1) & (score < played - 1e-12)  # equal in decimals is accepted
            assert (group["accepted"][...][score >= played] == 1).all()
            if agent.startswith("group"):
                assert below.sum() == epochs[agent + "/explored"][1].sum() and (group["propensity"][...][score >= played] == 1).all()
            else:
                assert not below.any()
            assert ("propensity" in group) == (agent != "ofs")
            if "propensity" in group:
                e = group["propensity"][...]
                assert ((e >= 0) & (e <= 1)).all() and (e[group["accepted"][...] == 1] > 0).all()
    part = SCRATCH / f"{world}_part.h5"
    expect(0, "expand", SCRATCH / f"{world}_none.h5", "-o", part, "--agents", "thompson", "--replication", "1", "--epochs", "20:50")
    whole = {k: v for k, v in rows(SCRATCH / f"{world}_none.h5", (20, 50)).items() if k.startswith("thompson/r0001")}
    assert same(rows(part), whole) and whole
note(f"{len(WORLDS)} populations x {len(CODECS)} codecs: expanded rows equal logged rows, rows add up to epochs")

trace = SCRATCH / "continuous_deflate.h5"
for engine in ["h5netcdf", "netcdf4"]:
    with xarray.open_dataset(trace, group="agents/thompson/applicants/r0001", engine=engine) as data:
        assert data.score.dims == ("row",) and data.rows.dims == ("epoch",) and "epoch" in data.coords
        assert int(data.rows.sum()) == data.sizes["row"] and data.score.dtype == "float64"
assert "row = " in subprocess.run(["ncdump", "-h", trace], capture_output=True, text=True, check=True).stdout

# Without the plugin: an error for our reader and h5py, refused before a run. One thread and two: the same bytes.
blind = dict(os.environ, HDF5_PLUGIN_PATH=str(SCRATCH))
packed = SCRATCH / "rows_bitshuffle_lz4.h5"
refused = expect(3, "inspect", packed, env=blind)
assert "bitshuffle" in refused.stderr and "rows_bitshuffle_lz4.h5" in refused.stderr, refused.stderr
reader = f"import h5py; h5py.File({str(packed)!r})['agents/ofs/reward'][...]"
assert subprocess.run(["/usr/bin/python3", "-c", reader], env=blind, capture_output=True).returncode != 0
assert "plugin" in expect(2, "run", SCRATCH / "rows.yaml", "-o", SCRATCH / "no.h5", "--set", "trace.compression=bitshuffle_lz4", env=blind).stderr
for threads in [1, 2]:
    expect(0, "run", SCRATCH / "rows.yaml", "-o", SCRATCH / f"t{threads}.h5", "--set", "trace.level=applicants", "--threads", threads)
    expect(0, "expand", SCRATCH / "replay.h5", "-o", SCRATCH / f"x{threads}.h5", "--threads", threads)
assert same(rows(SCRATCH / "t1.h5"), rows(SCRATCH / "t2.h5")) and same(rows(SCRATCH / "x1.h5"), rows(SCRATCH / "x2.h5"))

# What cannot be done is refused.
for fidelity in ["counts", "mean_field"]:
    wrong = expect(2, "validate", SCRATCH / "continuous.yaml", "--set", "trace.level=applicants", "--set", f"fidelity={fidelity}")
    assert "individuals" in wrong.stderr and "trace.level" in wrong.stderr
many = expect(2, "validate", SCRATCH / "continuous.yaml", "--set", "trace.level=applicants", "--replications", "1001")
assert "loopgate expand" in many.stderr
replay = SCRATCH / "replay.h5"
for arguments, word in [(["--epochs", "70:90"], "0:80"), (["--epochs", "7"], "a:b"), (["--epochs", "9:9"], "out of range"),
                        (["--epochs", "a:b"], "not a range"), (["--agents", "osf"], "did you mean `ofs`"), (["--replication", "2"], "0 to 1")]:
    wrong = expect(2, "expand", replay, "-o", SCRATCH / "no.h5", *arguments)
    assert word in wrong.stderr, wrong.stderr
expect(2, "expand", replay, "-o", replay)
expect(2, "expand", replay, "-o", SCRATCH / "no" / "rows.h5")
expect(2, "expand", replay)
for verb in [["inspect", SCRATCH / "x1.h5"], ["expand", SCRATCH / "x1.h5", "-o", SCRATCH / "no.h5"]]:
    assert "expand" in expect(3, *verb).stderr
counts = SCRATCH / "counts.h5"
expect(0, "run", SCRATCH / "continuous.yaml", "-o", counts, "--set", "fidelity=counts", "--set", "agents=[{type: ofs, grid: 11}]")
assert "individuals" in expect(3, "expand", counts, "-o", SCRATCH / "no.h5").stderr
with h5py.File(replay, "r+") as file:
    file.attrs["results_version"] = np.uint64(999)
assert "results version 999" in expect(3, "expand", replay, "-o", SCRATCH / "no.h5").stderr
expect(0, "run", SCRATCH / "continuous.yaml", "-o", replay, "--force", "--set", "agents=[{type: random, grid: 11}]", "--set", "trace.level=replay")
with h5py.File(replay, "r+") as file:
    file["agents/random/threshold"][0, 40, :] = 0.123
told = expect(3, "expand", replay, "-o", SCRATCH / "no.h5").stderr
assert "agent random, replication 0, epoch 40: threshold of group" in told and "0.123 in the trace" in told, told
assert not list(SCRATCH.glob("no.h5*"))

# ---- Routes, and shares that change between two decisions beside a rule that counts types: the run itself is made again.
LADDER = """scenario: ladder
seed: 7
replications: 2
horizon: 12
environment:
  population:
    type: score_table
    groups:
      - {name: A, share: 0.5, scores: [0.1, 0.6], mass: [1, 1], success: [0.2, 0.9]}
      - {name: B, share: 0.5, scores: [0.2, 0.7], mass: [1, 1], success: [0.1, 0.8]}
  arrivals: {type: poisson_process, rate: 60}
  dynamics: [{type: credit_ladder, unit: score, rate: 0.2, up: 0.1, down: 0.1}]
interventions: [{at: 2.5, set: environment.population.shares, to: {A: 0.7}}]
agents: [{type: epsilon_greedy, grid: 5}, {type: fixed, threshold: 0.5}]
trace: {level: applicants}
"""
(SCRATCH / "ladder.yaml").write_text(LADDER)
short = ["--set", "horizon=40", "--set", "replications=2", "--force"]
for name, path, sets in [("ladder", SCRATCH / "ladder.yaml", ["--force"]), ("hiring", SOURCE / "scenarios/hiring_pipeline.yaml", short)]:
    expect(0, "run", path, "-o", SCRATCH / "logged.h5", "--set", "trace.level=applicants", *sets)
    expect(0, "run", path, "-o", SCRATCH / "epochs.h5", "--set", "trace.level=epochs", *sets)
    expect(0, "expand", SCRATCH / "epochs.h5", "-o", SCRATCH / "again.h5", "--force")
    expect(0, "expand", SCRATCH / "epochs.h5", "-o", SCRATCH / "late.h5", "--epochs", "5:9", "--force")
    logged = rows(SCRATCH / "logged.h5")
    assert same(logged, rows(SCRATCH / "again.h5")), name
    assert same(rows(SCRATCH / "logged.h5", (5, 9)), rows(SCRATCH / "late.h5")), name
    assert any("stage" in key for key in logged) == (name == "hiring"), name

# A disk that fills, with and without the writer behind a thread.
import resource
full = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (3_000_000, 3_000_000))
for threads in [1, 2]:
    done = expect(3, "run", SCRATCH / "batch.yaml", "-o", SCRATCH / "full.h5", "--set", "trace={level: applicants, compression: none}",
                  "--set", "horizon=3000", "--threads", threads, "--force", preexec_fn=full)
    assert "full.h5" in done.stderr and len(done.stderr) < 500, done.stderr
    for left in SCRATCH.glob("full.h5*"):
        left.unlink()
done = expect(3, "expand", SCRATCH / "batch_none.h5", "-o", SCRATCH / "full.h5", preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000)))
assert "full.h5" in done.stderr and not list(SCRATCH.glob("full.h5*")), done.stderr
note("missing plugins, wrong levels, ranges, versions and a full disk are refused clearly")
