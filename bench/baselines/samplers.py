#!/usr/bin/python3
"""NumPy's counterparts of the sampler benchmarks: samplers.py REPETITIONS prints JSON, name -> ns a draw.

Arrays of 1,000 draws; as in a closed loop, the parameters differ from draw to draw."""
import json
import sys
import timeit

import numpy as np

rng = np.random.Generator(np.random.PCG64(1))
p = np.linspace(0.29, 0.31, 1000)
cells = np.full((1000, 8), 1.0 / 8.0)
draws = {"uniform": lambda: rng.random(1000), "normal": lambda: rng.standard_normal(1000),
         "binomial/1000": lambda: rng.binomial(1000, p), "binomial/50000000": lambda: rng.binomial(50_000_000, p),
         "multinomial/8": lambda: rng.multinomial(1000, cells)}
print(json.dumps({name: [t / 200 / 1000 * 1e9 for t in timeit.repeat(draw, number=200, repeat=int(sys.argv[1]))]
                  for name, draw in draws.items()}))
