#!/usr/bin/python3
"""The closed loop in NumPy: what Loopgate is measured against. closed_loop.py SCENARIO -o OUT.h5 [--set KEY.PATH=VALUE]...

A Python loop over epochs; agents, dynamics and residuals are arrays over replications, applicants arrays over the batch.
Results have the names and shapes of a Loopgate trace under /agents/<label>."""
import argparse
import sys

import h5py
import numpy as np

import agents
import world as worlds


class Rows:
    """Applicant rows of one agent: a dataset per column and replication, written a million rows at a time."""

    def __init__(self, group, world):
        self.parts = [[] for _ in range(world.n_replications)]
        self.waiting = [0] * world.n_replications
        self.datasets = []
        typed = isinstance(world.laws[0], worlds.Table)
        self.columns = {"group": "u1", **({"type": "u4"} if typed else {"score": "f8"}), "accepted": "u1", "success": "u1"}
        options = {"compression": "gzip", "compression_opts": 1, "shuffle": True} if world.compression == "deflate" else {}
        for r in range(world.n_replications):
            place = group.create_group(f"applicants/r{r:04d}")
            self.datasets.append({name: place.create_dataset(name, (0,), dtype, maxshape=(None,), chunks=(65536,), **options)
                                  for name, dtype in self.columns.items()})

    def add(self, r, g, score, kind, accepted, success):
        person = score if kind is None else kind
        self.parts[r].append((np.full(accepted.size, g, dtype="u1"), person, accepted, success))
        self.waiting[r] += accepted.size
        if self.waiting[r] >= 1 << 20:
            self.flush(r)

    def flush(self, r):
        if not self.parts[r]:
            return
        for name, parts in zip(self.columns, zip(*self.parts[r])):
            dataset = self.datasets[r][name]
            dataset.resize(dataset.size + self.waiting[r], axis=0)
            dataset[-self.waiting[r]:] = np.concatenate(parts)
        self.parts[r], self.waiting[r] = [], 0

    def close(self):
        for r in range(len(self.parts)):
            self.flush(r)


def draw_individuals(world, rng, shares, thresholds, rows):
    """Counts [4, R, G]: arrived, accepted, succeeded, qualified. thresholds [R, G]."""
    arrived = rng.multinomial(world.batch, shares)
    counts = np.zeros((4, *arrived.shape), dtype=np.int64)
    counts[0] = arrived
    for r, sizes in enumerate(arrived.tolist()):
        for g, n in enumerate(sizes):
            score, probability, kind = world.laws[g].draw(rng, n)
            success = rng.random(n) < probability
            accepted = score >= thresholds[r, g] - world.laws[g].tolerance
            counts[1:, r, g] = (np.count_nonzero(accepted), np.count_nonzero(accepted & success),
                                np.count_nonzero(success))
            if rows is not None:
                rows.add(r, g, score, kind, accepted, success)
    return counts


def draw_counts(world, rng, shares, response):
    """The same counts from their exact law. response: acceptance, success if accepted, success if rejected, [R, G]."""
    arrived = rng.multinomial(world.batch, shares)
    accepted = rng.binomial(arrived, response[0])
    succeeded = rng.binomial(accepted, response[1])
    return np.stack([arrived, accepted, succeeded, succeeded + rng.binomial(arrived - accepted, response[2])])


def evolve(world, shares, arrived, rates):
    """Every acceptance_share rule in turn; a group without arrivals keeps its share."""
    present = arrived > 0
    for rate, gain in world.dynamics:
        weight = np.where(present, world.shares * np.exp(gain * rates), 0.0)
        held = (shares * present).sum(axis=1, keepdims=True)
        target = held * weight / weight.sum(axis=1, keepdims=True)
        shares = np.where(present, (1.0 - rate) * shares + rate * target, shares)
    return shares


def simulate(world, settings, rng, rows=None):
    """All replications of one agent: name -> array [R, T, ...], as in a trace."""
    agent = agents.make(settings, world, rng)
    n_runs, n_epochs, n_groups = world.n_replications, world.n_epochs, len(world.groups)
    responses = np.array([[law.respond(s) for law, s in zip(world.laws, row)] for row in agent.thresholds])  # [K, G, 2]
    qualified = np.array([law.respond(-np.inf)[1] for law in world.laws])  # [G]
    acceptance, both = responses[..., 0], responses[..., 1]
    with np.errstate(invalid="ignore", divide="ignore"):
        conditional = np.clip(np.nan_to_num([acceptance, both / acceptance, (qualified - both) / (1.0 - acceptance)]), 0, 1)
    gain, loss = world.utility
    shares = np.tile(world.shares, (n_runs, 1))
    arms = np.empty((n_epochs, n_runs), dtype=int)
    composition = np.empty((n_epochs, n_runs, n_groups))
    tallies = np.empty((n_epochs, 4, n_runs, n_groups))
    rewards = np.empty((n_epochs, n_runs))
    residuals = np.empty((n_epochs, n_runs, len(world.residuals.names)))
    with np.errstate(invalid="ignore"):
        for t in range(n_epochs):
            arm = arms[t] = agent.choose()
            composition[t] = shares
            if world.fidelity == "counts":
                counts = draw_counts(world, rng, shares, conditional[:, arm])
            else:
                counts = draw_individuals(world, rng, shares, agent.thresholds[arm], rows)
            tallies[t] = counts
            arrived, accepted, succeeded = counts[:3]
            all_accepted, all_succeeded = accepted.sum(axis=1), succeeded.sum(axis=1)
            rates = accepted / arrived
            rewards[t] = (all_succeeded * gain + (all_accepted - all_succeeded) * loss) / world.batch
            residuals[t] = world.residuals.of(rates, all_accepted / world.batch)
            agent.learn(rewards[t], residuals[t])
            if world.dynamics:
                shares = evolve(world, shares, arrived, rates)
    accepted, both = acceptance[arms], both[arms]  # [T, R, G]
    value = both * gain + (accepted - both) * loss
    results = dict(zip(["arrived", "accepted", "succeeded", "qualified"], tallies.swapaxes(0, 1)))
    results |= {"threshold": agent.thresholds[arms], "composition": composition, "reward": rewards, "residual": residuals,
                "qualification_rate": np.broadcast_to(qualified, composition.shape),
                "expected_reward": (composition * value).sum(axis=-1),
                "expected_residual": world.residuals.of(accepted, (composition * accepted).sum(axis=-1))}
    return {name: np.swapaxes(array, 0, 1) for name, array in results.items()}


def run(world, path):
    """Every agent of the world, into an HDF5 file."""
    sequences = np.random.SeedSequence(world.seed).spawn(len(world.agents))
    options = {"compression": "gzip", "compression_opts": 1, "shuffle": True} if world.compression == "deflate" else {}
    with h5py.File(path, "w") as file:
        file["group"], file["constraint"] = world.groups, world.residuals.names
        for (label, settings), sequence in zip(world.agents, sequences):
            group = file.create_group(f"agents/{label}")
            rows = Rows(group, world) if world.rows else None
            for name, array in simulate(world, settings, np.random.Generator(np.random.PCG64(sequence)), rows).items():
                group.create_dataset(name, data=array, **(options if array.size else {}))
            if rows is not None:
                rows.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("scenario")
    parser.add_argument("-o", "--output", required=True)
    parser.add_argument("--set", action="append", default=[], metavar="KEY.PATH=VALUE", dest="overrides")
    given = parser.parse_args()
    try:
        run(worlds.read(given.scenario, given.overrides), given.output)
    except worlds.Unsupported as problem:
        print(f"{given.scenario}: {problem}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
