"""Memory does not grow with the horizon, threads do not change the trace, a full disk is a clear end."""
import os
import resource
import subprocess

from support import *


def peak(horizon):
    """Peak resident kilobytes of one run."""
    path = scenario(f"{horizon}.yaml", replications=1, horizon=horizon, size=20)
    child = subprocess.Popen([PROGRAM, "run", path, "-o", SCRATCH / f"{horizon}.h5", "--quiet", "--threads", "2"], cwd=SCRATCH)
    _, status, usage = os.wait4(child.pid, 0)
    assert status == 0
    return usage.ru_maxrss


short, long = peak(20000), peak(200000)
note(f"peak memory: {short} kB at 20,000 epochs, {long} kB at 200,000")
assert long <= 1.10 * short, (short, long)

path = scenario(replications=4, horizon=1500)
for threads in [1, 2]:
    expect(0, "run", path, "-o", SCRATCH / f"threads{threads}.h5", "--threads", threads)
assert same(datasets(SCRATCH / "threads1.h5"), datasets(SCRATCH / "threads2.h5"))

old = SCRATCH / "old.h5"
old.write_bytes((SCRATCH / "threads1.h5").read_bytes())
for compression in ["none", "deflate"]:
    big = scenario(f"big_{compression}.yaml", replications=4, horizon=100000, compression=compression)
    limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (6_000_000, 6_000_000))
    full = expect(3, "run", big, "-o", old, "--force", preexec_fn=limit)
    assert "old.h5" in full.stderr and len(full.stderr) < 500, full.stderr
    assert old.read_bytes() == (SCRATCH / "threads1.h5").read_bytes()
    (SCRATCH / "old.h5.partial").unlink(missing_ok=True)
note("a full disk gives exit 3 and leaves the older trace as it was")
