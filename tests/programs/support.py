"""What the whole-program tests share: the program, a scratch folder, a small scenario, datasets as arrays."""
import pathlib
import subprocess
import sys
import tempfile

import h5py
import numpy as np

PROGRAM = pathlib.Path(sys.argv[1])
SOURCE = pathlib.Path(__file__).resolve().parents[2]
FOLDER = tempfile.TemporaryDirectory(prefix="loopgate_", ignore_cleanup_errors=True)  # removed when the test ends
SCRATCH = pathlib.Path(FOLDER.name)

SCENARIO = """scenario: small
seed: 11
replications: {replications}
horizon: {horizon}
environment:
  population:
    type: parametric
    groups:
      - {{name: a, share: 0.6, score: {{law: logit_normal, mean: 0.4, sd: 1.0}}}}
      - {{name: b, share: 0.4, score: {{law: beta, mean: 0.4, precision: 5}}}}
  arrivals: {{type: poisson, mean: {size}}}
  dynamics: [{{type: acceptance_share, rate: 0.05, gain: 1.0}}]
constraints: {{demographic_parity: {{tolerance: 0.05}}, service_rate: {{floor: 0.3}}}}
agents: [{{type: ofs, grid: 11}}, {{type: epsilon_greedy, grid: 11}}]
trace: {{compression: {compression}}}
"""


def scenario(name="small.yaml", replications=3, horizon=300, size=50, compression="deflate"):
    path = SCRATCH / name
    path.write_text(SCENARIO.format(replications=replications, horizon=horizon, size=size, compression=compression))
    return path


def run(*arguments, **options):
    return subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True, cwd=SCRATCH, **options)


def expect(code, *arguments, **options):
    done = run(*arguments, **options)
    assert done.returncode == code, (arguments, done.returncode, done.stdout, done.stderr)
    return done


def datasets(path):
    """Every number under /agents, by name."""
    found = {}
    with h5py.File(path, "r") as file:
        file["agents"].visititems(lambda name, item: found.update({name: item[...]}) if isinstance(item, h5py.Dataset)
                                  and item.dtype.kind in "fiu" else None)
    return found


def same(a, b):
    return a.keys() == b.keys() and all(a[k].tobytes() == b[k].tobytes() for k in a)


def note(text):
    print(text, flush=True)


__all__ = ["PROGRAM", "SOURCE", "SCRATCH", "scenario", "run", "expect", "datasets", "same", "note", "np", "h5py"]
