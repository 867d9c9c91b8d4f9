"""What the NumPy baseline can simulate, read from a Loopgate scenario. Whatever it cannot do is refused by name."""
import dataclasses

import numpy as np
import yaml


class Unsupported(Exception):
    """The scenario asks for something that the baseline does not do, or is not a scenario."""


_required = object()


def section(node, path, **defaults):
    """The mapping `node` with its defaults filled in; a key outside `defaults`, or a missing one, is refused."""
    if not isinstance(node, dict):
        raise Unsupported(f"{path}: not a mapping (expected the keys {', '.join(defaults)})")
    for key in node:
        if key not in defaults:
            raise Unsupported(f"{path}.{key}: the baseline has no such key (expected one of {', '.join(defaults)})")
    made = {**defaults, **node}
    for key, value in made.items():
        if value is _required:
            raise Unsupported(f"{path}: the key {key} is missing")
    return made


def one_of(value, path, *known):
    if value not in known:
        raise Unsupported(f"{path} = {value}: the baseline does not do that (expected {' or '.join(map(str, known))})")
    return value


# ---- laws of a group: draw(rng, n) gives scores, success probabilities and types (None without types) -------------


quadrature = np.polynomial.legendre.leggauss(200)


class Continuous:
    """A score law by density over a coordinate x. Subclasses give knots, density, score, coordinate and scores."""

    tolerance = 0.0

    def __init__(self, success):
        self.success = success  # P(success | score), vectorised

    def draw(self, rng, n):
        score = self.scores(rng, n)
        return score, self.success(score), None

    def respond(self, threshold):
        """P(score >= threshold) and P(score >= threshold and success), by Gauss-Legendre between the knots."""
        node, weight = quadrature
        start = self.coordinate(threshold)
        accepted = succeeded = 0.0
        for low, high in zip(self.knots, self.knots[1:]):
            low = min(max(low, start), high)
            x = 0.5 * (high - low) * (node + 1.0) + low
            mass = 0.5 * (high - low) * weight * self.density(x)
            accepted += mass.sum()
            succeeded += (mass * self.success(self.score(x))).sum()
        return min(accepted, 1.0), min(succeeded, 1.0)

    def coordinate(self, threshold):
        return threshold

    def score(self, x):
        return x


class Uniform(Continuous):
    def __init__(self, success, low, high):
        super().__init__(success)
        self.knots = [low, high]

    def scores(self, rng, n):
        return rng.uniform(*self.knots, n)

    def density(self, x):
        return np.full_like(x, 1.0 / (self.knots[1] - self.knots[0]))


class Triangular(Continuous):
    def __init__(self, success, low, mode, high):
        super().__init__(success)
        self.knots = [low, mode, high]

    def scores(self, rng, n):
        return rng.triangular(*self.knots, n)

    def density(self, x):
        low, mode, high = self.knots
        rising = (x - low) / (mode - low) if mode > low else 1.0
        falling = (high - x) / (high - mode) if high > mode else 1.0
        return 2.0 / (high - low) * np.minimum(rising, falling)


class LogitNormal(Continuous):
    """1 / (1 + exp(-x)) of a normal x; the coordinate is (x - mean) / sd."""

    knots = [-9.0, -3.0, 3.0, 9.0]  # P(|Z| > 9) = 2e-19

    def __init__(self, success, mean, sd):
        super().__init__(success)
        self.mean, self.sd = mean, sd

    def scores(self, rng, n):
        return 1.0 / (1.0 + np.exp(-rng.normal(self.mean, self.sd, n)))

    def density(self, x):
        return np.exp(-0.5 * x * x) / np.sqrt(2.0 * np.pi)

    def score(self, x):
        return 1.0 / (1.0 + np.exp(-(self.mean + self.sd * x)))

    def coordinate(self, threshold):
        if threshold <= 0.0:
            return -np.inf
        return (np.log(threshold / (1.0 - threshold)) - self.mean) / self.sd if threshold < 1.0 else np.inf


class Table:
    """Finitely many types with scores, masses and success probabilities."""

    def __init__(self, scores, mass, success):
        order = np.argsort(scores, kind="stable")
        self.score, self.success = scores[order], success[order]
        self.tolerance = 1e-12 * (self.score[-1] - self.score[0])  # a score equal to a threshold in decimals is accepted
        self.mass = mass[order] / mass.sum()
        self.below = np.cumsum(self.mass)[:-1]
        self.equal = np.all(self.mass == self.mass[0])

    def draw(self, rng, n):
        if self.equal:
            kind = rng.integers(self.score.size, size=n)
        else:
            kind = np.searchsorted(self.below, rng.random(n), side="right")
        return self.score.take(kind), self.success.take(kind), kind

    def respond(self, threshold):
        accepted = self.score >= threshold - self.tolerance
        return min(self.mass[accepted].sum(), 1.0), min((self.mass * self.success)[accepted].sum(), 1.0)


# ---- the scenario -----------------------------------------------------------------------------------------------


@dataclasses.dataclass
class World:
    name: str
    seed: int
    n_replications: int
    n_epochs: int
    fidelity: str  # individuals or counts
    groups: list  # [G] names
    shares: np.ndarray  # [G] at the start
    laws: list  # [G]
    batch: int
    utility: tuple  # gain of a success, gain of a failure
    dynamics: list  # (rate, gain) of each acceptance_share rule
    residuals: "Residuals"
    agents: list  # agents.Fixed or agents.Index makers, as (label, settings)
    rows: bool  # level applicants
    compression: str


@dataclasses.dataclass
class Residuals:
    """residual = x[first] - x[second] + offset over the columns of x = (selection rate of each group, service rate,
    0); names as in a trace, widths of their ranges."""

    names: list
    first: np.ndarray
    second: np.ndarray
    offset: np.ndarray
    width: np.ndarray

    def of(self, rates, service):
        """rates [..., G], service [...] -> [..., M]; NaN where a rate it needs is NaN."""
        x = np.concatenate([rates, service[..., None], np.zeros_like(service)[..., None]], axis=-1)
        return x[..., self.first] - x[..., self.second] + self.offset


def success_rule(node, path):
    if isinstance(node, dict) and node.get("law") == "logistic":
        rule = section(node, path, law=_required, slope=_required, midpoint=_required)
        slope, midpoint = float(rule["slope"]), float(rule["midpoint"])
        return lambda score: 1.0 / (1.0 + np.exp(-slope * (score - midpoint)))
    one_of(section(node, path, law=_required)["law"], f"{path}.law", "score", "logistic")
    return lambda score: score


def parametric(node, path):
    node = section(node, path, type=_required, groups=_required, success={"law": "score"})
    success = success_rule(node["success"], f"{path}.success")
    groups = [section(g, f"{path}.groups.{i}", name=_required, share=_required, score=_required)
              for i, g in enumerate(node["groups"])]
    laws = []
    for i, group in enumerate(groups):
        here = f"{path}.groups.{i}.score"
        kinds = {"uniform": (Uniform, ["low", "high"]), "triangular": (Triangular, ["low", "mode", "high"]),
                 "logit_normal": (LogitNormal, ["mean", "sd"])}
        law = one_of(group["score"].get("law"), f"{here}.law", *kinds)
        made, keys = kinds[law]
        settings = section(group["score"], here, law=_required, **{key: _required for key in keys})
        laws.append(made(success, *(float(settings[key]) for key in keys)))
    return groups, laws


def score_table(node, path):
    node = section(node, path, type=_required, groups=_required)
    groups = [section(g, f"{path}.groups.{i}", name=_required, share=_required, scores=_required, mass=_required,
                      success=_required) for i, g in enumerate(node["groups"])]
    return groups, [Table(*(np.array(group[key], dtype=float) for key in ["scores", "mass", "success"]))
                    for group in groups]


def residuals(node, groups):
    names, rows = [], []  # rows: first, second, offset, width
    service, zero = len(groups), len(groups) + 1
    for kind, settings in node.items():
        path = f"constraints.{one_of(kind, 'constraints', 'demographic_parity', 'service_rate')}"
        if kind == "demographic_parity":
            settings = section(settings, path, tolerance=_required, pairs="all")
            one_of(settings["pairs"], f"{path}.pairs", "all")
            for high in range(len(groups)):
                for low in range(high):
                    for a, b in [(high, low), (low, high)]:
                        names.append(f"demographic_parity:{groups[a]}-{groups[b]}")
                        rows.append((a, b, -float(settings["tolerance"]), 2.0))
        else:
            settings = section(settings, path, floor=None, ceiling=None)
            if settings["floor"] is not None:
                names.append("service_rate:floor")
                rows.append((zero, service, float(settings["floor"]), 1.0))
            if settings["ceiling"] is not None:
                names.append("service_rate:ceiling")
                rows.append((service, zero, -float(settings["ceiling"]), 1.0))
    table = np.array(rows, dtype=float).reshape(-1, 4)
    return Residuals(names, table[:, 0].astype(int), table[:, 1].astype(int), table[:, 2], table[:, 3])


def agent(node, path):
    kind = one_of(node.get("type"), f"{path}.type", "ofs", "ucb1", "fixed")
    if kind == "fixed":
        made = section(node, path, type=_required, label="fixed", threshold=_required)
    else:
        made = section(node, path, type=_required, label=kind, grid=_required, radius={"type": "ucb1"}, init_pulls=1)
        radius = section(made["radius"], f"{path}.radius", type=_required, scale=0.05)
        one_of(radius["type"], f"{path}.radius.type", "ucb1")
        made["scale"] = float(radius["scale"])
        if isinstance(made["grid"], int):
            made["grid"] = np.arange(made["grid"]) / (made["grid"] - 1)
        made["grid"] = np.array(made["grid"], dtype=float)
    return made["label"], made


def read(path, overrides=()):
    """The World of a scenario file. overrides: KEY.PATH=VALUE, list items by number."""
    with open(path, encoding="utf-8") as file:
        root = yaml.safe_load(file)
    for assignment in overrides:
        keys, _, value = assignment.partition("=")
        *parents, last = [int(k) if k.isdigit() else k for k in keys.split(".")]
        node = root
        for key in parents:
            node = node[key] if isinstance(key, int) else node.setdefault(key, {})
        node[last] = yaml.safe_load(value)
    root = section(root, "scenario", scenario=_required, seed=_required, replications=1, horizon=_required,
                   fidelity="individuals", environment=_required, constraints={}, agents=_required, trace={})
    place = section(root["environment"], "environment", population=_required, score_model={"type": "identity"},
                    arrivals=_required, utility={}, dynamics=[])
    one_of(place["score_model"].get("type"), "environment.score_model.type", "identity")
    population = place["population"]
    kind = one_of(population.get("type"), "environment.population.type", "parametric", "score_table")
    groups, laws = (parametric if kind == "parametric" else score_table)(population, "environment.population")
    arrivals = section(place["arrivals"], "environment.arrivals", type=_required, size=_required)
    one_of(arrivals["type"], "environment.arrivals.type", "batch")
    utility = section(place["utility"], "environment.utility", success=1.0, failure=-1.0)
    rules = []
    for i, rule in enumerate(place["dynamics"]):
        here = f"environment.dynamics.{i}"
        one_of(rule.get("type"), f"{here}.type", "acceptance_share")
        rule = section(rule, here, type=_required, rate=_required, gain=_required)
        rules.append((float(rule["rate"]), float(rule["gain"])))
    trace = section(root["trace"], "trace", level="epochs", compression="deflate")
    names = [group["name"] for group in groups]
    shares = np.array([group["share"] for group in groups], dtype=float)
    rows = one_of(trace["level"], "trace.level", "epochs", "applicants") == "applicants"
    fidelity = one_of(root["fidelity"], "fidelity", "individuals", "counts")
    if rows and fidelity == "counts":
        raise Unsupported("trace.level = applicants: counts has no applicants (expected fidelity: individuals)")
    return World(root["scenario"], int(root["seed"]), int(root["replications"]), int(root["horizon"]), fidelity, names,
                 shares / shares.sum(), laws, int(float(arrivals["size"])),
                 (float(utility["success"]), float(utility["failure"])), rules, residuals(root["constraints"], names),
                 [agent(a, f"agents.{i}") for i, a in enumerate(root["agents"])], rows,
                 one_of(trace["compression"], "trace.compression", "none", "deflate"))
