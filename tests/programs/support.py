"""What the whole-program tests share: the program, a scratch folder, a small scenario, datasets as arrays."""
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

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


LEARNS = """scenario: learns
seed: 4
replications: 3
horizon: 120
environment:
  population: {type: tabular, file: people.csv, group: {column: g, in: {x: [x], y: [y]}}, label: {column: ok, success: yes}}
  score_model: {type: retrained, base: {type: logistic_regression, train_fraction: 0.2}, every: 7}
  arrivals: {type: poisson, mean: SIZE}
  dynamics: [{type: acceptance_share, rate: 0.05, gain: 1.0}]
constraints: {demographic_parity: {tolerance: 0.05}}
"""


def learning_world(size):
    """A scenario but for its agents whose score model learns from people.csv, which is written: two features that tell
    more together than alone."""
    rng = np.random.default_rng(3)
    lines = ["g,ok,a,b"]
    for i in range(300):
        a, b = rng.normal(), rng.normal()
        good = rng.random() < 1 / (1 + np.exp(-0.5 - a - 0.8 * a * b))
        lines.append(f"{'xy'[i % 3 == 0]},{'yes' if good else 'no'},{a:.4f},{b:.4f}")
    (SCRATCH / "people.csv").write_text("\n".join(lines) + "\n")
    return LEARNS.replace("SIZE", str(size))


def kill_often(path, length, truth, *options, times=4):
    """Runs path, kills it at several parts of a length in seconds and goes on: each ends as truth. How many went on."""
    trace, resumed = SCRATCH / "killed.h5", 0
    partial = trace.with_name(trace.name + ".partial")
    for k in range(times):
        writer = subprocess.Popen([PROGRAM, "run", path, "-o", trace, "--quiet", *options], cwd=SCRATCH)
        while not partial.exists() and writer.poll() is None:
            time.sleep(0.001)
        time.sleep((0.1 + 0.2 * k) * length)
        writer.send_signal(signal.SIGKILL)
        writer.wait()
        if not trace.exists():
            expect(0, "run", path, "-o", trace, "--resume", *options)
            resumed += 1
        assert same(datasets(trace), truth), k
        trace.unlink()
    assert resumed > 0
    return resumed


def note(text):
    print(text, flush=True)


__all__ = ["PROGRAM", "SOURCE", "SCRATCH", "scenario", "run", "expect", "datasets", "same", "learning_world", "kill_often", "note", "np", "h5py"]
