"""Only the world that a run began with is gone on with: other data, another results version or none are refused."""
import hashlib
import signal
import subprocess
import time

from support import *

changed = [line for line in (SOURCE / "CHANGELOG.md").read_text().splitlines() if line.startswith("- Results changed")]
VERSION = len(changed)

text = learning_world(40).replace("type: retrained, base: {type: logistic_regression, train_fraction: 0.2}, every: 7", "type: column, column: a")
text = text.replace("{type: poisson, mean: 40}", "{type: times, file: came.csv, time: t}").replace("horizon: 120", "horizon: 4000")
(SCRATCH / "came.csv").write_text("t\n" + "".join(f"{0.05 * i:.2f}\n" for i in range(1, 80001)))
path = SCRATCH / "world.yaml"
path.write_text(text + "agents: [{type: ofs, grid: 11, range: [-2, 2]}, {type: random, grid: 11, range: [-2, 2]}]\ntrace: {level: replay}\n")
people, came = SCRATCH / "people.csv", SCRATCH / "came.csv"
whole, trace = SCRATCH / "whole.h5", SCRATCH / "trace.h5"
partial = SCRATCH / "trace.h5.partial"


def refused(words, *arguments, absent=()):
    """Exit code 3 with all words, and every file as it was."""
    before = partial.read_bytes()
    message = expect(3, *arguments).stderr
    assert all(word in message for word in words) and not any(word in message for word in absent), (words, message)
    assert partial.read_bytes() == before and not trace.exists()


def label(file, version):
    """Gives a file another results version, or takes it away."""
    with h5py.File(file, "r+") as opened:
        opened.attrs.pop("results_version", None)
        if version is not None:
            opened.attrs["results_version"] = np.uint64(version)


start = time.monotonic()
expect(0, "run", path, "-o", whole)
length = time.monotonic() - start
for k in range(20):  # killed before its end
    writer = subprocess.Popen([PROGRAM, "run", path, "-o", trace, "--quiet", "--threads", "1"], cwd=SCRATCH)
    while not partial.exists() and writer.poll() is None:
        time.sleep(0.001)
    time.sleep(0.05 * k * length)
    writer.send_signal(signal.SIGKILL)
    writer.wait()
    if partial.exists():
        break
    trace.unlink()
resume = ["run", path, "-o", trace, "--resume"]
original = {file: file.read_text() for file in (people, came)}


def short(file):
    return hashlib.sha256(file.read_bytes()).hexdigest()[:12]


# A last row more would still build: only its bytes tell.
then = {file: short(file) for file in original}
people.write_text(original[people] + "x,yes,0.5,0.5\n")
for arguments in [resume, [*resume, "--dry-run"]]:
    refused(["people.csv", then[people], short(people), "--force"], *arguments, absent=["came.csv"])
came.write_text(original[came] + "4000.5\n")
refused(["people.csv", "came.csv", then[came], short(came)], *resume)
people.write_text(original[people])
refused(["came.csv"], *resume, absent=["people.csv"])
came.write_text(original[came])
refused(["another scenario, seed or setting"], *resume, "--seed", "12")
note("a data file replaced between kill and --resume is refused by its name, before anything is changed")

for version in [VERSION + 1, VERSION - 1, None]:
    label(partial, version)
    words = ["tells no results version"] if version is None else [f"results version {version}", "CHANGELOG.md"]
    for arguments in [resume, [*resume, "--dry-run"]]:
        refused([*words, f"this program has {VERSION}", "--force"], *arguments)
    label(whole, version)
    refused([*words, f"this program has {VERSION}"], "expand", whole, "-o", SCRATCH / "rows.h5")
assert not list(SCRATCH.glob("rows.h5*"))
label(partial, VERSION)
label(whole, VERSION)
expect(0, *resume)
assert same(datasets(trace), datasets(whole))
note("another results version and none are refused by --resume and expand; with what it began with the run goes on")

# Every file that tells the program's version tells its results version too.
expect(0, "expand", trace, "-o", SCRATCH / "rows.h5", "--epochs", "0:5")
expect(0, "analyze", trace, "--save")
expect(0, "oracle", path, "--save", "--set", "horizon=20", "--grid", "5")
for made in sorted(SCRATCH.glob("*.h5")):
    with h5py.File(made, "r") as file:
        assert file.attrs["results_version"] == VERSION, (made, file.attrs["results_version"], VERSION)

label(trace, None)
for verb in [["inspect"], ["analyze"], ["compare"], ["export", "--to", "csv"]]:
    expect(0, verb[0], trace, *verb[1:])
made = run("report", trace, "-o", SCRATCH / "page.html")
assert made.returncode == 0 or "npm" in made.stderr, made.stderr
note(f"results version {VERSION} in {len(list(SCRATCH.glob('*.h5')))} files; other verbs read a trace without one")
