"""Other people's tools open a trace and find names, dimensions, coordinates, units and values."""
import shutil
import subprocess

import netCDF4
import xarray

from support import *

for compression in ["none", "deflate"]:
    trace = SCRATCH / f"{compression}.h5"
    expect(0, "run", scenario(compression=compression), "-o", trace)
    with h5py.File(trace, "r") as file:
        assert file.attrs["complete"] == 1 and file.attrs["seed"] == 11
        assert [g.decode() for g in file["group"][...]] == ["a", "b"]
        assert [s.decode() for s in file["state"][...]] == ["share:a", "share:b"]
        ofs = file["agents/ofs"]
        assert ofs["threshold"].shape == (3, 300, 2) and ofs["residual"].shape == (3, 300, 3)
        assert (ofs["epochs_written"][...] == 300).all()
        assert not np.isnan(ofs["expected_reward"][...]).any()
        assert (ofs["accepted"][...] <= ofs["arrived"][...]).all() and (ofs["succeeded"][...] <= ofs["qualified"][...]).all()
        assert "arm_probability" in file["agents/epsilon_greedy"] and "arm_probability" not in ofs
        expected = ofs["reward"][...]
    for engine in ["h5netcdf", "netcdf4"]:
        with xarray.open_dataset(trace, group="agents/ofs", engine=engine) as data:
            assert data.threshold.dims == ("replication", "epoch", "group"), data.threshold.dims
            assert data.state.dims == ("replication", "epoch", "state_name")
            assert set(data.coords) >= {"replication", "epoch", "group", "constraint", "state_name"}, data.coords
            assert list(data.group.values) == ["a", "b"] and data.reward.attrs["units"] == "1"
            np.testing.assert_array_equal(data.reward.values, expected)
            assert data.threshold.sel(group="b", epoch=7).shape == (3,)
    for command in [["ncdump", "-h", trace], ["h5dump", "-d", "/agents/ofs/reward", "-c", "1,3", trace]]:
        done = subprocess.run(command, capture_output=True, text=True)
        assert done.returncode == 0 and "reward" in done.stdout, (command, done.stderr)
    copy = SCRATCH / "appended.nc"
    shutil.copy(trace, copy)
    with netCDF4.Dataset(copy, "a") as file:
        file["agents/ofs"].createVariable("twice", "f8", ("replication", "epoch"))[:] = 2 * expected
    with h5py.File(copy, "r") as file:
        np.testing.assert_array_equal(file["agents/ofs/twice"][...], 2 * expected)

# Audited arms: what the learner holds is what the epochs before gave it, and `expected` is what the epoch then played.
arms = SCRATCH / "arms.h5"
agents = "agents=[{type: ofs, grid: 11}, {type: ucb1, grid: 11}, {type: penalty_ucb, grid: 11}, {type: thompson, grid: 11}, {type: fixed, threshold: 0.5}]"
expect(0, "run", scenario(), "-o", arms, "--set", "trace.arms=7", "--set", agents)
with h5py.File(arms, "r") as file:
    assert "arms" not in file["agents/fixed"]
    for agent in ["ofs", "ucb1", "penalty_ucb"]:
        group, audit = file["agents/" + agent], file[f"agents/{agent}/arms"]
        grid, epochs = audit["arm"][...], audit["epoch"][...]
        assert list(epochs) == list(range(0, 300, 7)) and np.allclose(grid, np.arange(11) / 10)
        streams = [s.decode() for s in audit["stream"][...]]
        assert streams[0] == ("penalised_reward" if agent == "penalty_ucb" else "reward") and len(streams) == (4 if agent == "ofs" else 1)
        reward, residual, played = group["reward"][1], group["residual"][1], group["threshold"][1, :, 0]
        value = reward - 5 * np.maximum(residual, 0).max(1) if agent == "penalty_ucb" else reward
        exact, rest = group["expected_reward"][1], group["expected_residual"][1]
        exact = exact - 5 * np.maximum(rest, 0).max(1) if agent == "penalty_ucb" else exact
        for i, t in enumerate(epochs):
            for s in range(len(streams)):
                seen = value[:t] if s == 0 else residual[:t, s - 1]
                for k in range(11):
                    mine = seen[(played[:t] == grid[k]) & ~np.isnan(seen)]
                    assert audit["count"][1, i, s, k] == len(mine)
                    if len(mine) == 0:
                        assert np.isnan(audit["mean"][1, i, s, k]) and np.isinf(audit["radius"][1, i, s, k])
                        continue
                    assert np.isclose(audit["mean"][1, i, s, k], mine.mean())
                    if agent != "penalty_ucb":
                        width = 2 if s in (0, 1, 2) else 1
                        assert np.isclose(audit["radius"][1, i, s, k], 0.05 * width * np.sqrt(np.log(max(t, 1)) / len(mine)))
                now = audit["expected"][1, i, s, list(grid).index(played[t])]
                assert np.isclose(now, exact[t] if s == 0 else rest[t, s - 1])
    assert np.isnan(file["agents/thompson/arms/radius"][...]).all()
with xarray.open_dataset(arms, group="agents/ofs/arms") as data:
    assert data["mean"].dims == ("replication", "epoch", "stream", "arm") and "stream" in data.coords
note("audited arms agree with the epochs")
note("h5py, xarray, ncdump, h5dump and netCDF4 read the trace")
