"""The JSON Schema takes what `validate` takes and refuses what validation by keys, types and ranges refuses."""
import copy
import json
import random

import jsonschema
import yaml

from support import *

schema = json.loads(expect(0, "schema").stdout)
jsonschema.Draft7Validator.check_schema(schema)
checker = jsonschema.Draft7Validator(schema)


def refused(tree):
    return not checker.is_valid(tree)


def everywhere(tree, path=()):
    """Every path of a tree of mappings and lists, parents first."""
    yield path
    items = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for key, value in items:
        yield from everywhere(value, (*path, key))


def at(tree, path):
    for key in path:
        tree = tree[key]
    return tree


def changed(tree, path, value):
    tree = copy.deepcopy(tree)
    at(tree, path[:-1])[path[-1]] = value
    return tree


shipped = {path.name: yaml.safe_load(path.read_text()) for path in sorted((SOURCE / "scenarios").glob("*.yaml"))}
assert len(shipped) >= 5
for name, tree in shipped.items():
    assert not refused(tree), (name, jsonschema.exceptions.best_match(checker.iter_errors(tree)).message)

trace = SCRATCH / "resolved.h5"
expect(0, "run", scenario(horizon=5), "-o", trace)
with h5py.File(trace, "r") as file:
    resolved = yaml.safe_load(file["scenario_resolved"][()].decode())
assert "radius" in resolved["agents"][0] and not refused(resolved)  # `radius` is a default: the file has them written out

# Wrong in one place each, by every kind of declaration. `validate` must say the same.
good = yaml.safe_load(scenario().read_text())
groups = ("environment", "population", "groups")
wrong = {
    "an unknown key": changed(good, ("horizn",), 3),
    "an unknown key two levels down": changed(good, (*groups, 0, "shore"), 0.5),
    "a key of another variant": changed(good, ("agents", 0, "epsilon"), 0.1),
    "a required key that is missing": {k: v for k, v in good.items() if k != "seed"},
    "text for a number": changed(good, ("horizon",), "many"),
    "a number in quotes": changed(good, ("horizon",), "300"),
    "a list for a mapping": changed(good, ("environment",), []),
    "no value": changed(good, ("scenario",), None),
    "half an epoch": changed(good, ("horizon",), 2.5),
    "below a closed bound": changed(good, ("horizon",), 0),
    "above a closed bound": changed(good, ("constraints", "demographic_parity", "tolerance"), 1.5),
    "on an open bound": changed(good, (*groups, 0, "share"), 1),
    "an unknown agent type": changed(good, ("agents", 0, "type"), "osf"),
    "an unknown law": changed(good, (*groups, 0, "score", "law"), "gamma"),
    "a component without its type": changed(good, ("environment", "arrivals"), {"mean": 20}),
    "an unknown word": changed(good, ("trace", "compression"), "zip"),
    "too few items": changed(good, ("agents",), []),
    "no alternative of one_of": changed(good, ("agents", 0, "grid"), {"low": 0}),
    "a word for a truth value": changed(good, ("environment", "score_model"), {"type": "column", "column": "s", "reverse": "no"}),
}
assert not refused(good)
assert not refused(changed(good, ("seed",), 2**64 - 1)) and refused(changed(good, ("seed",), 2**64))
for name, tree in wrong.items():
    path = SCRATCH / "wrong.yaml"
    path.write_text(yaml.safe_dump(tree, sort_keys=False))
    expect(2, "validate", path)
    assert refused(tree), name

# Random changes: what validate takes, the schema must take; what validate refuses by the declarations, the schema must
# refuse. Messages that start like these come from the declarations, others from what only the built scenario shows.
by_declaration = ["unknown", "wrong type", "out of range", "has no value", "not a number", "not a whole number",
                  "not a truth value", "too few items"]
values = [None, True, "", "no", "ofs", "1.5", 0, 1, -1, 2.5, 1e9, [], [1], [0.2, 0.4], {}, {"type": "ucb1"}, {"law": "uniform"}]
random.seed(20251226)
taken = refusals = 0
for _ in range(400):
    tree = copy.deepcopy(random.choice([good, resolved, shipped["contraction.yaml"]]))
    path = random.choice([p for p in everywhere(tree) if p])
    owner, key = at(tree, path[:-1]), path[-1]
    kind = random.random()
    if kind < 0.2:
        del owner[key]
    elif kind < 0.3 and isinstance(owner, dict):
        owner[key + "x"] = owner.pop(key)
    elif kind < 0.5:
        owner[key] = copy.deepcopy(at(tree, random.choice([p for p in everywhere(tree) if p])))
    else:
        owner[key] = random.choice(values)
    file = SCRATCH / "random.yaml"
    file.write_text(yaml.safe_dump(tree, sort_keys=False, default_flow_style=random.random() < 0.5))
    done = run("validate", file)
    assert done.returncode in (0, 2), (done.returncode, file.read_text())
    problems = [line.split(": ", 1)[-1] for line in done.stderr.splitlines()]
    declared = any(f": {start}" in line for line in done.stderr.splitlines() for start in by_declaration)
    if done.returncode == 0:
        taken += 1
        assert not refused(tree), (file.read_text(), jsonschema.exceptions.best_match(checker.iter_errors(tree)).message)
    elif declared:
        refusals += 1
        assert refused(tree), (file.read_text(), problems)
assert taken > 20 and refusals > 100, (taken, refusals)
note(f"{len(shipped)} shipped scenarios taken, {len(wrong)} wrong ones refused, {taken} random ones taken and {refusals} refused by both")
