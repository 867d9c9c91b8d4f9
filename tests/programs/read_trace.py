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
note("h5py, xarray, ncdump, h5dump and netCDF4 read the trace")
