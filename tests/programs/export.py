"""`export`: every number of a trace as CSV, read back with csv and pandas and compared with the datasets bit for bit."""
import csv
import resource
import shutil
import subprocess

import pandas

from support import *

COLUMNS = ["threshold", "arrived", "accepted", "succeeded", "qualified", "composition", "qualification_rate", "state", "reward",
           "expected_reward", "residual", "expected_residual", "arm_probability"]
SUBJECTS = {"state": "state", "residual": "constraint", "expected_residual": "constraint", "reward": None,
            "expected_reward": None, "arm_probability": None}
path = scenario(replications=3, horizon=60, size=3)
path.write_text(path.read_text().replace("name: a,", "name: 'a, \"1\"',").replace("trace: {", "trace: {arms: 25, "))
trace = SCRATCH / "small.h5"
expect(0, "run", path, "-o", trace)


def lines(file):
    with open(file, newline="") as text:
        return list(csv.DictReader(text))


def expected(file, agents=None, replications=(0, 3), epochs=(0, 60)):
    """(agent, replication, epoch, quantity, subject) -> value, in the order of the lines, as far as epochs are written."""
    found = {}
    with h5py.File(file, "r") as data:
        for agent in agents or data["agents"]:
            group = data["agents"][agent]
            for r in range(*replications):
                for t in range(epochs[0], min(epochs[1], group["epochs_written"][r])):
                    for column in COLUMNS:
                        if column not in group:
                            continue
                        scale = SUBJECTS.get(column, "group")
                        subjects = [s.decode() for s in data[scale][...]] if scale else [""]
                        for subject, value in zip(subjects, np.atleast_1d(group[column][r, t])):
                            found[agent, str(r), str(t), column, subject] = value
    return found


def check(file, want):
    got = {tuple(line.values())[:5]: float(line["value"] or "nan") for line in lines(file)}
    assert list(got) == list(want), file
    np.testing.assert_array_equal(list(got.values()), list(want.values()))


# Everything, bit for bit; undefined numbers are empty: a batch of three in the mean is often without a group.
assert "wrote small.csv" in expect(0, "export", trace, "--to", "csv").stdout
want = expected(trace)
check(SCRATCH / "small.csv", want)
assert sum(np.isnan(v) for v in want.values()) > 10 and len(want) > 2 * 3 * 60 * 20
text = (SCRATCH / "small.csv").read_text()
assert '"a, ""1"""' in text and "nan" not in text.lower()
table = pandas.read_csv(SCRATCH / "small.csv", float_precision="round_trip", keep_default_na=False, na_values={"value": [""]})
np.testing.assert_array_equal(table.value, list(want.values()))
reward = table[table.quantity == "reward"]
assert len(reward) == 2 * 3 * 60 and set(reward.subject) == {""}

# A part of it; to standard output; without constraints, dynamics and chance.
part = SCRATCH / "part.csv"
expect(0, "export", trace, "--to", "csv", "-o", part, "--agents", "epsilon_greedy", "--replications", "1:", "--epochs", "7:12")
check(part, expected(trace, ["epsilon_greedy"], (1, 3), (7, 12)))
assert expect(0, "export", trace, "--to", "csv", "-o", "-").stdout == text
bare = path.read_text().replace("  dynamics: [{type: acceptance_share, rate: 0.05, gain: 1.0}]\n", "")
bare = bare[:bare.index("constraints:")] + "agents: [{type: fixed, threshold: 0.5}]\n"
(SCRATCH / "bare.yaml").write_text(bare)
expect(0, "run", SCRATCH / "bare.yaml", "-o", SCRATCH / "bare.h5")
expect(0, "export", SCRATCH / "bare.h5", "--to", "csv")
check(SCRATCH / "bare.csv", expected(SCRATCH / "bare.h5"))
assert not {"state", "residual", "arm_probability"} & {line["quantity"] for line in lines(SCRATCH / "bare.csv")}

# The audited arms.
expect(0, "export", trace, "--to", "csv", "--what", "arms", "--epochs", "20:")
with h5py.File(trace, "r") as data:
    want = []
    for agent in data["agents"]:
        arms = data[f"agents/{agent}/arms"]
        assert list(arms["epoch"]) == [0, 25, 50]
        for r in range(3):
            for k in [1, 2]:
                for i, stream in enumerate(arms["stream"]):
                    for j, arm in enumerate(arms["arm"]):
                        want.append((agent, str(r), str(arms["epoch"][k]), stream.decode(), arm,
                                     *[arms[name][r, k, i, j] for name in ["count", "mean", "radius", "expected"]]))
got = lines(SCRATCH / "small.arms.csv")
assert [tuple(line.values())[:4] for line in got] == [one[:4] for one in want]
numbers = [[float(x or "nan") for x in tuple(line.values())[4:]] for line in got]
np.testing.assert_array_equal(numbers, [one[4:] for one in want])
assert np.isinf(pandas.read_csv(SCRATCH / "small.arms.csv").radius).any()
assert "trace.arms=50" in expect(3, "export", SCRATCH / "bare.h5", "--to", "csv", "--what", "arms").stderr

# A trace that goes only so far.
partial = SCRATCH / "half.h5.partial"
shutil.copy(trace, partial)
with h5py.File(partial, "r+") as file:
    file.attrs["complete"] = 0
    file["agents/ofs/epochs_written"][...] = [60, 30, 0]
assert "PARTIAL" in expect(0, "export", partial, "--to", "csv", "-o", part, "--force").stderr
check(part, expected(partial))
assert "PARTIAL" not in expect(0, "export", partial, "--to", "csv", "-o", part, "--force", "--epochs", "0:30", "--replications", "0:2").stderr
expect(0, "export", partial, "--to", "csv", "--what", "arms", "-o", part, "--force", "--agents", "ofs")
assert [line["epoch"] for line in lines(part) if line["replication"] == "1"][-1] == "25"
assert "0:30" in expect(3, "export", partial, "--to", "csv", "--epochs", "40:50", "--replications", "1:", "--agents", "ofs").stderr
assert "no epoch" in expect(3, "export", partial, "--to", "csv", "--replications", "2:3", "--agents", "ofs").stderr

# Wrong command lines, and outputs that cannot be written.
before = part.read_bytes()
(SCRATCH / "small.csv").unlink()
for arguments, word in [([], "--to csv"), (["--to", "xlsx"], "expected csv"), (["--to", "csv", "--what", "cells"], "epochs, rows or arms"),
                        (["--to", "csv", "--agents", "osf"], "did you mean `ofs`"), (["--to", "csv", "--epochs", "0:61"], "0:60"),
                        (["--to", "csv", "--replications", "3:"], "replications a to b - 1 of 0:3"), (["--to", "csv", "-o", part], "--force"),
                        (["--to", "csv", "-o", SCRATCH / "no" / "x.csv"], "no such folder"), (["--to", "csv", "-o", SCRATCH], "is a folder"),
                        (["--to", "csv", "-o", trace, "--force"], "the file that is read")]:
    assert word in expect(2, "export", trace, *arguments).stderr, arguments
assert "no trace" in expect(2, "export", "--to", "csv").stderr
expect(3, "export", SCRATCH / "absent.h5", "--to", "csv")
assert part.read_bytes() == before and not list(SCRATCH.glob("*.csv.partial"))
full = expect(3, "export", trace, "--to", "csv", "-o", part, "--force", preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000)))
assert "part.csv.partial" in full.stderr and len(full.stderr.splitlines()) == 1, full.stderr
assert part.read_bytes() == before and not list(SCRATCH.glob("*.csv.partial"))
with open("/dev/full", "w") as disk:
    done = subprocess.run([PROGRAM, "export", trace, "--to", "csv", "-o", "-"], stdout=disk, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 3 and "standard output" in done.stderr and len(done.stderr.splitlines()) == 1, done
with subprocess.Popen([PROGRAM, "export", trace, "--to", "csv", "-o", "-"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
    assert process.stdout.readline().startswith("agent,")
    process.stdout.close()
    process.wait()
    assert process.stderr.read() == ""
note("export gives every number of a trace")

# Applicants: of a trace that logged them, of a file that expand wrote, of a finite population, of one that has none.
ROWS = ["group", "score", "accepted", "success", "propensity"]


def applicants(file, replications, epochs):
    """Lines that a file of rows should give, as far as epochs are written."""
    with h5py.File(file, "r") as data:
        groups = [g.decode() for g in data["group"][...]]
        for agent in data["agents"]:
            for r in replications:
                if f"r{r:04}" not in data[f"agents/{agent}/applicants"]:
                    continue
                rows = data[f"agents/{agent}/applicants/r{r:04}"]
                column = {name: rows[name][...] for name in rows if name != "row"}
                column["epoch"] = np.repeat(column["epoch"], column["rows"])
                if "type" in column:
                    column["score"] = data["inputs/score"][...][column["type"]]
                held = data[f"agents/{agent}/epochs_written"][r] if "epochs_written" in data[f"agents/{agent}"] else 10**9
                for i in np.flatnonzero((column["epoch"] >= epochs[0]) & (column["epoch"] < min(epochs[1], held))):
                    numbers = [float(column[name][i]) for name in ("score", "accepted", "success")]
                    kind = [str(column["type"][i])] if "type" in column else []
                    yield (agent, str(r), str(column["epoch"][i]), groups[column["group"][i]], *kind, *numbers,
                           float(column.get("propensity", column["accepted"])[i]))


def check_rows(file, want):
    with open(file, newline="") as text:
        header, *rows = csv.reader(text)
    finite = "type" in header
    assert header == ["agent", "replication", "epoch", *ROWS[:1], *["type"] * finite, *ROWS[1:]]
    got = [(*row[:4 + finite], *map(float, row[4 + finite:])) for row in rows]
    assert got == want, (file, len(got), len(want))
    return len(got)


people = SCRATCH / "people.yaml"
people.write_text(path.read_text().replace("type: epsilon_greedy", "type: random").replace("trace: {arms: 25,", "trace: {"))
for level in ["applicants", "replay"]:
    expect(0, "run", people, "-o", SCRATCH / f"{level}.h5", "--set", f"trace.level={level}")
assert "wrote applicants.rows.csv" in expect(0, "export", SCRATCH / "applicants.h5", "--to", "csv", "--what", "rows").stdout
n = check_rows(SCRATCH / "applicants.rows.csv", list(applicants(SCRATCH / "applicants.h5", range(3), (0, 60))))
assert n > 2 * 3 * 60 * 2
assert 0 < pandas.read_csv(SCRATCH / "applicants.rows.csv").propensity.between(0.01, 0.99).mean() < 1
expect(0, "export", SCRATCH / "applicants.h5", "--to", "csv", "--what", "rows", "-o", part, "--force", "--replications", "1:2", "--epochs", "7:9")
check_rows(part, list(applicants(SCRATCH / "applicants.h5", [1], (7, 9))))
assert "expand" in expect(3, "export", SCRATCH / "replay.h5", "--to", "csv", "--what", "rows").stderr
expect(0, "expand", SCRATCH / "replay.h5", "-o", SCRATCH / "expanded.h5", "--replication", "1", "--epochs", "5:40")
done = expect(0, "export", SCRATCH / "expanded.h5", "--to", "csv", "--what", "rows")
assert done.stderr == "" and check_rows(SCRATCH / "expanded.rows.csv", list(applicants(SCRATCH / "applicants.h5", [1], (5, 40))))
for arguments, code, word in [(["--epochs", "0:5"], 3, "5:40"), (["--replications", "0:1"], 3, "no epoch"), (["--replications", "2:3"], 2, "0:2"),
                              (["--agents", "osf"], 2, "did you mean `ofs`")]:
    assert word in expect(code, "export", SCRATCH / "expanded.h5", "--to", "csv", "--what", "rows", "-o", "-", *arguments).stderr
assert "--what rows" in expect(3, "export", SCRATCH / "expanded.h5", "--to", "csv").stderr
bins = people.read_text()
bins = bins[:bins.index("    type: parametric")] + """    type: score_table
    groups:
      - {name: x, share: 0.6, scores: [0.1, 0.4, 0.9], mass: [1, 2, 4], success: [0.2, 0.5, 0.9]}
      - {name: y, share: 0.4, scores: [0.1, 0.5], mass: [0.3, 0.7], success: [0.1, 0.6]}
""" + bins[bins.index("  arrivals:"):]
(SCRATCH / "bins.yaml").write_text(bins)
expect(0, "run", SCRATCH / "bins.yaml", "-o", SCRATCH / "bins.h5", "--set", "trace.level=applicants")
with h5py.File(SCRATCH / "bins.h5", "r+") as file:
    file.attrs["complete"] = 0
    file["agents/ofs/epochs_written"][...] = [60, 30, 0]
assert "PARTIAL" in expect(0, "export", SCRATCH / "bins.h5", "--to", "csv", "--what", "rows").stderr
check_rows(SCRATCH / "bins.rows.csv", list(applicants(SCRATCH / "bins.h5", range(3), (0, 60))))
note("export gives every applicant")
