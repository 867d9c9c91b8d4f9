"""How the benchmarks measure: processes in interleaved pairs, difference quotients of two horizons, Google Benchmark."""
import dataclasses
import json
import os
import pathlib
import re
import resource
import statistics
import subprocess
import sys
import time

BASELINES = pathlib.Path(__file__).resolve().parent / "baselines"
PYTHON = "/usr/bin/python3"


class Skipped(Exception):
    """The program refuses a case (exit 2) or the machine cannot run it; the text says why."""


@dataclasses.dataclass
class Row:
    """One line of the table. Samples are in `unit`; empty where there is nothing to measure."""

    what: str
    unit: str
    ours: list
    numpy: list = dataclasses.field(default_factory=list)
    target: float | None = None
    limit: float | str | tuple | None = None  # a figure; `write`; or (n, name): n times another line's micro-benchmark
    bytes: float | None = None  # written per item
    skipped: str = ""

    def ratio(self):
        """How many times NumPy's cost ours is: by pairs where the samples were taken in pairs."""
        if not self.ours or not self.numpy:
            return None
        if len(self.ours) == len(self.numpy):
            return statistics.median(theirs / mine for theirs, mine in zip(self.numpy, self.ours))
        return statistics.median(self.numpy) / statistics.median(self.ours)


@dataclasses.dataclass
class Bench:
    """What a case measures with."""

    program: pathlib.Path  # loopgate
    micro: pathlib.Path  # loopgate_bench
    scratch: pathlib.Path
    pairs: int

    def seconds(self, command, n_cpus=None):
        """Wall time of one process on n_cpus processors (default: all). Skipped after exit 2."""
        cpus = sorted(os.sched_getaffinity(0))
        if n_cpus is not None and n_cpus > len(cpus):
            raise Skipped(f"needs {n_cpus} processors, there are {len(cpus)}")
        pin = (lambda: os.sched_setaffinity(0, cpus[-n_cpus:])) if n_cpus else None
        start = time.perf_counter()
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True, cwd=self.scratch, preexec_fn=pin)
        spent = time.perf_counter() - start
        if done.returncode == 2:
            raise Skipped(re.sub(r"^\S+?:\d+:\d+: ", "", done.stderr.strip().splitlines()[0]))
        if done.returncode != 0:
            sys.exit(f"{' '.join(map(str, command))}: exit {done.returncode}\n{done.stderr}")
        return spent

    def marginal(self, sides, unit_seconds):
        """sides: of each program a function horizon -> seconds, its two horizons, items in an epoch. Runs all of them in
        turn, `pairs` times; of each side the samples (long - short) / items between, in units of unit_seconds."""
        samples = [[] for _ in sides]
        for pair in range(self.pairs + 1):
            for found, (run, (short, long), items) in zip(samples, sides):
                spent = run(long) - run(short)
                if pair > 0:  # the first round warms the caches
                    found.append(spent / ((long - short) * items) / unit_seconds)
        return samples

    def google_benchmark(self, pattern):
        """Name -> samples in ns an item (per iteration where a suite counts no items)."""
        done = subprocess.run([self.micro, f"--benchmark_filter={pattern}", "--benchmark_format=json",
                               f"--benchmark_repetitions={self.pairs}", "--benchmark_min_time=0.1",
                               "--benchmark_enable_random_interleaving=true"],
                              capture_output=True, text=True, check=True)
        scale = {"ns": 1.0, "us": 1e3, "ms": 1e6, "s": 1e9}
        found = {}
        for run in json.loads(done.stdout)["benchmarks"] if done.stdout.strip() else []:
            if run["run_type"] == "iteration":
                rate = run.get("items_per_second")
                nanoseconds = 1e9 / rate if rate else run["real_time"] * scale[run["time_unit"]]
                found.setdefault(run["run_name"], []).append(nanoseconds)
        return found

    def numpy_samplers(self):
        """Name of a micro-benchmark -> samples of NumPy's counterpart in ns."""
        done = subprocess.run([PYTHON, BASELINES / "samplers.py", str(self.pairs)], capture_output=True, text=True, check=True)
        return json.loads(done.stdout)

    def write_ns_per_byte(self):
        """Of write(2) in blocks of 1.5 MB to the scratch folder, best of three: what no writer can beat."""
        block, n = b"\x5a" * 1_500_000, 150
        best = float("inf")
        path = self.scratch / "write"
        for _ in range(3):
            with open(path, "wb", buffering=0) as file:
                start = time.perf_counter()
                for _ in range(n):
                    file.write(block)
                best = min(best, time.perf_counter() - start)
            path.unlink()
        return best * 1e9 / (n * len(block))


class Others:
    """The share of the machine's processor time that processes of others took since this was made: a table made while
    it is above a few percent says little."""

    def __init__(self):
        self.start = self._now()

    @staticmethod
    def _now():
        ticks = [int(word) for word in open("/proc/stat").readline().split()[1:9]]
        idle = ticks[3] + ticks[4]
        usages = map(resource.getrusage, [resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN])
        own = sum(usage.ru_utime + usage.ru_stime for usage in usages)
        return sum(ticks), sum(ticks) - idle - own * os.sysconf("SC_CLK_TCK")

    def share(self):
        (before, others_before), (now, others) = self.start, self._now()
        return max(0.0, (others - others_before) / max(now - before, 1))


def machine(build):
    """The machine and the build, as (name, value) pairs."""
    def first(path, key):
        return next((line.split(":", 1)[1].strip() for line in open(path) if line.startswith(key)), "unknown")

    cache = dict(line.split("=", 1) for line in (build / "CMakeCache.txt").read_text().splitlines() if "=" in line)
    cache = {key.split(":")[0]: value for key, value in cache.items()}
    compiler = subprocess.run([cache["CMAKE_CXX_COMPILER"], "--version"], capture_output=True, text=True).stdout.splitlines()[0]
    versions = subprocess.run([PYTHON, "-c", "import h5py, numpy, platform; print(f'NumPy {numpy.__version__}, h5py "
                               "{h5py.__version__}, HDF5 {h5py.version.hdf5_version}, Python {platform.python_version()}')"],
                              capture_output=True, text=True, check=True).stdout.strip()
    return [("processor", f"{first('/proc/cpuinfo', 'model name')}, {len(os.sched_getaffinity(0))} cores"),
            ("compiler", f"{compiler}, {cache['CMAKE_BUILD_TYPE']}"), ("baseline", versions),
            ("kernel", f"{os.uname().sysname} {os.uname().release}"),
            ("date", time.strftime("%Y-%m-%d"))]
