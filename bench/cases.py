"""Every line of the benchmark table: PARTS are Google Benchmarks, CASES whole processes. To add a line, add it there."""
import dataclasses

import worlds
from measure import BASELINES, PYTHON, Row, Skipped
from worlds import UNIFORM_TRIANGULAR

LOGIT_NORMAL = """    type: parametric
    groups:
      - {name: A, share: 0.6, score: {law: logit_normal, mean: 0.4, sd: 1}}
      - {name: B, share: 0.4, score: {law: logit_normal, mean: -0.2, sd: 1}}"""


def table(share, n):
    """A group of n equally likely types, scored as a fitted model has them."""
    scores = [round((k + 0.5) / n, 6) for k in range(n)]
    return f"share: {share}, scores: {scores}, mass: {[1] * n}, success: {[int(k % 10 < 10 * s) for k, s in enumerate(scores)]}"


ROWS_OF_A_TABLE = f"""    type: score_table
    groups:
      - {{name: younger, {table(0.2, 100)}}}
      - {{name: older, {table(0.8, 400)}}}"""
FIXED = "{type: fixed, threshold: 0.5}"
OFS = "{type: ofs, grid: 51}"
REPLICATIONS = 20


def scenario(population, agent, size, fidelity="individuals", **options):
    """horizon is set on the command line."""
    return worlds.scenario(population, agent, size, fidelity=fidelity, replications=REPLICATIONS, **options)


def ours(bench, text, *, threads=1, n_cpus=None, name="ours"):
    """A function horizon -> seconds of `loopgate run`, which writes name.h5."""
    path = bench.scratch / f"{name}.yaml"
    path.write_text(text)
    command = [bench.program, "run", path, "-o", bench.scratch / f"{name}.h5", "--force", "--quiet", "--threads", threads]
    return lambda horizon: bench.seconds([*command, "--set", f"horizon={horizon}"], n_cpus)


def numpy(bench, text, n_cpus=None):
    """A function horizon -> seconds of the NumPy baseline."""
    path = bench.scratch / "numpy.yaml"
    path.write_text(text)
    command = [PYTHON, BASELINES / "closed_loop.py", path, "-o", bench.scratch / "numpy.h5"]
    return lambda horizon: bench.seconds([*command, "--set", f"horizon={horizon}"], n_cpus)


@dataclasses.dataclass
class Micro:
    """A Google Benchmark by its name. Those of the suites that PARTS leaves out have lines without a target."""

    what: str
    unit: str
    name: str
    target: float | None = None
    limit: float | tuple | None = None


@dataclasses.dataclass
class Run:
    """Marginal cost of `loopgate run`, per applicant or per epoch, on one core."""

    what: str
    text: str  # scenario
    epochs: tuple  # short and long horizon
    numpy_epochs: tuple | None = None  # None: NumPy has no counterpart
    applicants: int = 1  # in an epoch; 1: per epoch
    target: float | None = None
    limit: float | str | tuple | None = None
    cores: int = 1

    def measure(self, bench):
        unit = "ns/applicant" if self.applicants > 1 else "ns/epoch"
        items = REPLICATIONS * self.applicants
        run, sizes = ours(bench, self.text, n_cpus=self.cores), {}

        def mine(horizon):
            spent = run(horizon)
            sizes[horizon] = (bench.scratch / "ours.h5").stat().st_size
            return spent

        sides = [(mine, self.epochs, items)]
        if self.numpy_epochs:
            sides.append((numpy(bench, self.text, self.cores), self.numpy_epochs, items))
        samples = bench.marginal(sides, 1e-9)
        short, long = self.epochs
        written = (sizes[long] - sizes[short]) / ((long - short) * items)
        return Row(self.what, unit, samples[0], samples[1] if self.numpy_epochs else [], self.target, self.limit, written)


@dataclasses.dataclass
class RouteOverNone:
    """Marginal cost of a world in which a route leads everyone, over that of the world alone, in pairs, on one core."""

    what: str
    text: str
    route: str
    epochs: tuple  # of the routed world; ten times as many of the world alone, which is so much faster

    def measure(self, bench):
        sides = [(ours(bench, text, n_cpus=1, name=name), [times * epochs for epochs in self.epochs], 1)
                 for name, text, times in (("alone", self.text, 10), ("routed", self.text + self.route, 1))]
        alone, routed = bench.marginal(sides, 1.0)
        return Row(self.what, "times", [theirs / own for own, theirs in zip(alone, routed)])


@dataclasses.dataclass
class Expand:
    """Marginal cost of regenerating applicant rows from a `replay` trace, on one core."""

    what: str
    text: str
    epochs: tuple
    applicants: int
    target: float | None = None

    def measure(self, bench):
        path = bench.scratch / "replay.yaml"
        path.write_text(self.text)
        for horizon in self.epochs:
            bench.seconds([bench.program, "run", path, "-o", bench.scratch / f"replay{horizon}.h5", "--force", "--quiet",
                           "--set", f"horizon={horizon}"])

        def expand(horizon):
            rows = bench.scratch / "rows.h5"
            rows.unlink(missing_ok=True)
            return bench.seconds([bench.program, "expand", bench.scratch / f"replay{horizon}.h5", "-o", rows], 1)

        samples = bench.marginal([(expand, self.epochs, REPLICATIONS * self.applicants)], 1e-9)
        return Row(self.what, "ns/applicant", samples[0], target=self.target)


@dataclasses.dataclass
class Threads:
    """Wall time with one thread over wall time with two, whole runs in pairs."""

    what: str
    text: str
    horizon: int
    target: float

    def measure(self, bench):
        one, two = (ours(bench, self.text, threads=n, n_cpus=2) for n in (1, 2))
        one(self.horizon)
        return Row(self.what, "times", [one(self.horizon) / two(self.horizon) for _ in range(bench.pairs)], target=self.target,
                   limit=2.0)


@dataclasses.dataclass
class StartUp:
    """Wall time of a whole run of one epoch and one replication."""

    what: str
    text: str
    target: float

    def measure(self, bench):
        text = self.text.replace(f"replications: {REPLICATIONS}", "replications: 1")
        sides = [ours(bench, text, n_cpus=1), numpy(bench, text, 1)]
        samples = [[1e3 * run(1) for run in sides] for _ in range(2 * bench.pairs + 1)][1:]
        mine, theirs = map(list, zip(*samples))
        return Row(self.what, "ms", mine, theirs, self.target)


def individuals(population, agent, size, **options):
    epochs = 4_000_000 // size
    return {"text": scenario(population, agent, size, **options), "applicants": size, "epochs": (epochs // 10, epochs),
            "numpy_epochs": (max(1, epochs // 50), max(2, epochs // 5))}


def rows(level_or_codec, population=UNIFORM_TRIANGULAR, baseline=True):
    """One million rows a replication at the long horizon."""
    level, codec = ("replay", "none") if level_or_codec == "replay" else ("applicants", level_or_codec)
    return {"text": scenario(population, FIXED, 1000, level=level, compression=codec), "applicants": 1000, "epochs": (100, 1000),
            "numpy_epochs": (20, 200) if baseline else None}


def counts(agent, size, fidelity="counts"):
    return {"text": scenario(UNIFORM_TRIANGULAR, agent, size, fidelity), "epochs": (2000, 32000),
            "numpy_epochs": (400, 4000) if fidelity == "counts" else None}


# 1,000 come an epoch, at once, and 100 servers can serve 1,111; patience is 1 on average.
QUEUE = """route:
  stages: {only: {servers: {count: 100, time: {law: exponential, mean: 0.09}}, patience: {law: exponential, mean: 1}}}
"""
WORLD = scenario(UNIFORM_TRIANGULAR, FIXED, 1000)
BLOCK = (1, "philox_many_blocks/1024")  # one Philox block an applicant
BINOMIALS = (7, "binomial/50000000")  # two groups: arrivals, and accepted, succeeded and qualified of each
PARTS = [
    Micro("Philox, blocks of 1,024 applicants", "ns/block", "philox_many_blocks/1024"),
    Micro("binomial, n = 1e3", "ns/draw", "binomial/1000"),
    Micro("binomial, n = 5e7", "ns/draw", "binomial/50000000"),
    Micro("multinomial, 8 cells", "ns/draw", "multinomial/8"),
    Micro("uniform, one at a time", "ns/draw", "uniform"),
    Micro("normal, one at a time", "ns/draw", "normal"),
    Micro("batch of 1,000, uniform and triangular", "ns/applicant", "tally/uniform_triangular/1000", 1e3 / 150, BLOCK),
    Micro("batch of 100,000, uniform and triangular", "ns/applicant", "tally/uniform_triangular/100000", limit=BLOCK),
    Micro("batch of 1,000, 500 types", "ns/applicant", "tally/rows/1000", limit=BLOCK),
    Micro("batch of 1,000, 8 groups", "ns/applicant", "tally/eight_groups/1000", limit=BLOCK),
    Micro("counts of an epoch, 1e3 applicants", "ns/epoch", "count/uniform_triangular/1000", limit=(7, "binomial/1000")),
    Micro("counts of an epoch, 5e7 applicants", "ns/epoch", "count/uniform_triangular/50000000", limit=BINOMIALS),
    Micro("rows of 500 types, made and dropped", "ns/applicant", "make_rows/rows/1000", limit=BLOCK),
    Micro("OFS choose and learn, 51 thresholds", "ns/epoch", "with_grid/ofs/51", 150),
    Micro("OFS choose and learn, 201 thresholds", "ns/epoch", "with_grid/ofs/201", 400),
    Micro("scheduler, 100 pending", "ns/event", "hold_replace_top/100", 45, 36),
    Micro("scheduler, 10,000 pending", "ns/event", "hold_replace_top/10000", 70, 57),
    Micro("trace, one epoch of two groups", "ns/epoch", "trace_epoch/200000/real_time"),
]
CASES = [
    Run("individuals, batch 1,000, fixed", **individuals(UNIFORM_TRIANGULAR, FIXED, 1000), target=1e3 / 150, limit=BLOCK),
    Run("individuals, batch 1,000, OFS 51", **individuals(UNIFORM_TRIANGULAR, OFS, 1000), limit=BLOCK),
    Run("individuals, batch 100,000, fixed", **individuals(UNIFORM_TRIANGULAR, FIXED, 100_000), limit=BLOCK),
    Run("individuals, batch 1,000, logit-normal", **individuals(LOGIT_NORMAL, FIXED, 1000), limit=BLOCK),
    Run("individuals, batch 1,000, 500 types", **individuals(ROWS_OF_A_TABLE, FIXED, 1000), limit=BLOCK),
    Run("route with servers and patience, batch 1,000", text=WORLD + QUEUE, applicants=1000, epochs=(40, 400)),
    RouteOverNone("route with servers and patience over no route", WORLD, QUEUE, (40, 400)),
    Run("counts, 1e3 applicants, fixed", **counts(FIXED, 1000), target=550, limit=(7, "binomial/1000")),
    Run("counts, 5e7 applicants, fixed", **counts(FIXED, 50_000_000), target=550, limit=BINOMIALS),
    Run("counts, 1e3 applicants, OFS 51", **counts(OFS, 1000), target=700, limit=(7, "binomial/1000")),
    Run("counts, 5e7 applicants, OFS 51", **counts(OFS, 50_000_000), target=700, limit=BINOMIALS),
    Run("mean field, fixed", **counts(FIXED, 1000, "mean_field")),
    Run("mean field, OFS 51", **counts(OFS, 1000, "mean_field")),
    Run("applicant rows, none", **rows("none"), target=1e3 / 150, limit="write"),
    Run("applicant rows, none, a core for the writer", **rows("none", baseline=False), target=1e3 / 150, limit="write", cores=2),
    Run("applicant rows, deflate", **rows("deflate"), target=1e3 / 35),
    Run("applicant rows, bitshuffle_lz4", **rows("bitshuffle_lz4", baseline=False), target=1e3 / 100),
    Run("applicant rows, bitshuffle_lz4, a core for the writer", **rows("bitshuffle_lz4", baseline=False), target=1e3 / 100,
        cores=2),
    Run("applicant rows of 500 types, none", **rows("none", ROWS_OF_A_TABLE), target=1e3 / 150, limit="write"),
    Run("applicant rows of 500 types, deflate", **rows("deflate", ROWS_OF_A_TABLE), target=1e3 / 35),
    Run("applicant rows of 500 types, bitshuffle_lz4", **rows("bitshuffle_lz4", ROWS_OF_A_TABLE, False), target=1e3 / 100),
    Run("individuals, level replay", **rows("replay", baseline=False), target=1e3 / 150, limit=BLOCK),
    Expand("expand of a replay trace", scenario(UNIFORM_TRIANGULAR, FIXED, 1000, level="replay"), (100, 1000), 1000, 1e3 / 100),
    Threads("two threads over one, individuals", scenario(UNIFORM_TRIANGULAR, FIXED, 1000), 6000, 1.9),
    Threads("two threads over one, counts", scenario(UNIFORM_TRIANGULAR, OFS, 1000, "counts"), 60000, 1.9),
    StartUp("start-up and end of a tiny run", scenario(UNIFORM_TRIANGULAR, FIXED, 10), 20),
]
__all__ = ["CASES", "PARTS", "Skipped"]
