"""No verb writes over what it reads or what another process writes, and messages never end up in a file."""
import os
import signal
import subprocess
import time

from support import *

path = scenario(replications=2, horizon=60)
trace, rows, oracle = SCRATCH / "small.h5", SCRATCH / "rows.h5", SCRATCH / "small.oracle.h5"
expect(0, "run", path, "-o", trace)
expect(0, "expand", trace, "-o", rows)
expect(0, "oracle", path, "--save", "-o", oracle, "--grid", "3")
REPORT = [["report"]] if "built without it" not in run("report", trace, "-o", trace).stderr else []
people = learning_world(50) + "agents: [{type: fixed, threshold: 0.5}]\n"
fitted = SCRATCH / "fitted.yaml"
fitted.write_text(people.replace("retrained, base: {type: logistic_regression, train_fraction: 0.2}, every: 7", "logistic_regression"))
data = SCRATCH / "people.csv"


def kept(victim, *arguments, why="is the file that is read"):
    """However the output names the input, the verb refuses and the input stays as it is."""
    before = victim.read_bytes()
    other = SCRATCH / "folder"
    other.mkdir(exist_ok=True)
    for link in ["same", "relative", "symbolic", "hard"]:
        output = victim
        if link == "relative":
            output = f"folder/../{victim.name}"
        elif link != "same":
            output = other / f"{link}_{victim.name}"
            output.unlink(missing_ok=True)
            output.symlink_to(victim) if link == "symbolic" else os.link(victim, output)
        done = expect(2, *arguments, "-o", output, "--force")
        assert why in done.stderr and len(done.stderr.splitlines()) == 1, done.stderr
        assert victim.read_bytes() == before, (arguments, link)


for verb in [["expand"], *REPORT, ["export", "--to", "csv"], ["analyze", "--save"]]:
    kept(trace, verb[0], trace, *verb[1:])
kept(rows, "export", rows, "--to", "csv", "--what", "rows")
kept(rows, "analyze", trace, "--rows", rows, "--save")
kept(oracle, "analyze", trace, "--save")  # found beside the trace
elsewhere = SCRATCH / "elsewhere.h5"
elsewhere.write_bytes(oracle.read_bytes())
kept(elsewhere, "analyze", trace, "--oracle", elsewhere, "--save")
for _ in REPORT:
    kept(oracle, "report", trace)
    kept(elsewhere, "report", trace, "--oracle", elsewhere)
for verb in [["run"], ["oracle", "--save"]]:
    kept(path, verb[0], path, *verb[1:])
    kept(fitted, verb[0], fitted, *verb[1:])
    kept(data, verb[0], fitted, *verb[1:])
assert "is the file that is read" in expect(2, "run", path, "-o", path, "--force", "--dry-run", "--quiet").stderr

# Nor does the name that a file has until it is whole.
partial = SCRATCH / "cut.h5.partial"
partial.write_bytes(trace.read_bytes())
for verb in [["expand"], *REPORT, ["export", "--to", "csv"], ["analyze", "--save"]]:
    done = expect(2, verb[0], partial, *verb[1:], "-o", SCRATCH / "cut.h5", "--force")
    assert "cut.h5.partial until it is whole, which is the file that is read" in done.stderr, done.stderr
    done = expect(2, verb[0], trace, *verb[1:], "-o", SCRATCH / "cut.h5")
    assert "cut.h5.partial: an unfinished file is there" in done.stderr, done.stderr
    assert "without .partial" in expect(2, verb[0], trace, *verb[1:], "-o", partial, "--force").stderr
assert partial.read_bytes() == trace.read_bytes()
held = SCRATCH / "held"
os.link(partial, held)
expect(0, "export", trace, "--to", "csv", "-o", SCRATCH / "cut.h5", "--force")  # whoever holds the old file keeps it
assert held.read_bytes() == trace.read_bytes() and (SCRATCH / "cut.h5").read_text().startswith("agent,")
note("nothing that is read is written over")

# One process at a time makes a file.
long = scenario("long.yaml", replications=2, horizon=40000, size=400)
busy = SCRATCH / "busy.h5"
truth = SCRATCH / "truth.h5"
expect(0, "run", long, "-o", truth)


def started(shell=None):
    """A run to busy.h5 that has begun to write."""
    command = [PROGRAM, "run", long, "-o", busy, "--quiet", "--threads", "1"]
    if shell is not None:
        command = ["bash", "-c", 'exec "$@" ' + shell, "bash", *command]
    writer = subprocess.Popen(command, cwd=SCRATCH, stdin=subprocess.DEVNULL)
    while not busy.with_name("busy.h5.partial").exists():
        assert writer.poll() is None
        time.sleep(0.001)
    return writer


writer = started()
writer.send_signal(signal.SIGSTOP)
for arguments in [["run", long], ["run", long, "--force"], ["run", long, "--resume"], ["expand", trace, "--force"],
                  ["export", trace, "--to", "csv", "--force"], ["analyze", trace, "--save"], *[[*verb, trace] for verb in REPORT]]:
    done = expect(2, *arguments, "-o", busy)
    assert f"busy.h5: process {writer.pid} is writing it" in done.stderr and len(done.stderr.splitlines()) == 1, done.stderr
writer.send_signal(signal.SIGCONT)
assert writer.wait() == 0 and same(datasets(busy), datasets(truth))
assert not list(SCRATCH.glob("busy.h5.*"))

for option in ["--resume", "--force"]:
    busy.unlink()
    writer = started()
    writer.kill()
    writer.wait()
    assert busy.with_name("busy.h5.partial.lock").exists()  # which keeps nobody
    assert "an unfinished run is there" in expect(2, "run", long, "-o", busy).stderr
    expect(0, "run", long, "-o", busy, option)
    assert same(datasets(busy), datasets(truth)) and not list(SCRATCH.glob("busy.h5.*"))

for _ in range(20):
    trace.unlink()
    both = [subprocess.Popen([PROGRAM, "run", path, "-o", trace, "--quiet"], cwd=SCRATCH, stderr=subprocess.PIPE, text=True)
            for _ in range(2)]
    messages = [process.communicate()[1] for process in both]
    assert sorted(process.returncode for process in both) == [0, 2], messages
    assert any("is writing it" in text or "exists already" in text for text in messages), messages
    expect(0, "inspect", trace)
assert not list(SCRATCH.glob("small.h5.*"))
note("two starts on one output: one writes it, the other says who does")

# Messages for a closed stream go nowhere, least of all into the trace.
for closed in ["2>&-", "<&- >&- 2>&-"]:
    busy.unlink()
    writer = started(closed)
    writer.send_signal(signal.SIGINT)
    assert writer.wait() == 130
    assert b"interrupted" not in busy.with_name("busy.h5.partial").read_bytes()
    expect(0, "run", long, "-o", busy, "--resume")
    assert same(datasets(busy), datasets(truth))
assert subprocess.run(["bash", "-c", 'exec "$0" list >&-', PROGRAM], stderr=subprocess.DEVNULL).returncode == 3
note("with closed streams an interrupted run can be gone on with")
