"""Score models that learn: one trace for any number of threads and after a kill, scores from coefficients, expanded rows
equal to logged ones, an agent that explores within its budget, and clear refusals."""
import time

import xarray

from support import *

TEXT = learning_world(90) + """agents:
  - {type: fixed, threshold: 0.6}
  - {type: active_accept, base: {type: ofs, grid: 11}, budget: 0.05, label: exploring, score_model: {loss: ipw}}
  - {type: epsilon_greedy, grid: 11, score_model: {loss: implicit, every: 30}}
  - {type: random, grid: 11, score_model: {learner: {type: replay, buffer: 200, uer: {}}}}
  - {type: ucb1, grid: 11, score_model: {learner: {type: ridge}, contamination: {share: 0.2}}}
"""
path = SCRATCH / "learns.yaml"
path.write_text(TEXT)


COLUMNS = ("group", "type", "score", "accepted", "success", "propensity")


def rows(name):
    found = {}
    with h5py.File(name, "r") as file:
        file["agents"].visititems(lambda key, item: found.update({key: item[...]}) if isinstance(item, h5py.Dataset)
                                  and "/applicants/" in key and key.split("/")[-1] in COLUMNS else None)
    return found


for threads in [1, 2]:
    expect(0, "run", path, "-o", SCRATCH / f"t{threads}.h5", "--threads", threads)
truth = datasets(SCRATCH / "t1.h5")
assert same(truth, datasets(SCRATCH / "t2.h5"))

# Killed and gone on with: the same end.
long = ["--set", "horizon=3000", "--threads", "1"]
start = time.monotonic()
expect(0, "run", path, "-o", SCRATCH / "whole.h5", *long)
kill_often(path, time.monotonic() - start, datasets(SCRATCH / "whole.h5"), *long, times=2)
note("one thread, two threads, killed and resumed: the same datasets")

# A trace explains itself: scores of every model from its coefficients, as logged decisions and summaries have them.
expect(0, "run", path, "-o", SCRATCH / "rows.h5", "--set", "trace.level=applicants")
expect(0, "run", path, "-o", SCRATCH / "replay.h5", "--set", "trace.level=replay")
expect(0, "expand", SCRATCH / "replay.h5", "-o", SCRATCH / "expanded.h5")
logged = rows(SCRATCH / "rows.h5")
assert same(logged, rows(SCRATCH / "expanded.h5")) and same(datasets(SCRATCH / "replay.h5"), truth)
with h5py.File(SCRATCH / "rows.h5", "r") as file:
    inputs, x = file["inputs"], file["inputs/score_model/feature"][...]
    mass, success, group = inputs["mass"][...], inputs["success"][...], inputs["type_group"][...]
    for label, agent in file["agents"].items():
        model, version = agent["score_model"], agent["score_version"][1].astype(int)
        z = model["coefficient"][1] @ x.T
        score = np.clip(z, 0, 1) if model.attrs["link"] == "linear" else 1 / (1 + np.exp(-z))
        score[0] = inputs["score"][...]
        assert (version == np.searchsorted(model["epoch"][...], np.arange(120), "right") - 1).all()
        for g in range(2):
            mean = (score * mass * (group == g)).sum(1)
            assert np.allclose(mean, model["mean_score"][1, :, g], rtol=1e-12)
            spread = np.sqrt((((score - mean[:, None]) ** 2) * mass * (group == g)).sum(1))
            assert np.allclose(spread, model["score_sd"][1, :, g], rtol=1e-9)
        assert model["refitted"][1, 0] == 0 and model["refitted"][1, 1:].all()
        part = agent["applicants/r0001"]
        epoch = np.repeat(np.arange(120), part["rows"][...])
        type_, accepted = part["type"][...], part["accepted"][...] == 1
        assert np.allclose(part["score"][...], score[version[epoch], type_], rtol=1e-12)
        above = part["score"][...] >= agent["threshold"][1, :, 0][epoch]
        if label == "exploring":
            assert accepted[above].all() and (accepted & ~above).sum() == agent["explored"][1].sum() > 0
            e = part["propensity"][...]
            assert (e > 0).all() and (e[above] == 1).all()
            # Null: each below is accepted by a draw of her own with that chance. One z test, two-sided 1e-5.
            z = (accepted - e)[~above].sum() / np.sqrt((e * (1 - e))[~above].sum())
            assert abs(z) < 4.42, z
            share = agent["explored"][...].sum() / agent["arrived"][...].sum()
            assert 0.03 < share < 0.06, share
        else:
            assert (accepted == above).all() and "explored" not in agent
        # Who applies and would succeed is the same for all, however they are scored.
        shares = agent["composition"][1, 0]
        same_start = slice(0, int(part["rows"][0]))
        assert (part["type"][same_start] == file["agents/fixed/applicants/r0001/type"][same_start]).all()
        # The window, the period and the loss decide what a model holds.
        if label == "fixed":
            assert model["observed"][1, 3] == agent["accepted"][1, :21].sum()
            assert model["effective_sample_size"][1, 3] == model["observed"][1, 3]
        if label == "exploring":
            assert (model["effective_sample_size"][1, 1:] < model["observed"][1, 1:]).all()
        assert (model["pseudo"][1, 1:] > 0).all() == (label == "ucb1")
for engine in ["h5netcdf", "netcdf4"]:
    with xarray.open_dataset(SCRATCH / "rows.h5", group="agents/exploring/score_model", engine=engine) as data:
        assert data.coefficient.dims == ("replication", "epoch", "term") and data.auc.dims == ("replication", "epoch")
    with xarray.open_dataset(SCRATCH / "rows.h5", group="agents/exploring", engine=engine) as data:
        assert data.explored.dims == ("replication", "epoch", "group") and "score_version" in data
note("scores come from coefficients, expanded rows equal logged ones, exploring keeps its chances and budget")

# Outcomes that take time or are lost: labels come later, fewer, and the trace still tells all.
late = ["--set", "environment.outcomes={delay: {law: weibull, scale: 6, shape: 2}, lost: 0.2}"]
for threads in [1, 2]:
    expect(0, "run", path, "-o", SCRATCH / f"late{threads}.h5", *late, "--threads", threads, "--set", "trace.level=applicants")
expect(0, "run", path, "-o", SCRATCH / "late.h5", *late, "--set", "trace.level=replay")
expect(0, "expand", SCRATCH / "late.h5", "-o", SCRATCH / "late_rows.h5")
assert same(datasets(SCRATCH / "late1.h5"), datasets(SCRATCH / "late2.h5"))
assert same(rows(SCRATCH / "late1.h5"), rows(SCRATCH / "late_rows.h5"))
with h5py.File(SCRATCH / "late.h5", "r") as file, h5py.File(SCRATCH / "t1.h5", "r") as prompt:
    fixed = file["agents/fixed"]
    for v, epoch in enumerate(fixed["score_model/epoch"][...]):
        due = fixed["matured"][1] <= epoch
        # Null: each outcome that is due is known with probability 0.8; 17 z tests at 1e-6 each.
        n, known = fixed["accepted"][1, due].sum(), fixed["score_model/observed"][1, v]
        assert n == known == 0 or abs(known - 0.8 * n) < 4.9 * np.sqrt(n * 0.16), (v, n, known)
    assert known < 0.85 * prompt["agents/fixed/score_model/observed"][1, -1]
    for label, error in [("exploring", 0.0), ("random", 0.0)]:
        assert file[f"agents/{label}/arm_probability"].attrs["absolute_error"] == error
note("labels wait for outcomes, lost ones never come, and rows can still be expanded")

assert "score model learns" in expect(0, "analyze", SCRATCH / "rows.h5").stderr + expect(0, "analyze", SCRATCH / "rows.h5").stdout
for verb in [["analyze"], ["inspect"], ["compare"]]:
    expect(0, *verb, SCRATCH / "t1.h5")
expect(0, "run", path, "--dry-run")
for fidelity in ["counts", "mean_field"]:
    replay = [] if fidelity == "counts" else ["--set", "agents.random.score_model={}"]
    expect(0, "run", path, "-o", SCRATCH / f"{fidelity}.h5", "--set", f"fidelity={fidelity}", *replay)


def wrong(*words, sets=(), old=None, new=None, verb="validate"):
    target = SCRATCH / "wrong.yaml"
    assert old is None or old in TEXT, old
    target.write_text(TEXT if old is None else TEXT.replace(old, new, 1))
    done = expect(2, verb, target, *[part for one in sets for part in ("--set", one)])
    assert all(word in done.stderr for word in words), (words, done.stderr)
    assert len(done.stderr.splitlines()) == 1, done.stderr


wrong("agents[0].score_model.loss = ipw", "probability 0,", "active_accept", old="threshold: 0.6}", new="threshold: 0.6, score_model: {loss: ipw}}")
wrong("environment.score_model.loss = implicit", "agent `fixed`", sets=["environment.score_model.loss=implicit", "agents.ucb1.score_model.loss=naive"])
wrong("learner", "fidelity: mean_field", sets=["fidelity=mean_field"])
wrong("buffer: 4 or more", sets=["agents.random.score_model.learner.buffer=3", "agents.random.score_model.learner.reservoir=balanced"])
wrong("window = 5", "learner `ridge`", "discount", old="{type: ridge}", new="{type: ridge}, window: 5")
wrong("warm_start = true", "ridge", old="{type: ridge}", new="{type: ridge}, warm_start: true")
wrong("agents[0].score_model.base", "unknown key", old="threshold: 0.6}", new="threshold: 0.6, score_model: {base: {}}}")
wrong("environment.score_model: the key `every` is missing", old="every: 7", new="clip: 0.1")
wrong("clip = 0", "out of range", sets=["environment.score_model.clip=0"])
wrong("budget = 0", "out of range", sets=["agents.exploring.budget=0"])
wrong("base.threshold", "one for all", old="base: {type: ofs, grid: 11}", new="base: {type: fixed, threshold: {x: 0.4, y: 0.5}}")
wrong("base.type = active_accept", "unknown", old="base: {type: ofs, grid: 11}", new="base: {type: active_accept}")
wrong("score_model.base", "outside [0, 1]", old="{type: logistic_regression, train_fraction: 0.2}", new="{type: column, column: a}")
wrong("score_model learns", "expected a score model that stays", verb="oracle")
plain = TEXT.replace("type: retrained, base: {type: logistic_regression, train_fraction: 0.2}, every: 7", "type: logistic_regression")
(SCRATCH / "plain.yaml").write_text(plain)
assert "does not learn" in expect(2, "validate", SCRATCH / "plain.yaml").stderr
(SCRATCH / "formula.yaml").write_text(scenario().read_text().replace("  arrivals:", "  score_model: {type: retrained, base: {type: logistic_regression}, every: 3}\n  arrivals:"))
assert "formula.yaml" in expect(2, "validate", SCRATCH / "formula.yaml").stderr
note("what cannot learn or explore is refused by name")
