"""Whatever is wrong in a trace, the verbs that read it end with 0 or with 3 and the file's name."""
import random
import shutil
import sys

from support import *

random.seed(8)
path = scenario(replications=2, horizon=40, size=20)
agents = "agents=[{type: ofs, grid: 5}, {type: epsilon_greedy, grid: 5}]"
expect(0, "run", path, "-o", "plain.h5", "--set", agents, "--set", "trace={arms: 20, level: applicants}")
(SCRATCH / "learns.yaml").write_text(learning_world(20).replace("horizon: 120", "horizon: 40") + "agents: [{type: ofs, grid: 5}]\n")
expect(0, "run", "learns.yaml", "-o", "learns.h5", "--set", "trace={level: applicants}")
whole = [SCRATCH / "plain.h5", SCRATCH / "learns.h5"]
VERBS = [["inspect"], ["analyze"], ["compare"], ["report", "-o", "out", "--force"], ["expand", "-o", "out", "--force"],
         ["export", "--to", "csv", "-o", "out", "--force"], ["export", "--to", "csv", "--what", "rows", "-o", "out", "--force"],
         ["export", "--to", "csv", "--what", "arms", "-o", "out", "--force"]]
if "built without it" in run("report", whole[0], "-o", "out").stderr:
    VERBS = [verb for verb in VERBS if verb[0] != "report"]


def broken(source, break_it, *words, verbs=VERBS):
    """How many of the verbs refuse a copy that was broken; what they say then has all the words."""
    copy = SCRATCH / "broken.h5"
    shutil.copy(source, copy)
    with h5py.File(copy, "r+") as file:
        break_it(file)
    refused = 0
    for verb in verbs:
        done = run(verb[0], copy, *verb[1:])
        wrong_use = done.returncode == 2 and "audited" in done.stderr  # nothing to export in any such trace
        assert done.returncode in (0, 3) or wrong_use, (verb, done)
        if done.returncode != 3:
            continue
        refused += 1
        assert "broken.h5" in done.stderr and len(done.stderr.splitlines()) == 1, (verb, done.stderr)
        assert all(word in done.stderr for word in words), (verb, words, done.stderr)
    return refused


def replace(name, values):
    def work(file):
        del file[name]
        file[name] = values
    return work


written = "agents/ofs/epochs_written"
for values in [[-1, 40], [10**6, 40], [40], [], [[40, 40], [40, 40]]]:
    assert broken(whole[0], replace(written, np.array(values, dtype="i8"))) >= 5, values
assert broken(whole[0], replace("agents/ofs/residual", np.zeros((2, 40, 5))), verbs=[["analyze"]]) == 1
assert broken(whole[0], replace("agents/ofs/threshold", np.full((2, 40, 2), np.nan)), "threshold: holds nan") >= 4
assert broken(whole[0], replace("scenario_resolved", "x: &x [*x]"), verbs=[["expand", "-o", "out", "--force"]]) == 1
for name in ["arm", "stream"]:
    assert broken(whole[0], replace(f"agents/ofs/arms/{name}", np.zeros(0) if name == "arm" else np.array([], dtype=h5py.string_dtype())),
                  verbs=[["export", "--to", "csv", "--what", "arms", "-o", "out", "--force"]]) == 1
(SCRATCH / "secret").write_bytes(bytes(2 * 40 * 8))


def outside(file):
    del file["agents/ofs/reward"]
    file["agents/ofs"].create_dataset("reward", (2, 40), "f8", external=[(str(SCRATCH / "secret"), 0, 640)])


assert broken(whole[0], outside, "lies in another file", verbs=[["inspect"], ["analyze"]]) == 2

# Every dataset gone, of another shape or kind, by chance; where numbers are checked, numbers that no run writes.
SHAPES = [lambda a: a.ravel()[:1], lambda a: a[..., :0], lambda a: np.stack([a, a]), lambda a: np.concatenate([a, a], axis=-1),
          lambda a: np.concatenate([a, a], axis=0), lambda a: a[:-1], lambda a: a.ravel()[0],
          lambda a: np.full(a.shape, "text", dtype=h5py.string_dtype())]
VALUES = [lambda a: np.full(a.shape, -7.0), lambda a: np.full(a.shape, np.nan), lambda a: np.full(a.shape, 1e17)]
CHECKED = ["arrived", "accepted", "succeeded", "qualified", "composition", "residual", "score_version", "epochs_written", "share"]
n = refused = 0
for source in whole:
    names = []
    with h5py.File(source, "r") as file:
        file.visititems(lambda name, item: names.append(name) if isinstance(item, h5py.Dataset) and item.size else None)
    for name in random.sample(names, len(names) // 2):
        for shape in random.sample([None, *SHAPES], 1) + random.sample(VALUES, 1 if name.split("/")[-1] in CHECKED else 0):

            def change(file):
                values = file[name][...] if file[name].shape else np.array([1.0])
                del file[name]
                if shape is not None:
                    file[name] = shape(values if values.dtype.kind in "fiu" else np.arange(float(values.size)))

            try:
                refused += broken(source, change, verbs=random.sample(VERBS, 2))
                n += 1
            except AssertionError:
                print(source.name, name, [None, *SHAPES, *VALUES].index(shape), file=sys.stderr)
                raise
assert refused > n / 2, (refused, n)
note(f"{n} damaged traces read by two verbs each: {refused} refusals, each with the file's name")
