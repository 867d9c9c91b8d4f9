"""Seeds keep all 64 bits: in YAML, --seed and --set, in the trace and its readers, after a kill, when rows are expanded."""
import json
import time

from support import *

path = scenario(replications=2, horizon=60, size=40)
text = path.read_text()
known = {}
for seed in [2**53, 2**53 + 1, 2**63, 2**64 - 1]:
    written = SCRATCH / "written.yaml"
    written.write_text(text.replace("seed: 11", f"seed: {seed}"))
    ways = [("run", written), ("run", path, "--seed", seed), ("run", path, "--set", f"seed={seed}")]
    for i, way in enumerate(ways):
        trace = SCRATCH / f"{seed}_{i}.h5"
        expect(0, *way, "-o", trace)
        with h5py.File(trace, "r") as file:
            assert int(file.attrs["seed"]) == seed, (seed, way)
            assert f"\nseed: {seed}\n" in file["scenario_resolved"][()].decode()
        assert same(datasets(trace), datasets(SCRATCH / f"{seed}_0.h5"))
    assert json.loads(expect(0, "analyze", trace, "--format", "json").stdout)["seed"] == seed
    assert f"seed {seed}," in expect(0, "inspect", trace).stdout
    rows, logged = SCRATCH / f"{seed}_rows.h5", SCRATCH / f"{seed}_logged.h5"
    expect(0, "expand", trace, "-o", rows)
    expect(0, "run", written, "-o", logged, "--set", "trace.level=applicants")
    with h5py.File(rows, "r") as a, h5py.File(logged, "r") as b:
        name = "agents/ofs/applicants/r0001/score"
        assert a.attrs["seed"] == seed and a[name][...].tobytes() == b[name][...].tobytes()
    expect(0, "analyze", logged)  # calibration reads the seed of the rows
    known[seed] = datasets(trace)["ofs/arrived"].tobytes()
assert len(set(known.values())) == len(known)
note("written, --seed and --set agree; neighbours and seeds above 2^63 differ")

for given, words in [(2**64, "out of range"), (-1, "out of range"), ("1e19", "digit by digit"), ("1.5", "not a whole number")]:
    for way in (("--seed", given), ("--set", f"seed={given}")):
        message = expect(2, "run", path, "-o", SCRATCH / "no.h5", *way).stderr
        assert words in message and "a whole number in [0, 18446744073709551615]" in message, message
assert "[0, 18446744073709551615]" in expect(0, "describe", "scenario").stdout

longer = scenario("longer.yaml", replications=4, horizon=20000, size=400)
seed = ["--seed", 2**64 - 1]
start = time.monotonic()
expect(0, "run", longer, "-o", SCRATCH / "whole.h5", *seed)
kill_often(longer, time.monotonic() - start, datasets(SCRATCH / "whole.h5"), *map(str, seed))
note("a killed run of seed 2^64 - 1 goes on")
