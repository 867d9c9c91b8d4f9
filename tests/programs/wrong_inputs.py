"""Wrong command lines, scenarios, data and outputs: one clear message, the right code, nothing left behind."""
import os
import subprocess

from support import *

good = scenario()
text = good.read_text()
full = text.index("  population:")
TABLE = """  population:
    type: tabular
    file: {file}
    filter: [{filter}]
    group: {{column: g, in: {{{groups}}}}}
    label: {{column: ok, success: yes}}
  score_model: {{type: column, column: s}}
"""
ROWS = "g,ok,s\nx,yes,0.1\nx,no,0.3\ny,no,0.2\ny,yes,0.5\n"
ARFF = "@relation r\n@attribute g {x,y}\n@attribute ok {yes,no}\n@attribute s numeric\n@data\nx,yes,0.1\ny,no,0.2\n"


def wrong(content, *words, messages=1, file="wrong.yaml", options=()):
    """Both verbs refuse the scenario with so many lines, all words among them, and leave no trace."""
    path = SCRATCH / file
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    for verb in ["validate", "run"]:
        done = expect(2, verb, path, *options)
        assert all(word in done.stderr for word in words), (words, done.stderr)
        assert len(done.stderr.splitlines()) == messages and not done.stdout, (words, done.stderr)
    assert not list(SCRATCH.glob("*.h5*"))


def changed(old, new):
    assert old in text, old
    return text.replace(old, new, 1)


def with_table(file, filter="", groups="x: [x], y: [y]"):
    return text[:full] + TABLE.format(file=file, filter=filter, groups=groups) + text[text.index("  arrivals:"):]


def wrong_table(file, content, *words, **options):
    (SCRATCH / file).write_bytes(content if isinstance(content, bytes) else content.encode())
    wrong(with_table(file, **options), *words)


# What is no scenario at all.
wrong("a: [1", "not valid YAML")
wrong("\t- a", "wrong.yaml:1:", "not valid YAML")
wrong("", "empty")
wrong("hello", "wrong.yaml:1:1", "wrong type")
wrong("- a\n- b\n", "wrong.yaml:1:1", "wrong type")
wrong(bytes(range(256)), "wrong.yaml:1:1", "not UTF-8")
wrong(changed("scenario: small", "scenario: café").encode("latin-1"), "wrong.yaml:1:14", "not UTF-8")
wrong(changed("name: a", 'name: "a\\0b"'), "groups[0].name", "NUL")
wrong(text + "---\n" + text, "more than one YAML document")
expect(2, "run", SCRATCH)
expect(2, "run", SCRATCH / "absent.yaml")

# Values that mean nothing.
for value, problem in [("0", "out of range"), ("-3", "out of range"), ("1e12", "out of range"), ("2.5", "not a whole number"),
                       ("010", "leading zero"), (".nan", "not a number"), ("inf", "not a number"), ("ten", "not a number"),
                       ("'300'", "not a number"), ("[300]", "wrong type"), ("", "has no value"), ("yes", "not a number")]:
    wrong(changed("horizon: 300", "horizon: " + value), "wrong.yaml:4:", "horizon", problem)
wrong(changed("horizon: 300", "horizon: 0").replace("seed: 11", "seed: x"), "wrong.yaml:2:7: seed = x", "wrong.yaml:4:10: horizon = 0", messages=2)
wrong(changed("seed: 11", "seed: -1"), "seed = -1", "out of range")
wrong(changed("seed: 11", "seed: 11\nseed: 12"), "wrong.yaml:3:1", "duplicate key, first given in line 2")
wrong(changed("share: 0.6", "share: -0.6"), "groups[0].share = -0.6", "out of range")
wrong(changed("share: 0.6", "share: .inf"), "groups[0].share", "not a number")
wrong(changed("share: 0.6", "share: 0.5"), "groups", "the shares sum to 0.9")
wrong(changed("tolerance: 0.05", "tolerance: nan"), "demographic_parity.tolerance = nan", "not a number")
wrong(changed("grid: 11", "grid: 1"), "agents[0].grid = 1", "out of range")
wrong(changed("grid: 11", "grid: [0.5]"), "agents[0].grid = [0.5]", "too few items")
wrong(changed("grid: 11", "grid: [0.5, .inf]"), "agents[0].grid[1] = .inf", "not a number")
wrong(changed("grid: 11", "scope: per_group, grid: 257"), "agents[0].scope = per_group", "257^2 = 66049", "scope: common")
wrong(changed("floor: 0.3", "floor: 0.3, ceiling: 0.2"), "service_rate.floor = 0.3", "above the ceiling")
wrong(changed("service_rate: {floor: 0.3}", "service_rate: {}"), "service_rate", "neither a floor nor a ceiling")

# Names that nothing has.
wrong(changed("type: ofs", "type: osf"), "agents[0].type = osf", "did you mean `ofs`")
wrong(changed("mean: 0.4, sd", "mean: 0.4, meen: 1, sd"), "wrong.yaml:9:", "groups[0].score.meen = 1", "unknown key", "did you mean `mean`")
wrong(changed("service_rate", "servic_rate"), "constraints.servic_rate", "did you mean `service_rate`")
wrong(changed("tolerance: 0.05", "tolerance: 0.05, groups: [a]"), "demographic_parity.groups", "unknown key")
wrong(changed("{type: epsilon_greedy,", "{type: epsilon_greedy, label: ofs,"), "agents[1].label = ofs", "two agents have this label")
wrong(text, "--set horizonn=3", "did you mean `horizon`", options=["--set", "horizonn=3"])
wrong(text, "--set agents.9.grid=3", "no item `9`", options=["--set", "agents.9.grid=3"])
wrong(text, "--set horizon", "not an assignment", options=["--set", "horizon"])
wrong(text, "--set agents=[{type", "not valid YAML", options=["--set", "agents=[{type"])

# One group cannot be compared with anyone.
second = text.index("      - {name: b")
wrong(text[:second] + text[text.index("  arrivals:"):], "population.groups", "too few items", "at least 2")
wrong_table("one_group.csv", ROWS, "population.group", "fewer than two groups", groups="x: [x, y]")

# Data files.
wrong_table("ragged.csv", "g,ok,s\nx,yes,0.1\ny,no\n", "ragged.csv:3", "2 fields (expected 3)")
wrong_table("cut.csv", 'g,ok,s\nx,yes,"0.1', "cut.csv:2", "truncated")
wrong_table("empty.csv", "", "empty.csv:1", "truncated")
wrong_table("header.csv", "g,ok,s\n", "header.csv:1", "no rows")
wrong_table("twice.csv", ROWS.replace("ok", "g", 1), "twice.csv:1", "column `g` twice")
wrong_table("binary.csv", bytes(range(256)), "binary.csv:1", "not UTF-8")
wrong_table("latin.csv", ROWS.replace("y,yes", "ü,yes").encode("latin-1"), "latin.csv:5", "not UTF-8")
wrong_table("inf.csv", ROWS.replace("0.3", "-inf"), "inf.csv:3", "`-inf` in s", "a finite number")
wrong_table("nan.csv", ROWS.replace("0.3", "nan"), "nan.csv:3", "`nan` in s", "a finite number")
wrong_table("bad.csv", ROWS.replace("0.3", "good"), "score_model.column = s", "bad.csv:3: this row has `good` in s, where 3 of 4 cells are numbers", "a finite number")
wrong_table("words.csv", ROWS.replace("0.3", "good").replace("0.2", "bad"), "score_model.column = s", "not a numeric column")
wrong_table("strange.csv", ROWS + "x,maybe,0.4\n", "label.success = yes", "neither success nor failure: `no` (2), `maybe` (1)", "`failure`")
wrong_table("no_label.csv", ROWS.replace("yes", "Yes"), "label.success = yes", "no row has this label (did you mean `Yes`?)", "`Yes` (2), `no` (2)")
wrong_table("missing.csv", ROWS.replace("no,0.2", ",0.2"), "column `ok` has 1 missing values", "missing: drop")
wrong_table("one_class.csv", ROWS.replace("no", "yes"), "label.success = yes", "every row has this label")
wrong_table("no_class.csv", ROWS.replace("yes", "no"), "label.success = yes", "no row has this label")
wrong_table("gone.csv", ROWS, "group `y` has no row", filter="{column: g, equals: x}")
wrong_table("all_gone.csv", ROWS, "population.filter", "leaves no row", filter="{column: g, equals: z}")
wrong_table("filter.csv", ROWS, "filter[0].column = okk", "did you mean `ok`", filter="{column: okk, equals: z}")
wrong_table("between.csv", ROWS, "filter[0].between", "not a range", filter="{column: s, between: [1, 0]}")
wrong_table("column.csv", ROWS.replace(",s", ",score", 1).replace("ok", "okay"), "label.column = ok", "no such column (did you mean `okay`?)")
wrong_table("stranger.csv", ROWS + "z,no,0.2\n", "1 rows belong to no group: g = z")
wrong_table("table.txt", ROWS, "expected .csv or .arff")
wrong_table("cut.arff", ARFF[: ARFF.index("@data")], "cut.arff", "no @data section", "truncated")
wrong_table("rows.arff", ARFF[: ARFF.index("x,yes")], "rows.arff", "no rows", "truncated")
wrong_table("row.arff", ARFF[:-5], "row.arff:7", "2 values (expected 3)", "truncated")
wrong_table("value.arff", ARFF + "q,no,1\n", "value.arff:8", "`q` in g")
wrong_table("inf.arff", ARFF.replace("0.2", "inf"), "inf.arff:7", "`inf` in s")
wrong_table("type.arff", ARFF.replace("numeric", "date"), "type.arff:4", "`date`")
wrong(with_table("absent.csv"), "absent.csv", "LOOPGATE_DATA")
wrong(with_table("german_credit/absent.csv"), "run scripts/get-data german_credit")
(SCRATCH / "folder.csv").mkdir()
wrong(with_table("folder.csv"), "folder.csv is a folder")
(SCRATCH / "link.csv").symlink_to("nowhere")
wrong(with_table("link.csv"), "link.csv is a link to nowhere")
if os.geteuid() != 0:  # root may read everything
    (SCRATCH / "closed.csv").write_text(ROWS)
    (SCRATCH / "closed.csv").chmod(0)
    wrong(with_table("closed.csv"), "closed.csv", "cannot be read")

# Outputs.
assert "no such folder" in expect(2, "run", good, "-o", SCRATCH / "no" / "folder.h5").stderr
assert "is not a folder" in expect(2, "run", good, "-o", good / "x.h5").stderr
assert "names no file" in expect(2, "run", good, "-o", "").stderr
assert "is a folder" in expect(2, "run", good, "-o", SCRATCH).stderr
assert "nothing to resume" in expect(2, "run", good, "--resume").stderr
assert "is the file that is read" in expect(2, "run", good, "-o", good).stderr and good.read_text() == text
expect(0, "run", good, "-o", SCRATCH / "there.h5")
before = (SCRATCH / "there.h5").read_bytes()
assert "--force" in expect(2, "run", good, "-o", SCRATCH / "there.h5").stderr
expect(2, "run", good, "-o", SCRATCH / "there.h5", "--force", "--set", "horizon=0")
assert (SCRATCH / "there.h5").read_bytes() == before
expect(0, "run", good, "-o", SCRATCH / "there.h5", "--force")
(SCRATCH / "half.h5.partial").write_text("mine")
assert "--resume" in expect(2, "run", good, "-o", SCRATCH / "half.h5").stderr
expect(3, "run", good, "-o", SCRATCH / "half.h5", "--resume")
assert (SCRATCH / "half.h5.partial").read_text() == "mine" and not (SCRATCH / "half.h5").exists()
with open("/dev/full", "w") as disk:
    done = subprocess.run([PROGRAM, "list"], stdout=disk, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 3 and "standard output" in done.stderr, done

# Command lines.
for arguments in [[], ["rnu", good], ["run"], ["run", good, good], ["run", good, "--threads", "0"], ["run", good, "--threads", "x"],
                  ["run", good, "--nonsense"], ["inspect"], ["describe"], ["describe", "agents"], ["describe", "agents", "osf"],
                  ["describe", "agent", "ofs", "more"], ["list", "nothing"], ["list", "agents", "--format", "xml"]]:
    assert expect(2, *arguments).stderr
assert "did you mean `run`" in expect(2, "rnu", good).stderr

# What is no trace.
expect(3, "inspect", good)
expect(3, "inspect", SCRATCH / "absent.h5")
expect(3, "inspect", SCRATCH)
with h5py.File(SCRATCH / "foreign.hdf5", "w") as file:
    file["x"] = 1
assert "not a trace" in expect(3, "inspect", SCRATCH / "foreign.hdf5").stderr
(SCRATCH / "short.h5").write_bytes(before[: len(before) // 2])
expect(3, "inspect", SCRATCH / "short.h5")

# What is allowed but hardly meant is a warning, on stderr, and the run goes on.
late = "interventions=[{at: 300, set: environment.utility.success, to: 2}]"
for arguments in [["validate"], ["run", "-o", SCRATCH / "late.h5"], ["oracle", "--objective", "horizon"]]:
    done = expect(0, arguments[0], good, *arguments[1:], "--set", late)
    assert done.stderr.startswith("warning: --set") and "interventions[0].at = 300: past the horizon" in done.stderr, done.stderr
assert not expect(0, "run", good, "-o", SCRATCH / "late.h5", "--force", "--quiet", "--set", late).stderr

for kind, name in [("agents", "ofs"), ("populations", "tabular"), ("dynamics", "score_mean"), ("constraints", "service_rate")]:
    assert name in expect(0, "describe", kind, name).stdout
assert "thompson" in expect(0, "list", "agents", "--format", "json").stdout
assert "horizon" in expect(0, "describe", "scenario").stdout
note("wrong inputs are refused one by one")
