"""Runs Loopgate on scenarios of the study and takes numbers of replications from what it says."""
import json
import pathlib
import subprocess
import tempfile
from dataclasses import dataclass

import numpy as np
import scipy.stats
import yaml

import scenarios as s

GAP_LIMIT = 0.003  # of the steady-state gap, per applicant
VIOLATION_LIMIT = 0.005  # when settings are chosen: of the worst residual, mean over epochs; a tenth of the shipped tolerance


class ProgramFailed(Exception):
    """Loopgate refused; the message is its own, the code its exit code."""

    def __init__(self, code, message):
        super().__init__(message)
        self.code = code


def mean_and_interval(values, level=0.95):
    """(mean, low, high): Student's t interval over replications. values: [replication]."""
    values = np.asarray(values, dtype=float)
    mean, n = values.mean(), len(values)
    half = scipy.stats.t.ppf((1 + level) / 2, n - 1) * values.std(ddof=1) / np.sqrt(n)
    return mean, mean - half, mean + half


def verdict(interval, bound=0, sign=1):
    """Whether an interval (mean, low, high) is above the bound (sign 1) or below it (-1): `holds`, `fails` or `open`."""
    _, *ends = interval
    low, high = sorted(sign * (end - bound) for end in ends)
    return "holds" if low > 0 else "fails" if high < 0 else "open"


class Loopgate:
    """The program, with scratch files that are gone after each call."""

    def __init__(self, program, scratch=None):
        self.program, self.scratch = pathlib.Path(program).resolve(), scratch

    def call(self, folder, *arguments):
        done = subprocess.run([self.program, *map(str, arguments)], cwd=folder, capture_output=True, text=True)
        if done.returncode != 0:
            raise ProgramFailed(done.returncode, done.stderr.strip())
        return done.stdout

    def simulated(self, folder, scenario):
        (folder / "s.yaml").write_text(yaml.safe_dump(scenario, sort_keys=False))
        self.call(folder, "run", "s.yaml", "--threads", 1, "--quiet")

    def folder(self):
        return tempfile.TemporaryDirectory(prefix="loopgate_study_", dir=self.scratch)

    def tuned(self, scenario):
        """Label -> (reward per applicant, mean violation per epoch), expected values, means over replications."""
        with self.folder() as name:
            folder = pathlib.Path(name)
            self.simulated(folder, scenario)
            reward, violation = ({agent["agent"]: agent["mean"] for agent in json.loads(
                self.call(folder, "compare", "s.h5", "--metric", metric, "--format", "json"))["agents"]}
                for metric in ["expected_reward", "mean_violation"])
        return {label: (reward[label], violation[label]) for label in reward}

    def evaluated(self, scenario):
        """(comparator, label -> quantity -> [replication]). comparator: `threshold`, `reward`, `feasible` of the oracle, and
        `unconstrained_reward`, that of the best fixed threshold if nothing were constrained; all in the long run.
        reward: expected, per applicant, mean over epochs. violation: positive parts of the worst expected residual,
        summed over epochs. gap: steady-state gap, and tail_violation: violation per epoch, both over the last quarter."""
        with self.folder() as name:
            folder = pathlib.Path(name)
            self.simulated(folder, scenario)
            oracle = json.loads(self.call(folder, "oracle", "s.yaml", "--save", "--threads", 1, "--format", "json"))
            said = json.loads(self.call(folder, "analyze", "s.h5", "--oracle", "s.oracle.h5", "--format", "json"))
        unconstrained, = (arm["reward"] for arm in oracle["sweep"] if arm["threshold"] == oracle["unconstrained"])
        return said["comparator"] | {"unconstrained_reward": unconstrained}, {agent["agent"]: {
            "reward": numbers(agent["window"], "reward", None),
            "violation": numbers(agent["window"], "cumulative_violation", "worst residual"),
            "gap": numbers(agent["tail"], "steady_state_gap", None),
            "tail_violation": numbers(agent["tail"], "mean_violation", "worst residual"),
        } for agent in said["agents"]}


def numbers(metrics, metric, subject):
    found, = (m for m in metrics if (m["metric"], m["basis"], m["subject"]) == (metric, "expected", subject))
    if None in found["values"]:
        raise ProgramFailed(1, f"{metric} is undefined in a replication")
    return np.array(found["values"])


def chosen(rows, constrained):
    """The index of the best setting. rows: [(reward, violation)]. Constrained agents: the most reward among settings with a
    mean violation of at most VIOLATION_LIMIT, else the least violation; others: the most reward."""
    kept = [i for i, (_, violation) in enumerate(rows) if violation <= VIOLATION_LIMIT] if constrained else range(len(rows))
    if not kept:
        return min(range(len(rows)), key=lambda i: rows[i][1])
    return max(kept, key=lambda i: rows[i][0])


def tuning(loopgate, make, agent, settings):
    """Tries the settings of an agent: ([(setting, reward, violation)], index of the chosen one). make: [(agent, setting,
    label)] -> scenario on the training seed."""
    found = loopgate.tuned(make([(agent, setting, s.text(setting)) for setting in settings]))
    rows = [found[s.text(setting)] for setting in settings]
    return [(setting, *row) for setting, row in zip(settings, rows)], chosen(rows, agent not in s.UNCONSTRAINED)


# ---- Claims about a cell.
@dataclass(frozen=True)
class Claim:
    """A claim about OFS: that the mean over replications of `shown` is above the bound (sign 1) or below it (-1)."""
    key: str
    title: str
    sign: int
    bound: float
    quantity: str  # of Loopgate.evaluated
    other: str | None  # OFS minus this agent; None: OFS itself

    def shown(self, values):
        ofs = values[s.OFS][self.quantity]
        return ofs - values[self.other][self.quantity] if self.other else ofs


NAMES = {"ofs": "OFS", "ucb1": "UCB1", "thompson": "Thompson", "primal_dual": "primal-dual", "penalty_ucb": "penalty-UCB",
         "pessimistic": "pessimistic OFS"}
OTHERS = [agent for agent in s.MAP_AGENTS if agent != s.OFS]
CLAIMS = ([Claim(f"reward_{other}", f"more reward than {NAMES[other]}", 1, 0, "reward", other) for other in OTHERS]
          + [Claim(f"violation_{other}", f"less violation than {NAMES[other]}", -1, 0, "violation", other) for other in OTHERS]
          + [Claim("gap", f"steady-state gap below {GAP_LIMIT}", -1, GAP_LIMIT, "gap", None)])
FAMILY_LEVEL = 1 - 0.05 / len(s.CELLS)  # of each cell's interval, so that a claim's whole diagram holds with 95 %


def cell_row(loopgate, name, size):
    """The row of map.csv: tunes every agent on the training seed, then evaluates all on the held-out one."""
    where, best = s.CELLS[name], {}
    for agent, settings in s.MAP_SETTINGS.items():
        rows, index = tuning(loopgate, lambda tried: s.cell(where, s.TRAINING_SEED, size.map_training, size, tried), agent, settings)
        best[agent] = rows[index][0]
    comparator, values = loopgate.evaluated(s.cell(where, s.HELD_OUT_SEED, size.map_held_out, size,
                                                   [(agent, best[agent], agent) for agent in s.MAP_AGENTS]))
    if not comparator["feasible"]:
        raise ProgramFailed(1, f"{name}: no fixed threshold is feasible, so that there is no steady-state gap")
    row = {"cell": name, "dynamics": where.dynamics, "batch": where.batch, "gain": where.gain, "tolerance": where.tolerance,
           **{agent: s.text(best[agent]) for agent in s.MAP_AGENTS},
           "comparator_threshold": comparator["threshold"], "comparator_reward": comparator["reward"],
           "unconstrained_reward": comparator["unconstrained_reward"],
           "ofs_tail_violation": values[s.OFS]["tail_violation"].mean()}
    for claim in CLAIMS:
        shown = claim.shown(values)
        row |= dict(zip([claim.key, f"{claim.key}_low", f"{claim.key}_high"], mean_and_interval(shown)))
        row[f"{claim.key}_verdict"] = verdict(mean_and_interval(shown, FAMILY_LEVEL), claim.bound, claim.sign)
    return row
