"""A hundred writers killed with -9: each file opens, holds what it says, and goes on to the same end."""
import random
import signal
import subprocess
import time

from support import *

KILLS = 100
ROWS = ["--set", "trace.level=applicants", "--set", "trace.arms=64"]
random.seed(1)
for compression, kills, more in [("none", KILLS // 2, []), ("deflate", KILLS // 2, []), ("deflate", KILLS // 5, ROWS)]:
    path = scenario(f"{compression}{len(more)}.yaml", replications=4, horizon=3000 if more else 20000, size=400, compression=compression)
    path.write_text(path.read_text().replace("law: beta, mean: 0.4, precision: 5", "law: triangular, low: 0, mode: 0.2, high: 1"))
    whole = SCRATCH / f"{compression}{len(more)}_whole.h5"
    start = time.monotonic()
    expect(0, "run", path, "-o", whole, *more)
    length = time.monotonic() - start
    truth = datasets(whole)
    survived = written = resumed = 0
    for k in range(kills):
        trace = SCRATCH / f"{compression}{len(more)}_{k}.h5"
        partial = trace.with_name(trace.name + ".partial")
        writer = subprocess.Popen([PROGRAM, "run", path, "-o", trace, "--quiet", *more], cwd=SCRATCH)
        while not partial.exists() and writer.poll() is None:
            time.sleep(0.001)
        time.sleep(0.03 + random.random() * 1.2 * length)
        writer.send_signal(signal.SIGKILL)
        writer.wait()
        if trace.exists():  # it was done before the kill
            trace.unlink()
            continue
        survived += 1
        held = datasets(partial)
        for name, values in held.items():
            if name.endswith("epochs_written") or (values.dtype.kind != "f" and "/applicants/" not in name):
                continue
            if name.endswith(("/rows", "/epoch", "/row")):
                continue
            agent = name.split("/")[0]
            counts = held[agent + "/epochs_written"]
            if "/applicants/" in name:
                r = int(name.split("/")[2][1:])
                n = int(held[agent + "/arrived"][r, : counts[r]].sum())
                assert values[:n].tobytes() == truth[name][:n].tobytes(), (name, n)
                continue
            for r, n in enumerate(counts):
                n = -(-int(n) // 64) if "/arms/" in name else n
                if values.ndim == 1:
                    continue  # the arms' thresholds
                assert values[r, :n].tobytes() == truth[name][r, :n].tobytes(), (name, r, n)
                written += int(n)
        shown = expect(0, "inspect", partial).stdout
        with h5py.File(partial, "r") as file:  # 1 where the kill came between the end and the renaming
            assert ("PARTIAL" in shown) == (file.attrs["complete"] == 0)
        if survived % 5 == 1:
            expect(2, "run", path, "-o", trace, *more)
            expect(0, "run", path, "-o", trace, "--resume", *more)
            assert same(datasets(trace), truth)
            resumed += 1
        partial.unlink(missing_ok=True)
        trace.unlink(missing_ok=True)
    note(f"{compression}{' with rows and arms' if more else ''}: run of {length:.2f} s, {survived} killed files read back, {resumed} resumed to the same datasets")
    assert survived > kills // 4 and resumed > 0

path = scenario("long.yaml", replications=2, horizon=800000, size=400)
trace = SCRATCH / "interrupted.h5"
writer = subprocess.Popen([PROGRAM, "run", path, "-o", trace, "--threads", "1"], cwd=SCRATCH, stderr=subprocess.PIPE, text=True)
while not trace.with_name(trace.name + ".partial").exists() and writer.poll() is None:
    time.sleep(0.01)
time.sleep(1.5)  # a flush comes every second
writer.send_signal(signal.SIGINT)
_, message = writer.communicate()
assert writer.returncode == 130 and "--resume" in message, (writer.returncode, message)
assert sum(datasets(str(trace) + ".partial")["ofs/epochs_written"]) > 0
expect(3, "run", path, "-o", trace, "--resume", "--seed", "12")
note("Ctrl-C: 130, a resumable partial; another seed is refused")
