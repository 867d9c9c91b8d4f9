"""Do two samples come from one law? p-values of the null hypothesis that they do."""
import math

import numpy as np


def chi_square_tail(x, df):
    """P(X >= x), X chi-square with df degrees of freedom: the regularised upper incomplete gamma function, by its series
    or by Lentz's continued fraction (Press et al. 2007, section 6.2)."""
    a, x = 0.5 * df, 0.5 * x
    if x <= 0.0:
        return 1.0
    scale = math.exp(a * math.log(x) - x - math.lgamma(a))
    if x < a + 1.0:
        term = total = 1.0 / a
        n = a
        while term > 1e-16 * total:
            n += 1.0
            term *= x / n
            total += term
        return max(0.0, 1.0 - scale * total)
    b = x + 1.0 - a
    c, d = 1e300, 1.0 / b
    value, i = d, 0
    while True:
        i += 1
        b += 2.0
        an = -i * (i - a)
        d, c = 1.0 / (an * d + b), b + an / c
        value *= d * c
        if abs(d * c - 1.0) < 1e-15:
            return scale * value


def chi_square(a, b, least=20):
    """Rows of a and b ([n, k], whole numbers; n alike) as cells of a contingency table. Cells with fewer than `least`
    rows in both samples together are merged, so that each sample expects 10 or more in each cell."""
    assert len(a) == len(b)
    _, cell = np.unique(np.concatenate([a, b]), axis=0, return_inverse=True)
    cell = cell.ravel()
    counts = np.stack([np.bincount(part, minlength=cell.max() + 1) for part in np.split(cell, [len(a)])])
    counts = counts[:, np.argsort(counts.sum(axis=0), kind="stable")]
    total = counts.sum(axis=0)
    rare = max(np.count_nonzero(total < least), np.searchsorted(np.cumsum(total), least) + 1)
    counts = np.column_stack([counts[:, :rare].sum(axis=1), counts[:, rare:]])
    assert counts.shape[1] > 1, "one cell only"
    statistic = ((counts[0] - counts[1]) ** 2 / counts.sum(axis=0)).sum()
    return chi_square_tail(statistic, counts.shape[1] - 1)


def kolmogorov_smirnov(a, b):
    """Two-sided, asymptotic with Stephens' correction (conservative where values tie). a, b: [n] numbers."""
    a, b = np.sort(a), np.sort(b)
    every = np.concatenate([a, b])
    gap = np.abs(np.searchsorted(a, every, "right") / a.size - np.searchsorted(b, every, "right") / b.size).max()
    size = math.sqrt(a.size * b.size / (a.size + b.size))
    x = (size + 0.12 + 0.11 / size) * gap
    if x < 0.2:
        return 1.0
    return min(1.0, max(0.0, 2.0 * sum((-1) ** (j - 1) * math.exp(-2.0 * (j * x) ** 2) for j in range(1, 101))))


def check_tails():
    """The tails against closed forms: df = 1 and 2, even df = 40, and the table value of Kolmogorov's law."""
    for x in [0.1, 1.0, 5.0, 30.0, 90.0]:
        assert math.isclose(chi_square_tail(x, 1), math.erfc(math.sqrt(0.5 * x)), rel_tol=1e-10)
        assert math.isclose(chi_square_tail(x, 2), math.exp(-0.5 * x), rel_tol=1e-10)
        poisson = sum(math.exp(k * math.log(0.5 * x) - 0.5 * x - math.lgamma(k + 1)) for k in range(20))
        assert math.isclose(chi_square_tail(x, 40), poisson, rel_tol=1e-9)
    n = 1000000
    shifted = np.arange(n) / n + 1.3581 / math.sqrt(n / 2)
    assert abs(kolmogorov_smirnov(np.arange(n) / n, shifted) - 0.05) < 5e-4
