"""Compression changes no number: every shipped scenario under every codec, and a world that reaches subnormal numbers."""
import concurrent.futures

import yaml

from support import *

CODECS = ["none", "deflate", "bitshuffle_lz4"]
EPOCHS = 60


def runs(path, *options):
    """Datasets under each codec, or None where a data file is not here."""
    found = []
    for codec in CODECS:
        trace = SCRATCH / f"{path.stem}_{codec}.h5"
        done = run("run", path, "-o", trace, "--quiet", "--force", "--threads", "2", "--set", f"trace.compression={codec}", *options)
        if done.returncode == 2 and "scripts/get-data" in done.stderr:
            return None
        assert done.returncode == 0, (path, codec, done.stderr)
        found.append(datasets(trace))
    return found


def shortened(path):
    horizon = yaml.safe_load(path.read_text())["horizon"]
    return runs(path, "--replications", "2", "--set", f"horizon={min(horizon, EPOCHS)}")


paths = sorted((SOURCE / "scenarios").glob("*.yaml"))
with concurrent.futures.ThreadPoolExecutor(2) as pool:
    all_found = list(pool.map(shortened, paths))
equal = [path.stem for path, found in zip(paths, all_found) if found and all(same(found[0], other) for other in found)]
differ = [path.stem for path, found in zip(paths, all_found) if found and path.stem not in equal]
assert not differ and len(equal) >= 10, (differ, equal)
note(f"{len(equal)} scenarios, {len(paths) - len(equal)} without their data: the same datasets under {', '.join(CODECS)}")

replicator = SOURCE / "scenarios" / "replicator.yaml"
found = runs(replicator, "--set", "fidelity=mean_field", "--set", "horizon=4000", "--replications", "2")
rates = np.concatenate([values.ravel() for name, values in found[0].items() if name.endswith("/qualification_rate")])
bits = rates.view(np.uint64)  # as this process may flush subnormal numbers itself, the plugin once loaded
assert ((bits > 0) & (bits < 2**52)).sum() > 100
for codec, other in zip(CODECS, found):
    n = sum(int((a.view(np.uint64) != other[name].view(np.uint64)).sum()) for name, a in found[0].items() if a.dtype == float)
    assert same(found[0], other), (codec, n)
shown = []
for codec in CODECS:
    trace, table = SCRATCH / "any.h5", SCRATCH / "any.csv"
    (SCRATCH / f"replicator_{codec}.h5").rename(trace)
    text = expect(0, "analyze", trace, "--format", "json").stdout
    expect(0, "export", trace, "--to", "csv", "--force")
    shown.append((text, table.read_text()))
assert shown[0][1].count("\n") > 4000 and len(set(shown)) == 1
note("subnormal rates are kept under every codec, and read back as they were")
