"""Derived tables are what their command makes of the data, and the scenario on them is the one on the rows."""
import os
import subprocess
import sys

from support import *

folders = [SOURCE.__class__(f) for f in os.environ.get("LOOPGATE_DATA", "").split(":") if f]
if not any((f / "compas/compas-two-years.csv").exists() for f in folders):
    print("skipped: compas/compas-two-years.csv is absent; set LOOPGATE_DATA")
    sys.exit(77)
if any((f / "fico/transrisk_cdf_by_race_ssa.csv").exists() for f in folders):
    fico = subprocess.run([SOURCE / "scripts/derive-fico"], capture_output=True, text=True, check=True).stdout
    assert fico == (SOURCE / "scenarios/data/fico.csv").read_text()
made = subprocess.run([SOURCE / "scripts/derive-compas-deciles"], capture_output=True, text=True, check=True).stdout
assert made == (SOURCE / "scenarios/data/compas_deciles.csv").read_text()
agents = ["--set", "agents=[{type: fixed, threshold: 6}]", "--set", "fidelity=mean_field", "--set", "horizon=50", "--replications", "1"]
for name in ["compas", "compas_deciles"]:
    expect(0, "run", SOURCE / f"scenarios/{name}.yaml", "-o", SCRATCH / f"{name}.h5", *agents)
rows, table = datasets(SCRATCH / "compas.h5"), datasets(SCRATCH / "compas_deciles.h5")
for name in ["expected_reward", "composition", "accepted", "qualified", "expected_residual"]:
    np.testing.assert_allclose(rows["fixed/" + name], table["fixed/" + name], rtol=1e-12, atol=1e-12)
note("the deciles are derived again, and give the loop of the rows")
