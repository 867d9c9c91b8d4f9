"""`study/run`: every step in small, cells and scenarios that give the same numbers again, figures that are the same to the
byte, and the committed document, which has the committed numbers."""
import csv
import hashlib
import importlib.util
import io
import json
import re
import subprocess
import sys
import xml.etree.ElementTree

from support import *

if not importlib.util.find_spec("matplotlib"):
    print("skipped: there is no python3-matplotlib")
    sys.exit(77)
if run("validate", SOURCE / "scenarios/german_credit.yaml").returncode or run("validate", SOURCE / "scenarios/compas.yaml").returncode:
    print("skipped: the data of German Credit or COMPAS is absent; set LOOPGATE_DATA or run scripts/get-data")
    sys.exit(77)

DOCS = SOURCE / "docs"
QUICK = ["--quick", "--out", SCRATCH / "quick"]
CELL = "score_mean-batch50-gain1-tolerance0.05"


def study(code, *arguments):
    done = subprocess.run([SOURCE / "study/run", *map(str, arguments)], capture_output=True, text=True, cwd=SCRATCH)
    assert done.returncode == code, (arguments, done.returncode, done.stdout, done.stderr)
    return done


def digests(folder):
    return {path.name: hashlib.sha256(path.read_bytes()).digest() for path in [folder / "ofs-study.md", *(folder / "study").iterdir()]}


# ---- How settings are chosen and claims judged, by hand.
sys.path.insert(0, str(SOURCE / "study"))
sys.dont_write_bytecode = True
import measure

assert measure.chosen([(0.5, 0.1), (0.3, 0.004), (0.4, 0.005), (0.2, 0)], True) == 2  # the most reward within the limit
assert measure.chosen([(0.5, 0.1), (0.3, 0.02), (0.4, 0.03)], True) == 1              # none is: the least violation
assert measure.chosen([(0.3, 0.0), (0.5, 0.1)], False) == 1                          # sees no constraint: the most reward
assert [measure.verdict(i) for i in [(2, 1, 3), (-2, -3, -1), (0, -1, 1), (0, 0, 0)]] == ["holds", "fails", "open", "open"]
assert [measure.verdict(i, 0.5, -1) for i in [(0.2, 0.1, 0.3), (0.8, 0.6, 1), (0.5, 0.4, 0.6)]] == ["holds", "fails", "open"]
mean, low, high = measure.mean_and_interval([1, 2, 3, 4])
assert mean == 2.5 and abs(high - 2.5 - 3.182446305284263 * (5 / 3 / 4) ** 0.5) < 1e-9 and abs(low + high - 5) < 1e-12

# ---- All steps, in a folder of their own.
before = digests(DOCS)
study(0, "all", *QUICK, "--program", PROGRAM)
made = SCRATCH / "quick/study"
assert digests(DOCS) == before, "docs/ was touched"
figures = sorted(path.name for path in made.glob("*.svg"))
assert figures == sorted(["headline.svg", "radius.svg", *(f"map_{claim.key}.svg" for claim in measure.CLAIMS)])
for name in figures:
    words = "".join(xml.etree.ElementTree.parse(made / name).getroot().itertext())
    assert "contraction" in words or "cannot be told" in words, name
tables = re.findall(r"<!-- \w+ -->\n(.*?)\n<!-- end -->", (SCRATCH / "quick/ofs-study.md").read_text(), re.DOTALL)
assert len(tables) == 9 and all("| --- |" in table for table in tables), len(tables)
rows = list(csv.DictReader(open(made / "tuning.csv")))
tried = {(row["environment"], row["agent"]) for row in rows}
assert len(tried) == 18 and all(sum((r["environment"], r["agent"]) == which for r in rows) == 12 for which in tried)  # an equal budget
assert all(len(settings) == 6 for settings in measure.s.MAP_SETTINGS.values())
first = digests(SCRATCH / "quick")
study(0, "docs", *QUICK, "--program", PROGRAM)
assert digests(SCRATCH / "quick") == first, "docs twice gives other bytes"

# ---- A cell by its one command, for any number of jobs; and its scenario by the program itself.
again = study(0, "cell", CELL, "--quick", "--jobs", 1, "--program", PROGRAM).stdout.splitlines()
table = (made / "map.csv").read_text().splitlines()
assert again[0] == table[0] and again[1] in table, (again, table)
(SCRATCH / "cell.yaml").write_text(study(0, "scenario", CELL, *QUICK, "--program", PROGRAM).stdout)
expect(0, "run", "cell.yaml")
row = next(row for row in csv.DictReader(io.StringIO("\n".join(table))) if row["cell"] == CELL)
for metric, claim, horizon in [("expected_reward", "reward_primal_dual", 1), ("mean_violation", "violation_primal_dual", 200)]:
    best, other = json.loads(expect(0, "compare", "cell.h5", "--agents", "ofs", "primal_dual", "--metric", metric,
                                    "--format", "json").stdout)["agents"]
    sign = -1 if best["agent"] == "ofs" else 1  # `difference` is agent minus best, the study's is OFS minus the other
    ends = sorted(sign * horizon * other[key] for key in ["difference_low", "difference_high"])
    for said, told in zip([row[claim], row[f"{claim}_low"], row[f"{claim}_high"]], [sign * horizon * other["difference"], *ends]):
        assert abs(float(said) - told) < 1e-5 * max(1, abs(told)), (claim, said, told)

# ---- The committed document has the committed numbers.
import document

text = (DOCS / "ofs-study.md").read_text()
tables = {name: list(csv.DictReader(open(DOCS / f"study/{name}.csv"))) for name in ["tuning", "headline", "radius", "map"]}
assert document.filled(text, tables) == text
assert [row["cell"] for row in tables["map"]] == list(measure.s.CELLS)

# ---- Wrong arguments.
for words, arguments in [("invalid choice", ["plot"]), ("required", []), ("nearest: score_mean-batch50", ["cell", "score_mean-batch5"]),
                         ("needs --out", ["map", "--quick"]), ("is not a program", ["map", "--program", SCRATCH / "absent"]),
                         ("at least 1", ["map", "--jobs", "0"]), ("run study/run tune first", ["docs", "--out", SCRATCH / "empty"])]:
    program = [] if "--program" in arguments or len(arguments) < 2 else ["--program", PROGRAM]
    said = study(2, *arguments, *program).stderr
    assert words in said, (arguments, said)
note("study/run holds")
