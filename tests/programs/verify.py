"""`loopgate verify` shows known answers beside what the program gives, and says what it could not run."""
import csv
import io
import json
import os

from support import *

bare = {**os.environ, "LOOPGATE_DATA": "", "HOME": str(SCRATCH), "XDG_CACHE_HOME": str(SCRATCH)}
table = expect(0, "verify").stdout
assert " NO" not in table and " 0 fail" in table
answers = json.loads(expect(0, "verify", "--format", "json").stdout)
assert answers["format"] == 1 and answers["failed"] == 0 and not answers["changed"]
run_cases = [case for case in answers["cases"] if case["not_run"] is None]
n = sum(len(case["answers"]) for case in run_cases)
assert n >= 30 and f"{n} known answers in {len(run_cases)} cases: {n} pass, 0 fail" in table
for case in run_cases:
    quantities = [answer["quantity"] for answer in case["answers"]]
    assert len(set(quantities)) == len(quantities), case["case"]
    assert all(answer["pass"] == "yes" and answer["got"] is not None for answer in case["answers"])
rows = list(csv.DictReader(io.StringIO(expect(0, "verify", "--format", "csv").stdout)))
assert len(rows) == n and rows[0].keys() >= {"case", "source", "quantity", "expected", "got", "tolerance", "z", "pass"}

missing = expect(0, "verify", "fico", env=bare).stdout
assert "not run: fico/" in missing and "scripts/get-data fico" in missing and "0 known answers" in missing
changed = json.loads(expect(0, "verify", "uniform_triangular", "--set", "utility.failure=-0.5", "--format", "json").stdout)
assert changed["changed"] and "failed" not in changed and "pass" not in changed["cases"][0]["answers"][0]
before, after = answers["cases"][0]["answers"], changed["cases"][0]["answers"]
assert before[1]["quantity"] == after[1]["quantity"] and before[1]["got"] != after[1]["got"]

for words, said in ((["nope"], "unknown case"), (["--set", "utility.failure=-2"], "expected a CASE"),
                    (["metrics", "--set", "seed=2"], "no scenario"), (["--format", "xml"], "unknown format"),
                    (["uniform_triangular", "--set", "utility.failur=-2"], "did you mean `failure`")):
    assert said in expect(2, "verify", *words).stderr, words
note("known answers come out")
