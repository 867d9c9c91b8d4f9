"""The baseline's agents. One object plays R replications side by side; arms are the rows of thresholds [K, G]."""
import numpy as np


class Fixed:
    def __init__(self, settings, world, rng):
        threshold = settings["threshold"]
        if isinstance(threshold, dict):
            threshold = [threshold[name] for name in world.groups]
        self.thresholds = np.broadcast_to(np.array(threshold, dtype=float), (1, len(world.groups)))
        self.arm = np.zeros(world.n_replications, dtype=int)

    def choose(self):
        return self.arm

    def learn(self, reward, residual):
        pass


class Index:
    """UCB1 on the reward, and with residuals Optimistic Feasible Search: the best optimistic reward among arms whose
    optimistic residuals are all <= 0, else the least worst optimistic residual. Radius scale width sqrt(ln t / n)."""

    def __init__(self, settings, world, rng):
        grid = settings["grid"]
        n_runs, n_arms = world.n_replications, grid.size
        self.thresholds = np.repeat(grid[:, None], len(world.groups), axis=1)
        every = np.tile(np.arange(n_arms), (n_runs, 1))
        self.first = np.concatenate([rng.permuted(every, axis=1) for _ in range(int(settings["init_pulls"]))], axis=1)
        gain = (0.0, *world.utility)
        widths = [max(gain) - min(gain)]
        if settings["type"] == "ofs":
            widths += list(world.residuals.width)
        self.width = settings["scale"] * np.array(widths)[:, None]  # [S, 1]
        shape = (len(widths), n_runs, n_arms)
        self.count, self.total, self.mean = np.zeros(shape), np.zeros(shape), np.zeros(shape)
        self.half = np.full(shape, np.inf)  # scale width / sqrt(n)
        self.sign = np.where(np.arange(len(widths)) == 0, 1.0, -1.0)[:, None, None]
        self.runs, self.rounds, self.arm = np.arange(n_runs), 0, None

    def choose(self):
        if self.rounds < self.first.shape[1]:
            self.arm = self.first[:, self.rounds]
            return self.arm
        bound = self.mean + self.sign * np.sqrt(np.log(self.rounds)) * self.half  # reward above, residuals below
        upper = bound[0]
        if len(bound) == 1:
            self.arm = upper.argmax(axis=1)
            return self.arm
        worst = bound[1:].max(axis=0)
        feasible = worst <= 0.0
        reward = np.where(feasible, upper, -np.inf)
        tied = reward == reward.max(axis=1, keepdims=True)  # everyone where nothing is feasible
        self.arm = np.where(tied, worst, np.inf).argmin(axis=1)
        none = ~feasible.any(axis=1)
        if none.any():  # ties of the least violation go to the larger reward
            least = worst[none] == worst[none].min(axis=1, keepdims=True)
            self.arm[none] = np.where(least, upper[none], -np.inf).argmax(axis=1)
        return self.arm

    def learn(self, reward, residual):
        """reward [R], residual [R, M]; NaN: not observed."""
        value = np.vstack([reward, residual.T])[: len(self.width)]  # [S, R]
        seen = ~np.isnan(value)
        at = (slice(None), self.runs, self.arm)
        count = self.count[at] + seen
        total = self.total[at] + np.where(seen, value, 0.0)
        self.count[at], self.total[at] = count, total
        some = np.maximum(count, 1.0)
        self.mean[at] = total / some
        self.half[at] = np.where(count > 0.0, self.width / np.sqrt(some), np.inf)
        self.rounds += 1


def make(settings, world, rng):
    return (Fixed if settings["type"] == "fixed" else Index)(settings, world, rng)
