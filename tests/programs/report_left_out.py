"""Where npm is missing or fails: the build says so and goes on, or stops if told to; the program says why and how."""
import os
import pathlib
import shutil
import subprocess
import sys

from support import *

without = pathlib.Path(sys.argv[2])
expect(0, "run", scenario(horizon=20), "-o", SCRATCH / "small.h5")
done = subprocess.run([without, "report", SCRATCH / "small.h5"], capture_output=True, text=True, cwd=SCRATCH)
assert done.returncode == 2 and "built without it, since npm was not found" in done.stderr, done
assert "LOOPGATE_REPORT=ON" in done.stderr and not list(SCRATCH.glob("*.html"))
assert subprocess.run([without, "report", "--help"], capture_output=True, text=True).returncode == 0

tools = SCRATCH / "tools"
tools.mkdir()
for tool in ["cmake", "ninja", "sh", "env"]:
    (tools / tool).symlink_to(shutil.which(tool))


def configure(name, *options):
    done = subprocess.run([tools / "cmake", "-S", SOURCE / "tests/programs/report_assets", "-B", SCRATCH / name, "-G", "Ninja",
                           "-DCMAKE_FIND_USE_CMAKE_SYSTEM_PATH=OFF", *options],
                          capture_output=True, text=True, env={"PATH": str(tools), "HOME": os.environ.get("HOME", "/")})
    page = SCRATCH / name / "report_template.cpp"
    return done, page.read_text() if page.exists() else ""


done, page = configure("auto")
assert done.returncode == 0 and "loopgate report: left out, since npm was not found" in done.stdout, done
assert 'report_template = R"page()page"' in page and "npm was not found" in page
done, page = configure("on", "-DLOOPGATE_REPORT=ON")
assert done.returncode != 0 and "npm was not found" in done.stderr, done
done, page = configure("off", "-DLOOPGATE_REPORT=OFF")
assert done.returncode == 0 and "LOOPGATE_REPORT is OFF" in page, done
npm = tools / "npm"
npm.write_text("#!/bin/sh\necho 'npm error network request to the registry failed' >&2\nexit 1\n")
npm.chmod(0o755)
done, page = configure("failing")
assert done.returncode == 0 and "`npm ci` failed (npm error network request" in done.stdout and "npm error" in page, done

# What was fetched once is not fetched again, and the lock names no registry.
lock = (SOURCE / "report/package-lock.json").read_text()
assert "http" not in lock and '"integrity"' in lock
found = [folder for folder in PROGRAM.parents if (folder / "report/fetched").exists()]
if found:
    shutil.copytree(found[0] / "report", SCRATCH / "kept/report")
    done, page = configure("kept")
    assert done.returncode == 0 and "uPlot" in page and "left out" not in done.stdout, done
note("the report is left out with a word, never silently")
