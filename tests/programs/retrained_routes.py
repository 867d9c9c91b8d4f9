"""Score models that learn within a route: one stage is the plain scenario bit for bit, models learn of those alone who
were accepted for good and once that is known, one trace for any number of threads and after kills, and clear refusals."""
import json
import time

import xarray

from support import *

WORLD = learning_world(60) + "trace: {level: applicants, compression: none}\n"
AGENTS = """agents:
  - {type: fixed, threshold: 0.6}
  - {type: active_accept, base: {type: ofs, grid: 11}, budget: 0.05, label: exploring%s}
  - {type: epsilon_greedy, grid: 11, score_model: {%severy: 30}}
  - {type: ucb1, grid: 11, score_model: {learner: {type: ridge}, contamination: {share: 0.2}}}
"""
ONE = AGENTS % (", score_model: {loss: ipw}", "loss: implicit, ")
MANY = AGENTS % ("", "")
ROUTE = """route:
  stages:
    screen: {cost: 0.02, on_accept: interview, on_reject: {to: screen, probability: 0.3, delay: {law: fixed, time: 6}}}
    interview:
      score_model: {type: noisy, sd: 0.5}
      threshold: 0.45
      servers: {count: 4, time: {law: exponential, mean: 0.05}}
      patience: {law: exponential, mean: 3}
      on_accept: {to: offer, delay: {law: exponential, mean: 1}}
    offer: {threshold: 0.5, capacity: 15, patience: {law: fixed, time: 2}, cost: 0.1}
"""
LATE = "environment.outcomes={delay: {law: weibull, scale: 6, shape: 3}, lost: 0.1}"


def write(name, text):
    path = SCRATCH / f"{name}.yaml"
    path.write_text(text)
    return path


# One stage: each dataset of the plain trace is in the route's, equal to the bit, whatever outcomes do.
plain, one = write("plain", WORLD + ONE), write("one", WORLD + "route: {stages: {only: {}}}\n" + ONE)
for k, sets in enumerate([[], ["environment.outcomes={delay: {law: exponential, mean: 3}, lost: 0.2}"],
                          ["environment.arrivals={type: poisson_process, rate: 60}", "clock={type: every, interval: 0.5}", LATE]]):
    more = [part for each in sets for part in ("--set", each)]
    expect(0, "run", plain, "-o", SCRATCH / f"plain{k}.h5", *more)
    expect(0, "run", one, "-o", SCRATCH / f"one{k}.h5", *more)
    ours, theirs = datasets(SCRATCH / f"plain{k}.h5"), datasets(SCRATCH / f"one{k}.h5")
    compared = [name for name in ours if name in theirs]
    for wanted in ["r0002/propensity", "exploring/explored", "exploring/score_model/coefficient",
                   "ucb1/score_model/pseudo", "fixed/score_model/auc", "fixed/reward", "epsilon_greedy/expected_reward"]:
        assert any(name.endswith(wanted) for name in compared), wanted
    assert sum("/applicants/" in name for name in compared) >= 4 * 3 * 5, len(compared)
    differ = [name for name in compared if not np.array_equal(ours[name], theirs[name], equal_nan=ours[name].dtype.kind == "f")]
    assert not differ, differ
    assert ours["exploring/explored"].sum() > 0
note("a route of one stage is the plain scenario bit for bit, with three kinds of outcomes")

# Several stages: what a model holds are outcomes of those accepted for good in decisions that are over.
many = write("many", WORLD + ROUTE + MANY)
slow = ["--set", LATE]
for threads in [1, 2]:
    expect(0, "run", many, "-o", SCRATCH / f"many{threads}.h5", *slow, "--threads", threads)
truth = datasets(SCRATCH / "many1.h5")
assert same(truth, datasets(SCRATCH / "many2.h5"))
with h5py.File(SCRATCH / "many1.h5") as file:
    for label, agent in file["agents"].items():
        model, start = agent["score_model"], file["inputs/score"][...]
        z = model["coefficient"][1] @ file["inputs/score_model/feature"][...].T
        score = np.clip(z, 0, 1) if model.attrs["link"] == "linear" else 1 / (1 + np.exp(-z))
        score[:model["refitted"][1].argmax()] = start  # until the first new model
        part = agent["applicants/r0001"]
        stage, type_, seen = part["stage"][...], part["type"][...], part["score"][...]
        epoch = np.repeat(np.arange(120), part["rows"][...])
        version = agent["score_version"][1].astype(int)[epoch]
        screened = stage == 0
        # Whoever is screened has the score of the model in use: nobody waits there.
        assert np.allclose(seen[screened], score[version, type_][screened], rtol=1e-12)
        assert not np.allclose(seen[stage == 1], score[version, type_][stage == 1], rtol=1e-3)
        # Offers are made by the population's score as it was when she came to the offer.
        accepted = agent["accepted"][1].sum()
        held = model["observed"][1]
        assert 0 < held[-1] < 0.95 * accepted and (np.diff(held) >= 0).all(), (label, held[-1], accepted)
        assert model["refitted"][1].sum() >= 2
    # The model learns when the agent of the screen is told, not before.
    told = np.isfinite(file["agents/fixed/stage_told"][1, :, 0])
    model = file["agents/fixed/score_model"]
    for update, observed in zip(model["epoch"][...][1:], model["observed"][1, 1:]):
        assert observed == 0 if not told[:update + 1].any() else observed > 0 or not told[:update].any(), update
    assert not told[:8].any() and model["observed"][1, 1] == 0
    explored = file["agents/exploring/explored"][...].sum()
    arrived = file["agents/exploring/stage_arrived"][...][:, :, 0].sum()
    assert 0.02 < explored / arrived < 0.06, explored / arrived
    first = file["agents/exploring/applicants/r0001"]
    under = (first["stage"][...] == 0) & (first["score"][...] < np.repeat(file["agents/exploring/threshold"][1, :, 0], first["rows"][...]))
    assert first["accepted"][...][under].sum() == file["agents/exploring/explored"][1].sum()
    # Null: each below the threshold is accepted by a draw of her own with the logged chance. One z test at 1e-5.
    e, a = first["propensity"][...][under], first["accepted"][...][under]
    assert ((e > 0) & (e < 1)).all()
    z = (a - e).sum() / np.sqrt((e * (1 - e)).sum())
    assert abs(z) < 4.42, z
    assert abs((a - 0.5 * e).sum() / np.sqrt((0.5 * e * (1 - 0.5 * e)).sum())) > 4.42  # half the chance is found out
for engine in ["h5netcdf", "netcdf4"]:
    with xarray.open_dataset(SCRATCH / "many1.h5", group="agents/exploring", engine=engine) as data:
        assert data.stage_accepted.dims == ("replication", "epoch", "stage", "group") and "score_version" in data
        assert data.matured.dims == ("replication", "epoch")
    with xarray.open_dataset(SCRATCH / "many1.h5", group="agents/exploring/score_model", engine=engine) as data:
        assert data.coefficient.dims == ("replication", "epoch", "term")
note("several stages: models learn late and of the accepted alone, rows tell scores and chances, exploring keeps its budget")

# Killed and gone on with: the same end.
long = [*slow, "--set", "horizon=2400", "--set", "trace.level=epochs", "--threads", "1"]
start = time.monotonic()
expect(0, "run", many, "-o", SCRATCH / "whole.h5", *long)
length = time.monotonic() - start
resumed = kill_often(many, length, datasets(SCRATCH / "whole.h5"), *long)
note(f"run of {length:.2f} s, {resumed} killed and gone on with: the same datasets")

# A second stage that accepts everyone at once changes nothing that is learnt.
through = write("through", WORLD + "route: {stages: {first: {on_accept: second}, second: {threshold: 0}}}\n" + MANY)
expect(0, "run", through, "-o", SCRATCH / "through.h5", "--set", LATE)
expect(0, "run", write("single", WORLD + "route: {stages: {first: {}}}\n" + MANY), "-o", SCRATCH / "single.h5", "--set", LATE)
ours, theirs = datasets(SCRATCH / "single.h5"), datasets(SCRATCH / "through.h5")
for label in ["fixed", "exploring", "epsilon_greedy", "ucb1"]:
    for name in ["score_model/coefficient", "score_model/observed", "threshold", "accepted", "reward", "matured"]:
        assert np.array_equal(ours[f"{label}/{name}"], theirs[f"{label}/{name}"], equal_nan=True), (label, name)
note("a second stage that accepts everyone changes nothing that is learnt")

for verb in [["analyze"], ["inspect"], ["compare"], ["report", "-o", SCRATCH / "page.html"]]:
    expect(0, verb[0], SCRATCH / "many1.h5", *verb[1:])
expect(0, "run", many, "--dry-run")

# With a route all of them judge by what happened, since nothing else is known.
with h5py.File(SCRATCH / "many1.h5") as file:
    worst = {label: agent["residual"][...].max(axis=2) for label, agent in file["agents"].items()}  # both NaN or neither
told = {row["agent"]: row["violation"] for row in json.loads(expect(0, "inspect", SCRATCH / "many1.h5", "--format", "json").stdout)}
for label, residual in worst.items():
    assert np.isclose(told[label], np.nanmean(np.maximum(residual, 0)), rtol=1e-12), label
ranked = json.loads(expect(0, "compare", SCRATCH / "many1.h5", "--metric", "mean_violation", "--format", "json").stdout)["agents"]
for row in ranked:
    means = np.nanmean(np.maximum(worst[row["agent"]], 0), axis=1)
    assert np.isclose(row["mean"], means.mean(), rtol=1e-9), row


def wrong(text, *words):
    done = expect(2, "validate", write("wrong", text))
    assert all(word in done.stderr for word in words), (words, done.stderr)
    assert len(done.stderr.splitlines()) == 1, done.stderr


wrong(WORLD + ROUTE + MANY.replace("label: exploring", "label: exploring, score_model: {loss: ipw}"),
      "agents[1].score_model.loss = ipw", "several stages", "loss: naive")
wrong((WORLD + ROUTE + MANY).replace("every: 7", "every: 7, loss: ipw", 1).replace("epsilon_greedy, grid: 11, score_model: {", "epsilon_greedy, grid: 11, score_model: {loss: naive, ")
      .replace("fixed, threshold: 0.6", "fixed, threshold: 0.6, score_model: {loss: naive}").replace("contamination", "loss: naive, contamination"),
      "environment.score_model.loss = ipw", "several stages")
wrong(WORLD + ROUTE.replace("type: noisy, sd: 0.5", "type: retrained, base: {type: column, column: a}, every: 5") + MANY, "route.stages.interview.score_model")
note("what nobody can weigh is refused by name")

expect(0, "run", many, "-o", SCRATCH / "epochs.h5", "--set", "trace.level=epochs")
expect(0, "run", many, "-o", SCRATCH / "logged.h5", "--set", "trace.level=applicants")
expect(0, "expand", SCRATCH / "epochs.h5", "-o", SCRATCH / "again.h5")
with h5py.File(SCRATCH / "logged.h5") as logged, h5py.File(SCRATCH / "again.h5") as again:
    for label in logged["agents"]:
        for r in range(3):
            before, after = (file[f"agents/{label}/applicants/r{r:04}"] for file in (logged, again))
            assert set(before) == set(after) and len(before["row"]) > 0, (label, set(before) ^ set(after))
            for name in before:
                assert np.array_equal(before[name][...], after[name][...], equal_nan=True), (label, r, name)
note("applicants of routes with models that learn are made again bit for bit")
