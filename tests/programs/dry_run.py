"""`run --dry-run` says what a run would do, writes nothing, and is right about the size."""
import json
import signal
import subprocess
import time

from support import *


def simple(path):
    """The same groups with scores that are drawn quickly, so that replications start at once and rows are many."""
    path.write_text(path.read_text().replace("{law: beta, mean: 0.4, precision: 5}", "{law: uniform, low: 0, high: 1}"))
    return path


def with_applicants(path):
    path.write_text(path.read_text().replace("trace: {", "trace: {level: applicants, "))
    return path


def audited(path):
    path.write_text(path.read_text().replace("trace: {", "trace: {arms: 5, "))
    return path


def plan(*arguments, code=0):
    before = sorted(SCRATCH.iterdir())
    shown = json.loads(expect(code, "run", *arguments, "--dry-run", "--format", "json").stdout)
    assert sorted(SCRATCH.iterdir()) == before
    return shown


worlds = {"short": scenario("short.yaml", replications=2, horizon=3, compression="none"),
          "chunked": scenario("chunked.yaml", replications=3, horizon=5000, size=20, compression="none"),
          "rows": simple(with_applicants(scenario("rows.yaml", replications=4, horizon=200, size=1500, compression="none"))),
          "arms": audited(scenario("arms.yaml", replications=3, horizon=4000, size=20, compression="none")),
          "many": simple(scenario("many.yaml", replications=2100, horizon=2, size=5, compression="none"))}  # indices of two levels
for name, path in worlds.items():
    shown = plan(path)
    assert shown["trace"]["path"] == f"{name}.h5" and not shown["trace"]["exists"] and shown["problem"] is None
    expect(0, "run", path)
    size = (SCRATCH / f"{name}.h5").stat().st_size
    note(f"{name}: {shown['trace']['bytes_uncompressed']} bytes expected, {size} written")
    assert abs(shown["trace"]["bytes_uncompressed"] - size) < 0.05 * size
    shown = plan(path, code=2)
    assert shown["trace"]["exists"] and "--force" in shown["problem"]
    assert plan(path, "--force")["problem"] is None

path = scenario()
shown = plan(path, "--replications", 7, "--threads", 1)
assert (shown["replications"], shown["epochs"], shown["threads"], shown["fidelity"]) == (7, 300, 1, "individuals")
assert shown["applicants_per_epoch"] == 50 and [a["agent"] for a in shown["agents"]] == ["ofs", "epsilon_greedy"]
assert 0 < shown["seconds_estimated"] < 60
# A hundred times the work: about a hundred times the time. Wide bounds, since others use the machine.
longer = plan(path, "--replications", 700, "--threads", 1)
assert 10 < longer["seconds_estimated"] / shown["seconds_estimated"] < 1000, (longer, shown)

text = expect(0, "run", path, "--dry-run").stdout
assert all(word in text for word in ["ofs", "individuals", "small.h5: does not exist yet", "estimate", "nothing was written"]), text
quiet = expect(0, "run", path, "--dry-run", "--quiet")
assert not quiet.stdout and not quiet.stderr
expect(2, "run", path, "--format", "json")
expect(2, "run", path, "--dry-run", "--format", "csv")
expect(2, "run", path, "--dry-run", "--set", "horizon=0")
expect(2, "run", path, "--dry-run", "--resume")
assert not (SCRATCH / "small.h5").exists()

long = scenario("long.yaml", replications=400, horizon=2000, size=1000)
writer = subprocess.Popen([PROGRAM, "run", long, "--quiet"], cwd=SCRATCH, stderr=subprocess.PIPE)
time.sleep(1.5)
writer.send_signal(signal.SIGINT)
writer.communicate()
assert writer.returncode == 130
whole = {label: int((epochs == 2000).sum()) for label, epochs in
         ((a, datasets(str(SCRATCH / "long.h5.partial"))[f"{a}/epochs_written"]) for a in ["ofs", "epsilon_greedy"])}
shown = plan(long, "--resume")
assert {a["agent"]: a["replications_left"] for a in shown["agents"]} == {a: 400 - n for a, n in whole.items()} and sum(whole.values()) > 0
assert "cannot be gone on with" in expect(3, "run", long, "--resume", "--dry-run", "--seed", 5).stderr
assert "--resume" in expect(2, "run", long, "--dry-run").stderr
note(f"a resumable run: {whole} whole replications of 400 kept")
