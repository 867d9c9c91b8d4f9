"""UCI's German Credit decodes to the columns and rows of the Weka edition; a differing file is said to differ."""
import csv
import os
import subprocess
import sys

from support import *

folders = [SOURCE.__class__(f) for f in os.environ.get("LOOPGATE_DATA", "").split(":") if f]
found = [f / "german_credit" for f in folders if (f / "german_credit" / "german.data").exists()]
if not found:
    print("skipped: german_credit/german.data is absent; set LOOPGATE_DATA")
    sys.exit(77)


def rows(path):
    lines = [line for line in path.read_text().splitlines() if line.strip() and not line.startswith("%")]
    cut = [line.lower() for line in lines].index("@data")
    names = [line.split()[1].strip("'") for line in lines if line.lower().startswith("@attribute")]
    number = lambda text: float(text) if text.replace(".", "").isdigit() else text
    return names, [[number(v) for v in row] for row in csv.reader(lines[cut + 1:], quotechar="'", skipinitialspace=True)]


def get(*arguments):
    return subprocess.run([SOURCE / "scripts/get-data", *map(str, arguments), "--to", SCRATCH], capture_output=True, text=True)


assert get("german_credit", "--from", found[0] / "german.data").returncode == 0
assert rows(SCRATCH / "german_credit/credit-g.arff") == rows(found[0] / "credit-g.arff")
assert "already there" in get("german_credit").stdout
(SCRATCH / "odd").write_text("odd")
odd = get("compas", "--from", SCRATCH / "odd")
assert odd.returncode == 1 and "differs" in odd.stderr, odd
note("data sets are decoded, checked and named when they differ")
