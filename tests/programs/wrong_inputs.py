"""Wrong command lines, scenarios, data and outputs: one clear message, the right code, nothing left behind."""
from support import *

good = scenario()
text = good.read_text()


def wrong(name, content, *words):
    path = SCRATCH / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    for verb in ["validate", "run"]:
        done = expect(2, verb, path)
        assert all(word in done.stderr for word in words), (name, words, done.stderr)
        assert not done.stdout
    assert not list(SCRATCH.glob("*.h5*"))


wrong("yaml.yaml", "a: [1", "not valid YAML")
wrong("empty.yaml", "", "empty")
wrong("binary.yaml", bytes(range(256)), "binary.yaml")
wrong("agent.yaml", text.replace("type: ofs", "type: osf"), "did you mean `ofs`", "agents[0].type")
wrong("two.yaml", text.replace("horizon: 300", "horizon: 0").replace("seed: 11", "seed: x"), "horizon", "seed")
table = "  population:\n    type: tabular\n    file: {file}\n    group: {{column: g, in: {{x: [x], y: [y]}}}}\n    label: {{column: ok, success: yes}}\n  score_model: {{type: column, column: s}}\n"
head, tail = text[: text.index("  population:")], text[text.index("  arrivals:"):]


def wrong_table(file, content, *words):
    (SCRATCH / file).write_text(content)
    wrong("table.yaml", head + table.format(file=file) + tail, *words)


wrong_table("ragged.csv", "g,ok,s\nx,yes,0.1\ny,no\n", "ragged.csv:4", "2 fields")
wrong_table("cut.csv", 'g,ok,s\nx,yes,"0.1', "truncated")
wrong_table("one.csv", "g,ok,s\nx,yes,0.1\ny,yes,0.2\n", "every row has this label")
wrong_table("gone.csv", "g,ok,s\nx,yes,0.1\nx,no,0.2\n", "group `y` has no row")
wrong_table("column.csv", "g,ok,score\nx,yes,0.1\ny,no,0.2\n", "no such column")
wrong_table("stranger.csv", "g,ok,s\nx,yes,0.1\ny,no,0.2\nz,no,0.2\n", "1 rows belong to no group")
wrong_table("missing.csv", "g,ok,s\nx,yes,0.1\ny,,0.2\n", "missing")
wrong_table("cut.arff", "@relation r\n@attribute g {x,y}\n", "truncated")
wrong_table("value.arff", "@relation r\n@attribute g {x,y}\n@attribute ok {yes,no}\n@attribute s numeric\n@data\nx,yes,0.1\nq,no,1\n", "`q`")
wrong("absent.yaml", head + table.format(file="absent.csv") + tail, "absent.csv", "LOOPGATE_DATA")

expect(2, "run", good, "-o", SCRATCH / "no" / "folder.h5")
expect(0, "run", good, "-o", SCRATCH / "there.h5")
before = (SCRATCH / "there.h5").read_bytes()
assert "--force" in expect(2, "run", good, "-o", SCRATCH / "there.h5").stderr
assert (SCRATCH / "there.h5").read_bytes() == before
expect(0, "run", good, "-o", SCRATCH / "there.h5", "--force")
expect(2, "run", good, "--threads", "0")
expect(2, "rnu", good)
expect(2, "describe", "agents", "osf")
expect(3, "inspect", good)
with h5py.File(SCRATCH / "foreign.hdf5", "w") as file:
    file["x"] = 1
assert "not a trace" in expect(3, "inspect", SCRATCH / "foreign.hdf5").stderr
(SCRATCH / "short.h5").write_bytes(before[: len(before) // 2])
expect(3, "inspect", SCRATCH / "short.h5")
for kind, name in [("agents", "ofs"), ("populations", "tabular"), ("dynamics", "score_mean"), ("constraints", "service_rate")]:
    assert name in expect(0, "describe", kind, name).stdout
assert "thompson" in expect(0, "list", "agents", "--format", "json").stdout
assert "horizon" in expect(0, "describe", "scenario").stdout
note("wrong inputs are refused one by one")
