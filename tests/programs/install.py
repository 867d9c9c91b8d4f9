"""An installed Loopgate runs, and find_package(loopgate) serves a program outside the tree."""
import subprocess
import sys

from support import *

prefix, build = SCRATCH / "prefix", SCRATCH / "build"
consumer = SOURCE / "tests/programs/consumer"
for command in [["cmake", "--install", sys.argv[2], "--prefix", prefix],
                ["cmake", "-S", consumer, "-B", build, "-G", "Ninja", f"-DCMAKE_PREFIX_PATH={prefix}", "-DCMAKE_BUILD_TYPE=Release"],
                ["cmake", "--build", build]]:
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, (command, done.stdout[-2000:], done.stderr[-2000:])
assert subprocess.run([build / "consumer"], capture_output=True, text=True).stdout == "11 agents\n"
assert "loopgate 0." in subprocess.run([prefix / "bin/loopgate", "--version"], capture_output=True, text=True).stdout
note("the installed package builds a program")
