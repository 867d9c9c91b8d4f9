"""Every template is valid and runs as written; `init` never replaces a file."""
import json
import random

from support import *

random.seed(1)
people = [(random.choice("NS"), random.randint(10, 60), random.randint(0, 30), i) for i in range(400)]
rows = [f"{d},{income}000,{years},{i},{'yes' if random.random() < income / 60 else 'no'}" for d, income, years, i in people]
(SCRATCH / "people.csv").write_text("district,income,years,id,repaid\n" + "\n".join(rows) + "\n")
rows = [f"{random.choice(['east', 'west'])},{rating},{int(random.random() > rating / 11)}" for rating in random.choices(range(1, 11), k=400)]
(SCRATCH / "scores.csv").write_text("region,rating,default\n" + "\n".join(rows) + "\n")

known = {one["template"]: one["summary"] for one in json.loads(expect(0, "init", "--format", "json").stdout)}
assert set(known) == {path.stem for path in (SOURCE / "cli/templates").glob("*.yaml")} and len(known) >= 3
for name, summary in known.items():
    assert summary and f"{name} " in expect(0, "init").stdout
    path = SCRATCH / f"{name}.yaml"
    expect(0, "init", name, "-o", path)
    text = path.read_text()
    assert text == expect(0, "init", name).stdout == (SOURCE / f"cli/templates/{name}.yaml").read_text()
    expect(0, "validate", path)
    expect(0, "run", path, "--set", "horizon=50")
    assert "my-scenario" in expect(0, "inspect", f"{name}.h5").stdout
    assert "exists already" in expect(2, "init", name, "-o", path).stderr and path.read_text() == text

# What the comments offer is valid too.
text = (SCRATCH / "tabular.yaml").read_text()
offered = text.replace("    # filter:", "    filter:").replace("    # features:", "    features:")
assert offered.count("\n    f") == text.count("\n    f") + 2
numeric = "{column: age, at_least: 26, names: [young, old]}"
assert numeric in text
offered = offered.replace("{column: district, in: {north: [N], south: [S]}}", numeric.replace("age", "years").replace("25", "15"))
(SCRATCH / "offered.yaml").write_text(offered)
expect(0, "validate", "offered.yaml")

assert "did you mean `tabular`" in expect(2, "init", "tabluar").stderr
assert "nowhere/x.yaml" in expect(2, "init", "tabular", "-o", "nowhere/x.yaml").stderr
expect(2, "init", "-o", "x.yaml")
expect(2, "init", "tabular", "--format", "json")
assert not (SCRATCH / "x.yaml").exists()
note(f"{len(known)} templates are valid and run")
