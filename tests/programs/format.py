"""Every tracked C++ file is as clang-format 14 writes it."""
import shutil
import subprocess
import sys

from support import *

program = shutil.which("clang-format-14") or shutil.which("clang-format")
version = subprocess.run([program, "--version"], capture_output=True, text=True).stdout if program else ""
if "version 14." not in version:
    print(f"skipped: clang-format 14 is needed and {version.strip() or 'none'} is here; scripts/install-packages gets it")
    sys.exit(77)
tracked = subprocess.run(["git", "ls-files", "*.cpp", "*.hpp"], cwd=SOURCE, capture_output=True, text=True)
if tracked.returncode != 0:
    print("skipped: the sources are no git checkout, so that tracked files are not known")
    sys.exit(77)
files = [name for name in tracked.stdout.split() if (SOURCE / name).exists()]
assert len(files) > 50, tracked
done = subprocess.run([program, "--dry-run", "--Werror", "--style=file", *files], cwd=SOURCE, capture_output=True, text=True)
odd = sorted({line.split(":")[0] for line in done.stderr.splitlines() if "clang-format-violations" in line})
assert done.returncode == 0, f"not formatted: {', '.join(odd)}; run clang-format -i on them"
note(f"{len(files)} files are formatted")
