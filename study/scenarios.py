"""The scenarios of the study: environments, cells of the map, agents with the settings that are tried for each."""
import itertools
import pathlib
from dataclasses import dataclass

import yaml

SOURCE = pathlib.Path(__file__).resolve().parents[1]
TRAINING_SEED, HELD_OUT_SEED = 1001, 2002
ENVIRONMENTS = ["german_credit", "compas", "contraction"]  # scenarios/NAME.yaml
OFS = "ofs"
UNCONSTRAINED = ["ucb1", "thompson"]  # see no constraint: tuned for reward alone
HEADLINE_AGENTS = [OFS, "ucb1", "thompson", "primal_dual", "penalty_ucb", "pessimistic"]
MAP_AGENTS = [OFS, "ucb1", "thompson", "primal_dual"]


@dataclass(frozen=True)
class Size:
    """How much is computed: runs of each agent on the training seed and on the held-out one, in the environments and in a
    cell of the map, and epochs of a run."""
    training: int
    held_out: int
    horizon: int
    map_training: int
    map_held_out: int
    map_horizon: int


FULL = Size(training=20, held_out=200, horizon=5000, map_training=8, map_held_out=50, map_horizon=3000)
QUICK = Size(training=2, held_out=10, horizon=200, map_training=2, map_held_out=10, map_horizon=200)

# Settings tried: as many for each agent. A setting is written `key=value key=value`; `scale` is that of the radius.
SCALES = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.015, 0.02, 0.03, 0.05, 0.1, 0.2, 0.5]
FEW_SCALES = [0.002, 0.005, 0.01, 0.02, 0.05, 0.1]


def grid(**values):
    return [dict(zip(values, chosen)) for chosen in itertools.product(*values.values())]


HEADLINE_SETTINGS = {
    OFS: grid(scale=SCALES),
    "ucb1": grid(scale=SCALES),
    "thompson": grid(variance=[1e-6, 1e-5, 3e-5, 1e-4, 3e-4, 1e-3, 2e-3, 5e-3, 1e-2, 3e-2, 0.1, 0.25]),
    "primal_dual": grid(scale=[0.002, 0.005, 0.01, 0.02], step=[0.02, 0.1, 0.5]),
    "penalty_ucb": grid(scale=[0.005, 0.02, 0.05], penalty=[0.5, 1, 2, 5]),
    "pessimistic": grid(scale=SCALES),
}
MAP_SETTINGS = {
    OFS: grid(scale=FEW_SCALES),
    "ucb1": grid(scale=FEW_SCALES),
    "thompson": grid(variance=[1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2]),
    "primal_dual": grid(scale=[0.005, 0.02], step=[0.02, 0.1, 0.5]),
}


def text(setting):
    return " ".join(f"{key}={value:g}" for key, value in setting.items())


def setting(words):
    return {key: float(value) for key, value in (word.split("=") for word in words.split())}


def agent(name, setting, thresholds, label=None):
    """An entry of `agents`."""
    entry = {"type": OFS if name == "pessimistic" else name, "label": label or name, "grid": thresholds}
    if name == "pessimistic":
        entry["feasible"] = "pessimistic"
    for key, value in setting.items():
        if key == "scale":
            entry["radius"] = {"type": "ucb1", "scale": value}
        else:
            entry[key] = value
    return entry


# ---- The map. A cell is a world: which feedback, how many apply an epoch, how strong the feedback, how tight the parity.
BATCHES = [50, 200, 1000]
GAINS = [0, 0.5, 1, 2]
TOLERANCES = [0.02, 0.05, 0.1, 0.2]
DYNAMICS = {  # key -> (title, what a gain of g is, rule with that gain)
    "acceptance_share": ("groups accepted more apply more", "`acceptance_share`, rate 0.05, `gain` g",
                         lambda g: {"type": "acceptance_share", "rate": 0.05, "gain": g}),
    "score_mean": ("scores follow acceptance", "`score_mean`, rate 0.02, `gain` g (on the logit scale)",
                   lambda g: {"type": "score_mean", "rate": 0.02, "gain": g}),
    "retention": ("the rejected stop applying", "`retention`, 2 % leave per epoch and 2 % g more of the rejected: a group that "
                  "is always rejected shrinks to 1 / (1 + g)",
                  lambda g: {"type": "retention", "retained": 0.98, "slope": 0.02 * g, "loss": "rejection",
                             "inflow": {"a": 0.012, "b": 0.008}}),
    "performative_shift": ("scores follow the threshold", "`performative_shift`, rate 0.05, `sensitivity` g (on the logit scale)",
                           lambda g: {"type": "performative_shift", "rate": 0.05, "sensitivity": g}),
}


@dataclass(frozen=True)
class Cell:
    dynamics: str
    batch: int
    gain: float
    tolerance: float

    @property
    def name(self):
        return f"{self.dynamics}-batch{self.batch}-gain{self.gain:g}-tolerance{self.tolerance:g}"


CELLS = {cell.name: cell for cell in (Cell(*c) for c in itertools.product(DYNAMICS, BATCHES, GAINS, TOLERANCES))}
QUICK_CELLS = ["score_mean-batch50-gain1-tolerance0.05", "retention-batch200-gain2-tolerance0.05"]


def shipped(name):
    return yaml.safe_load((SOURCE / "scenarios" / f"{name}.yaml").read_text())


def finished(scenario, name, seed, replications, horizon, agents):
    """The scenario with what the study sets, in the order of the shipped files. agents: entries without a grid of their own
    take the shipped one."""
    changed = {**scenario, "scenario": name, "seed": seed, "replications": replications, "horizon": horizon}
    return {**changed, "agents": agents, "trace": {"level": "epochs", "compression": "none"}}


def environment(name, seed, replications, size, settings):
    """A shipped environment; settings: [(agent, setting, label)]."""
    base = shipped(name)
    thresholds = base["agents"][0]["grid"]
    return finished(base, f"study-{name}", seed, replications, size.horizon,
                    [agent(kind, chosen, thresholds, label) for kind, chosen, label in settings])


def cell(where, seed, replications, size, settings):
    """scenarios/contraction.yaml with the cell's dynamics, applicants and tolerance, by counts, whose law is that of
    individuals. retention moves how many apply, so that their number has to be a Poisson one; it is in all cells."""
    base = shipped("contraction")
    base["fidelity"] = "counts"
    base["environment"]["arrivals"] = {"type": "poisson", "mean": where.batch}
    base["environment"]["dynamics"] = [DYNAMICS[where.dynamics][2](where.gain)]
    base["constraints"]["demographic_parity"]["tolerance"] = where.tolerance
    thresholds = base["agents"][0]["grid"]
    return finished(base, f"study-{where.name}", seed, replications, size.map_horizon,
                    [agent(kind, chosen, thresholds, label) for kind, chosen, label in settings])
