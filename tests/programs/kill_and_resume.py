"""A hundred writers killed with -9: each file opens, holds what it says, and goes on to the same end."""
import random
import signal
import subprocess
import time

from support import *

KILLS = 100
random.seed(1)
for compression in ["none", "deflate"]:
    path = scenario(f"{compression}.yaml", replications=4, horizon=6000, size=400, compression=compression)
    whole = SCRATCH / f"{compression}_whole.h5"
    start = time.monotonic()
    expect(0, "run", path, "-o", whole)
    length = time.monotonic() - start
    truth = datasets(whole)
    survived = written = resumed = 0
    for k in range(KILLS // 2):
        trace = SCRATCH / f"{compression}_{k}.h5"
        partial = trace.with_name(trace.name + ".partial")
        writer = subprocess.Popen([PROGRAM, "run", path, "-o", trace, "--quiet"], cwd=SCRATCH)
        while not partial.exists() and writer.poll() is None:
            time.sleep(0.001)
        time.sleep(0.03 + random.random() * 1.2 * length)
        writer.send_signal(signal.SIGKILL)
        writer.wait()
        if trace.exists():
            continue  # it was done before the kill
        survived += 1
        for name, values in datasets(partial).items():
            if name.endswith("epochs_written") or values.dtype.kind != "f":
                continue
            agent = name.split("/")[0]
            counts = datasets(partial)[agent + "/epochs_written"]
            for r, n in enumerate(counts):
                assert values[r, :n].tobytes() == truth[name][r, :n].tobytes(), (name, r, n)
                written += int(n)
        shown = expect(0, "inspect", partial).stdout
        with h5py.File(partial, "r") as file:  # 1 where the kill came between the end and the renaming
            assert ("PARTIAL" in shown) == (file.attrs["complete"] == 0)
        if k % 10 == 0:
            expect(2, "run", path, "-o", trace)
            expect(0, "run", path, "-o", trace, "--resume")
            assert same(datasets(trace), truth)
            resumed += 1
    note(f"{compression}: run of {length:.2f} s, {survived} killed files read back, {resumed} resumed to the same datasets")
    assert survived > KILLS // 8 and resumed > 0

path = scenario("long.yaml", replications=2, horizon=200000, size=400)
trace = SCRATCH / "interrupted.h5"
writer = subprocess.Popen([PROGRAM, "run", path, "-o", trace], cwd=SCRATCH, stderr=subprocess.PIPE, text=True)
time.sleep(1.5)
writer.send_signal(signal.SIGINT)
_, message = writer.communicate()
assert writer.returncode == 130 and "--resume" in message, (writer.returncode, message)
assert sum(datasets(str(trace) + ".partial")["ofs/epochs_written"]) > 0
expect(3, "run", path, "-o", trace, "--resume", "--seed", "12")
note("Ctrl-C: 130, a resumable partial; another seed is refused")
