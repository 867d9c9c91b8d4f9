"""Folders include only what their layer may, and third-party libraries stay behind their one folder."""
import re

from support import *

may = {"core": {"core"}, "environments": {"core", "environments"}, "agents": {"core", "agents"}, "analysis": {"core", "analysis"}}
behind = {"yaml-cpp/": "core/scenario", "hdf5": "core/trace", "boost/graph": "core/route"}
bad = []
for folder, allowed in may.items():
    for path in [*(SOURCE / folder).rglob("*.cpp"), *(SOURCE / folder).rglob("*.hpp")]:
        name = path.relative_to(SOURCE).as_posix()
        for include in re.findall(r'#include "([^"]+)"', path.read_text()):
            if include.split("/")[0] not in allowed:
                bad.append(f"{name} includes {include}")
        for include in re.findall(r"#include <([^>]+)>", path.read_text()):
            bad += [f"{name} includes {include}" for library, home in behind.items() if include.startswith(library) and not name.startswith(home)]
assert not bad, bad
note("layers hold")
