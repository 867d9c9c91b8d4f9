"""Worlds in which decisions change who comes: rows can be drawn again, and tell of the same people as the counts."""
from support import *

short = ["--set", "trace.level=replay", "--set", "fidelity=individuals", "--set", "horizon=30", "--replications", "2"]
for name in ["retention", "attention_allocation", "college_admission", "qualification"]:
    trace, rows = SCRATCH / f"{name}.h5", SCRATCH / f"{name}_rows.h5"
    expect(0, "run", SOURCE / f"scenarios/{name}.yaml", "-o", trace, *short)
    expect(0, "expand", trace, "-o", rows, "--epochs", "5:25")
    with h5py.File(trace, "r") as of, h5py.File(rows, "r") as people:
        for agent in of["agents"]:
            for r in range(2):
                each, counts = people[f"agents/{agent}/applicants/r{r:04d}"], of[f"agents/{agent}"]
                assert len(each["accepted"]) == counts["arrived"][r, 5:25].sum(), (name, agent, r)
                assert each["accepted"][...].sum() == counts["accepted"][r, 5:25].sum(), (name, agent, r)
                assert list(each["rows"][...]) == list(counts["arrived"][r, 5:25].sum(axis=1)), (name, agent, r)
note("applicants of worlds whose arrivals follow decisions are drawn again")

with h5py.File(SCRATCH / "college_admission.h5", "r") as of, h5py.File(SCRATCH / "college_admission_rows.h5", "r") as people:
    states, agent = list(of["state"].asstr()[...]), "fixed"
    state, each = of[f"agents/{agent}/state"][0], people[f"agents/{agent}/applicants/r0000"]
    epoch = np.repeat(np.arange(5, 25), each["rows"][...])
    aim = np.stack([state[:, states.index(f"aim:{g}")] for g in "ab"], axis=1)[epoch, each["group"][...]]
    reach = np.stack([state[:, states.index(f"aim_reach:{g}")] for g in "ab"], axis=1)[epoch, each["group"][...]]
    score = each["score"][...]
    assert not ((score >= aim - reach) & (score < aim)).any() and (score == aim).sum() > 100
note("nobody stands within reach of the threshold that was seen")

expect(2, "run", SOURCE / "scenarios/retention.yaml", "-o", SCRATCH / "no.h5", "--set", "trace.level=applicants", "--set", "horizon=5")

expect(0, "run", SOURCE / "scenarios/drift.yaml", "-o", SCRATCH / "drift.h5", "--set", "horizon=40", "--replications", "2")
assert "a rule of the dynamics draws at random" in expect(0, "analyze", SCRATCH / "drift.h5").stdout
expect(0, "report", SCRATCH / "drift.h5", "-o", SCRATCH / "drift.html")
note("a world that draws at random is analysed without a mean field")
