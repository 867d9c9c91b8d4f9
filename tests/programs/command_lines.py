"""Every command line of the program that a scenario, README.md or a page of docs/ shows is one that it takes."""
import itertools
import os
import re
import shlex
import sys

from support import *

# What stands for something in a usage, and the thing itself here. cell.yaml is what another program writes.
STANDS_FOR = {"SCENARIO": "mine.yaml", "FILE": "mine.yaml", "TRACE": "mine.h5", "TRACE...": "mine.h5", "ROWS": "rows.h5",
              "scenarios/NAME.yaml": str(SOURCE / "scenarios/contraction.yaml"), "KIND": "agents", "cell.yaml": "mine.yaml", "cell.h5": "mine.h5"}
NAMES = {"agents": "ofs", "dynamics": "drift", "delays": "table"}  # after `describe KIND`
SHORT = ["--set", "horizon=210", "--set", "replications=4"]
KEEPS = ["--set", "trace={level: applicants, arms: 50}"]  # rows, and what learners held


def blocks(path):
    """(line number, text) of each command of a file: lines of code or of a comment, and what stands in backticks."""
    lines = path.read_text().splitlines()
    comment = path.suffix == ".yaml"
    prose = []
    for i, line in enumerate(lines):
        if comment:
            line = line[1:] if line.startswith("#") else ""
        code = re.match(r" {3,}(.*)", line)
        if code and code[1].startswith("loopgate "):
            more = itertools.takewhile(lambda one: re.match(r"#\s{4,}--", one), lines[i + 1:]) if comment else []
            yield i + 1, re.sub(r" {2,}.*", "", code[1]) + " ".join(["", *(one[1:].strip() for one in more)])
        prose.append("" if code else line)
    text = "\n".join(re.sub(r"^```.*", "", one) for one in prose)
    for found in re.finditer(r"`(loopgate [^`]+)`", text):
        yield text[:found.start()].count("\n") + 1, " ".join(found[1].split())


def commands(text):
    """The words of each command of a line of shell, and the redirections left out."""
    lexer = shlex.shlex(text, posix=True, punctuation_chars=";|&<>")
    lexer.whitespace_split, lexer.commenters = True, "#"
    command, skip = [], False
    for word in [*lexer, ";"]:
        if set(word) <= set(";|&"):
            if command and command[0] == "loopgate":
                yield command[1:]
            command, skip = [], False
        elif word == ">":
            skip = True
        elif not skip and word != "...":
            command.append(word)


def without_brackets(words):
    """A usage's words outside of square brackets, and the options named within."""
    depth, plain, options = 0, [], []
    for word in words:
        depth += word.startswith("[") and not word.endswith("=[")
        (options if depth else plain).append(word.strip("[]") if depth else word)
        depth -= depth > 0 and word.endswith("]")
    return plain, [one for one in options if one.startswith("-")]


def instance(words):
    """The command with things for what stands for them, and short."""
    words = [STANDS_FOR.get(word, word) for word in words]
    words = [str(SOURCE / word) if word.startswith("scenarios/") else re.sub(r"\bS\b", "0.1", word) for word in words]
    if words[0] == "describe" and words[-1] == "NAME":
        words[-1] = NAMES[words[1]]
    if words[0] == "init":
        words = ["own.yaml" if word == "mine.yaml" else word for word in words]
    if words[0] in ("run", "oracle") and not any(word.startswith("horizon=") for word in words):
        words += SHORT
    if words[0] == "run":
        words += [*KEEPS, "--force"] if "mine.yaml" in words else ["--force"]
    if words[0] in ("report", "expand", "export") or "--save" in words:
        words += [] if "-o" in words and words[words.index("-o") + 1] == "-" else ["--force"]
    return words


def whole(words):
    """Whether the command is one to type, and no verb that prose speaks of. All cases of `verify` have a test of their own."""
    named = [word for before, word in zip(words, words[1:]) if not word.startswith("-") and not before.startswith("--")]
    return words[0] in ("list", "schema", "init") or bool(named)


def try_usage(verb, options):
    text = expect(0, verb, "--help").stdout
    for option in options:
        name = option.split("=")[0].strip(",")
        assert re.search(re.escape(name) + r"\b", text), (verb, name, text)


def needs_data(words):
    """Whether a scenario among the words reads a data set that is not here."""
    named = [re.search(r"^ +file: ((?:german_credit|compas|fico)/\S+)", (SOURCE / word).read_text(), re.M)
             for word in words if word.endswith(".yaml") and (SOURCE / word).exists()]
    roots = [os.environ.get("LOOPGATE_DATA", ""), os.path.expanduser("~/.cache/loopgate")]
    return any(one and not any(os.path.exists(os.path.join(root, one[1])) for root in roots) for one in named)


# The file of the README, and rows for it.
readme = (SOURCE / "README.md").read_text()
mine = re.search(r"```yaml\n(.*?)```", readme, re.S)[1]
(SCRATCH / "mine.yaml").write_text(mine)
rng = np.random.default_rng(5)
(SCRATCH / "people.csv").write_text("id,district,income,repaid\n" + "".join(
    f"{i},{['N', 'NE', 'S'][i % 3]},{income:.2f},{'yes' if rng.random() < 1 / (1 + np.exp(-income)) else 'no'}\n"
    for i, income in enumerate(rng.normal(size=400))))
expect(0, "run", "mine.yaml", *SHORT, *KEEPS)
expect(0, "expand", "mine.h5", "-o", "rows.h5", "--agents", "ofs")

report = "built without it" not in run("report", "mine.h5", "--force").stderr
files = [SOURCE / "README.md", *sorted((SOURCE / "docs").glob("*.md")), *sorted((SOURCE / "scenarios").glob("*.yaml")),
         SOURCE / "scenarios/README.md", *sorted((SOURCE / "cli/templates").glob("*.yaml"))]
tried, wrong = set(), []
for path in files:
    for line, text in blocks(path):
        for words in commands(text):
            words, options = without_brackets(words)
            place = f"{path.relative_to(SOURCE)}:{line}: loopgate {' '.join(words)}"
            if words[0] == "report" and not report or needs_data(words):
                print("skipped: " + place)
                continue
            try:
                try_usage(words[0], options + [word for word in words if word.startswith("--")])
                if not whole(words):
                    continue
                command = instance(words)
                if tuple(command) not in tried:
                    expect(0, *command)
                tried.add(tuple(command))
            except AssertionError as problem:
                wrong.append(f"{place}\n    {problem.args[0]}")
assert not wrong, "\n".join(wrong)
assert len(tried) > 30, len(tried)
note(f"{len(tried)} command lines are taken")
