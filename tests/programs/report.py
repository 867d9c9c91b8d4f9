"""The report: in numbers equal to `analyze`, offline, harmless; and, in Chromium, drawn, zoomed, toggled, printed."""
import html
import json
import re
import shutil
import sys

from browser import Browser, missing
from support import *

trace, page = SCRATCH / "small.h5", SCRATCH / "small.html"
expect(0, "run", scenario(replications=12), "-o", trace)


def report(trace, *arguments):
    out = trace.with_suffix(".html")
    done = expect(0, "report", trace, "-o", out, "--force", *arguments)
    assert done.stdout.startswith(f"wrote {out}") and not done.stderr, done
    return out.read_text()


def plain(text):
    return html.unescape(re.sub(r"<[^>]+>", "", text))


def answer(text):
    return [plain(one) for one in re.findall(r'<p class="answer">(.*?)</p>', text, re.S)]


def run_yaml(name, yaml, *arguments):
    path = SCRATCH / (name + ".yaml")
    path.write_text(yaml)
    expect(0, "run", path, "-o", SCRATCH / (name + ".h5"), *arguments)
    return SCRATCH / (name + ".h5")


def analysis(trace):
    return json.loads(expect(0, "analyze", trace, "--format", "json").stdout)


without = run("report", trace, "-o", page)
if "built without it" in without.stderr:
    print("skipped: " + without.stderr)
    sys.exit(77)
page.unlink()

# What can be seen without a browser.
text = report(trace)
assert len(text) < 1_500_000 and not re.search(r"""(src|href)\s*=\s*["']?(?!#)|url\(|@import|fetch\(|XMLHttpRequest""", re.sub(r'href="#', "", text))
assert "Permission is hereby granted" in text and "uPlot" in text and "<!--{" not in text
assert "No sweep of fixed thresholds lies beside the trace." in text and "oracle scenario.yaml --save" in text
for word in ["acceptance_share", "groups that are accepted more apply more", "demographic_parity", "tolerance&nbsp;0.05", "floor&nbsp;0.3",
             "12 replications", "300 decision epochs", "epsilon_greedy", "parametric"]:
    assert word in text, word
with h5py.File(trace, "r") as file:
    assert file.attrs["scenario_sha256"] in text and str(file.attrs["seed"]) in text and file.attrs["creation_time"] in text
    resolved = file["scenario_resolved"][()].decode()
assert resolved in [html.unescape(one) for one in re.findall(r"<pre>(.*?)</pre>", text, re.S)]

# The scenario of the page gives the same trace.
again = run_yaml("again", resolved)
assert same(datasets(trace), datasets(again))

told = analysis(trace)
rows = {(a["agent"], m["metric"], m["basis"], m["view"], m["subject"]): m for a in told["agents"] for m in a["window"]}
best = max(told["agents"], key=lambda a: rows[a["agent"], "reward", "expected", None, None]["mean"])["agent"]
sentences = answer(text)
assert len(sentences) == 3 and sentences[0].startswith(f"{best} earned most: {rows[best, 'reward', 'expected', None, None]['mean']:.4f} ("), sentences
assert "Over the last quarter of the time, on average, " in sentences[1] and "acceptance was highest for" in sentences[2]
leader = told["rankings"][0]["agents"]
assert ("separated from it" in sentences[0]) == (leader[1]["verdict"] == "worse"), (sentences, leader)

# With a sweep beside it, or named.
expect(0, "oracle", SCRATCH / "small.yaml", "--save", "--set", "replications=12", "-o", SCRATCH / "small.oracle.h5")
text = report(trace)
assert 'data-sweep="reward"' in text and "thresholds are feasible" in text and str(SCRATCH) not in text
shutil.move(SCRATCH / "small.oracle.h5", SCRATCH / "moved.h5")
assert 'data-sweep="reward"' not in report(trace)
assert 'data-sweep="reward"' in report(trace, "--oracle", SCRATCH / "moved.h5")
other = run_yaml("other", resolved.replace("tolerance: 0.05", "tolerance: 0.2"))
assert "moved.h5" in expect(2, "report", other, "--oracle", SCRATCH / "moved.h5").stderr
expect(3, "report", other, "--oracle", SCRATCH / "absent.h5")
shutil.copy(SCRATCH / "moved.h5", SCRATCH / "small.oracle.h5")
report(trace)

# Parts of a trace, and traces with little in them.
some = report(trace, "--agents", "ofs", "--window", "100:200")
assert "loopgate report small.h5 --window 100:200 --agents ofs" in html.unescape(some) and "epsilon_greedy</b>" not in some
assert answer(some)[0].startswith("Over epochs 100 to 199, ofs earned ") and "most" not in answer(some)[0]
bare = run_yaml("bare", re.sub(r"  dynamics:.*\n(    .*\n)*", "", re.sub(r"constraints:\n(  .*\n)*", "", resolved)).replace("replications: 12", "replications: 1"))
text = report(bare)
assert "Nothing: the population stays as it is." in text and "Nothing moves it" in text and "Cumulative violation" not in text
assert answer(text)[1] == "Nothing was required of the decisions." and "One replication tells nothing" in answer(text)[0]
few = run_yaml("few", resolved.replace("replications: 12", "replications: 4"))
assert "fewer than 10, no agent is called better" in answer(report(few))[0] and "cannot be judged, since too few replications were run" in answer(report(few))[1]
partial = SCRATCH / "partial.h5"
shutil.copy(trace, partial)
with h5py.File(partial, "r+") as file:
    file.attrs["complete"] = 0
    file["agents/ofs/epochs_written"][...] = [300, 100] + [0] * 10
text = report(partial)
assert "PARTIAL: ofs: 400 of 3600" in text and "PARTIAL: 4,000 of 7,200 epochs" in text
with h5py.File(partial, "r+") as file:
    file["agents/ofs/epochs_written"][...] = [100] * 12
assert "not ranked" in answer(report(partial))[0]
with h5py.File(partial, "r+") as file:
    for agent in ["ofs", "epsilon_greedy"]:
        file[f"agents/{agent}/epochs_written"][...] = 0
assert "no epoch is written" in expect(3, "report", partial, "-o", SCRATCH / "none.html").stderr and not (SCRATCH / "none.html").exists()

# A window tells what it saw: from its own first epoch, and that it is one.
some = report(trace, "--window", "20:60")
assert "This page is of epochs 20 to 59 alone, of 300." in plain(some) and "over the whole time" not in plain(some) and "over all epochs" not in plain(some)
assert "Over the last quarter of epochs 20 to 59, on average, " in answer(some)[1]
told, data = answer(some)[2], datasets(trace)
moves = re.findall(r"With (\S+), .*?; (\S+) (rose|fell) from ([\d.]+) to ([\d.]+) \([^)]*\) of the applicants", told)
assert moves, told
for agent, group, way, start, end in moves:
    share = data[f"{agent}/composition"][:, :, "ab".index(group)].mean(0)
    assert abs(share[20] - float(start)) < 6e-4 and abs(share[50:60].mean() - float(end)) < 6e-4 and abs(share[0] - float(start)) > 0.01, (told, share[20])
    assert way == ("rose" if share[50:60].mean() > share[20] else "fell"), told
assert "page is of epoch 7 alone" in plain(report(trace, "--window", "7:8"))
assert "page is of" not in report(trace) and "Over the last quarter of the time, on average, " in answer(report(trace))[1]


def lines(text, title):
    page_data = json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', text, re.S)[1])
    return next(plot for plot in page_data["plots"] if plot["title"] == title)["lines"], page_data["edges"]


# Limits are drawn as they are in force.
changed = run_yaml("changed", resolved, "--set", "horizon=200", "--set", "interventions=[{at: 100, set: constraints.demographic_parity.tolerance, to: 0.5}, "
                   "{type: ramp, from: 50, until: 150, set: constraints.service_rate.floor, to: 0.1}]")
text = report(changed)
(tolerance,), edges = lines(text, "Parity gap")
assert edges == list(range(201)) and tolerance["first"] == tolerance["last"] == [0.05] * 100 + [0.5] * 100, tolerance
(floor,), _ = lines(text, "Service rate")
assert np.allclose(floor["first"], np.interp(range(200), [50, 150], [0.3, 0.1]), rtol=0, atol=1e-12), floor
assert "The tolerance goes from 0.050 to 0.500." in text and 'class="limit"' not in text
(tolerance,), _ = lines(report(changed, "--window", "100:200"), "Parity gap")
assert set(tolerance["first"] + tolerance["last"]) == {0.5}
assert "The tolerance is 0.500." in report(changed, "--window", "100:200") and 'class="limit"' in report(changed, "--window", "150:200")
report(changed)

# Who is accepted, in words that hold.
assert "Whoever reaches the threshold that an agent has chosen is accepted." in plain(report(trace))
hiring = SCRATCH / "hiring.h5"
expect(0, "run", SOURCE / "scenarios/hiring_pipeline.yaml", "-o", hiring, "--set", "horizon=20", "--set", "replications=2")
text = plain(report(hiring))
assert "Whoever reaches" not in text and "Scores from here up are accepted" not in text
assert ("3 stages decide, screen, interview and offer: who reaches a stage's threshold is accepted there and goes where the route leads; "
        "at offer only the best are, as many as there is room for.") in text
assert "At screen, scores from here up go on." in text
exploring = run_yaml("exploring", resolved, "--set", "horizon=20", "--set", "agents=[{type: fixed, threshold: 0.5}, {type: active_accept, label: one, base: {type: fixed, "
                     "threshold: 0.5}}, {type: active_accept, label: two, base: {type: fixed, threshold: 0.5}}]")
assert "is accepted, and with one and two some of the others, by a draw." in plain(report(exploring))


def joined(names):
    return names[0] if len(names) == 1 else ", ".join(names[:-1]) + " and " + names[-1]


# The sentence on constraints, for 0, 1, 2 and 3 agents of each verdict. Accepting all or nobody meets parity.
judged = run_yaml("judged", f"""scenario: judged
seed: 3
replications: 12
horizon: 40
environment:
  population:
    type: parametric
    groups:
      - {{name: a, share: 0.5, score: {{law: uniform, low: 0, high: 1}}}}
      - {{name: b, share: 0.5, score: {{law: triangular, low: 0, mode: 0, high: 1}}}}
  arrivals: {{type: batch, size: 100}}
constraints: {{demographic_parity: {{tolerance: 0.05}}}}
agents: [{", ".join(f"{{type: fixed, label: {label}, threshold: {threshold}}}" for label, threshold in
                    [("m1", 0), ("m2", 0), ("m3", 1), ("v1", 0.5), ("v2", 0.4), ("v3", 0.3), ("o1", 0), ("o2", 0), ("o3", 0)])}]
""")
with h5py.File(judged, "r+") as file:
    for label in ["o1", "o2", "o3"]:  # replications that contradict each other
        file[f"agents/{label}/expected_residual"][...] = np.where(np.arange(12) % 2 == 0, 0.02, -0.02)[:, None, None]
gap = {label: t * (1 - t) for label, t in [("v1", 0.5), ("v2", 0.4), ("v3", 0.3)]}  # (1 - t) - (1 - t)^2


def judgement(met, bad, open_):
    parts = []
    by = {label: f"demographic parity, a over b, by {gap[label] - 0.05:.4f} ({gap[label] - 0.05:.4f} to {gap[label] - 0.05:.4f})" for label in gap}
    if met:
        parts.append(joined(met) + " met every constraint")
    if len(bad) in (1, 2):
        parts.append(joined([f"{label} violated {by[label]}" for label in bad]))
    if len(bad) > 2:
        parts.append(f"{joined(bad)} each violated one or more constraints, and the largest violation was that of v1: {by['v1']}")
    if open_:
        parts.append(joined(open_) + " may or may not have met every constraint, since the replications leave it open")
    return "Over the last quarter of the time, on average, " + "; ".join(parts) + "."


for n_met in range(4):
    for n_bad in range(4):
        for n_open in range(4):
            agents = [[f"{letter}{i + 1}" for i in range(n)] for letter, n in [("m", n_met), ("v", n_bad), ("o", n_open)]]
            if sum(agents, []):
                told = answer(report(judged, "--agents", *sum(agents, [])))[1]
                assert told == judgement(*agents), (told, judgement(*agents))
expect(0, "run", SCRATCH / "judged.yaml", "-o", SCRATCH / "few_judged.h5", "--set", "replications=3")
for agents in [["m1"], ["m1", "v1"], ["m1", "m2", "v1"]]:
    assert answer(report(SCRATCH / "few_judged.h5", "--agents", *agents))[1] == (
        f"Over the last quarter of the time, on average, {joined(agents)} cannot be judged, since too few replications were run.")

# Names are text, whatever they are.
names = ['</script><script>window.hacked = 1</script> "x" \'y\' & <b>bold</b>', "<img src=x onerror=window.hacked=2>", '"><i>label']
hostile = run_yaml("hostile", resolved.replace("scenario: small", "scenario: '" + names[0].replace("'", "''") + "'")
                   .replace("name: a", "name: " + names[1]).replace("label: ofs", "label: '" + names[2] + "'"))
text = report(hostile)
assert not re.search(r"<b>bold|<img|<i>label|<script>window", text)
assert names[0] in plain(re.search(r"<h1>(.*?)</h1>", text, re.S)[1].replace("\n", ""))

# Many groups and agents; thresholds of each group; a million epochs.
groups = ", ".join(f"{{name: g{i}, share: {share}, score: {{law: logit_normal, mean: {0.2 * i - 0.5:.1f}, sd: 1}}}}"
                   for i, share in enumerate([0.25, 0.25, 0.2, 0.1, 0.1, 0.1]))
agents = ", ".join(f"{{type: fixed, label: f{i}, threshold: {0.1 * i:.1f}}}" for i in range(7))
many = run_yaml("many", f"""scenario: many
seed: 3
replications: 10
horizon: 60
environment:
  population: {{type: parametric, groups: [{groups}]}}
  arrivals: {{type: batch, size: 300}}
  dynamics: [{{type: score_mean, rate: 0.05, gain: 0.2}}]
constraints: {{demographic_parity: {{tolerance: 0.1, pairs: pooled}}}}
agents: [{agents}, {{type: fixed, label: each, threshold: {{g0: 0.1, g1: 0.2, g2: 0.3, g3: 0.4, g4: 0.5, g5: 0.6}}}}]
""")
text = report(many)
assert text.count('class="canvas"') == 4 + 6 + 6 and "panel has its own scale" in text
expect(0, "oracle", SCRATCH / "many.yaml", "--grid", "7", "--objective", "horizon", "--save", "-o", SCRATCH / "many.oracle.h5")
report(many)
long = run_yaml("long", resolved.replace("horizon: 300", "horizon: 1000000").replace("fidelity: individuals", "fidelity: mean_field")
                .replace("replications: 12", "replications: 1"), "--set", "agents=[{type: fixed, threshold: 0.5}]", "--set", "trace.compression=none")
assert len(report(long)) < 1_500_000
long.unlink()

# Wrong command lines and places.
assert "exists already" in expect(2, "report", trace, "-o", page).stderr
assert "no such folder" in expect(2, "report", trace, "-o", SCRATCH / "no/such/page.html").stderr
assert "cannot be created" in expect(3, "report", trace, "-o", SCRATCH / ("n" * 250)).stderr
assert "did you mean `ofs`" in expect(2, "report", trace, "--agents", "osf", "--force").stderr
assert "--window" in expect(2, "report", trace, "--window", "5:5", "--force").stderr
expect(3, "report", SCRATCH / "absent.h5")
assert "no trace" in expect(2, "report").stderr
expect(0, "report", trace, "--help")
expect(0, "report", other)
assert (SCRATCH / "other.html").exists()
report(trace)
note("pages say what analyze says")

if missing():
    print(f"skipped: no browser was opened, since {missing()} is not here; scripts/install-packages gets it")
    sys.exit(77)


def check_page(browser, path, n_agents):
    browser.open(path)
    assert not browser.messages(), browser.messages()
    assert browser.run("return performance.getEntriesByType('resource').length") == 0
    ink = browser.ink()
    assert len(ink) == len(browser.all(".canvas")) > 0 and min(ink) > 20, (path, ink)
    assert len(browser.all(".legend button")) == n_agents
    for width in [360, 768, 1280]:
        browser.look(width, False)
        browser.settle()
        assert browser.run("return document.documentElement.scrollWidth") <= width, (path, width)


def shown_numbers(browser, css):
    return browser.run("return [...document.querySelectorAll(arguments[0])].map(e => e.innerText.trim())", css)


def decimals(value):
    return f"{abs(value):.4f}" if value >= 0 or round(value, 4) == 0 else f"−{abs(value):.4f}"


def check_numbers(browser):
    """Every number of the tables is that of `analyze`."""
    browser.open(page)
    told = analysis(trace)
    browser.run("for (const d of document.querySelectorAll('details')) d.open = true")
    shown = browser.run("return [...document.querySelectorAll('table.intervals tbody tr')].map(r => [...r.cells].map(c => c.textContent.trim()))")
    names = {"expected reward": ("reward", "expected"), "realised reward": ("reward", "realised"), "parity gap": ("demographic_parity_gap", "realised"),
             "parity ratio": ("demographic_parity_ratio", "realised"), "service rate": ("service_rate", "realised")}
    seen = 0
    for agent, metric, mean, t, bca, n in shown:
        metric, basis = names.get(metric, (metric.replace(" ", "_"), "expected"))
        subject = None if basis == "realised" or metric == "reward" else "worst residual"
        row = next(m for a in told["agents"] if a["agent"] == agent for m in a["window"] if (m["metric"], m["basis"], m["subject"]) == (metric, basis, subject))
        assert mean.replace(",", "").startswith(decimals(row["mean"])), (agent, metric, mean, row)
        assert t.replace(",", "") == f"{decimals(row['low'])} to {decimals(row['high'])}" and int(n) == row["n"], (agent, metric, t, row)
        assert bca.replace(",", "") == f"{decimals(row['bca_low'])} to {decimals(row['bca_high'])}", (agent, metric, bca, row)
        seen += 1
    assert seen == 2 * 12, seen
    shown = browser.run("""return [...document.querySelectorAll('details.agent')].map(d => [...d.querySelectorAll('tbody tr')].map(r => [...r.cells].map(c => c.innerText.split(/\\s/)[0])))""")
    columns = [("selection_rate", None), ("applicant_qualification_rate", "true"), ("applicant_qualification_rate", "observed"),
               ("true_positive_rate", "true"), ("true_positive_rate", "observed"), ("false_positive_rate", "true"), ("false_positive_rate", "observed"),
               ("positive_predictive_value", "true"), ("positive_predictive_value", "observed"), ("group_share", None), ("representation_ratio", None)]
    for agent, table in zip(told["agents"], shown):
        for group, *cells in table[:2]:
            for (metric, view), cell in zip(columns, cells):
                row = next(m for m in agent["window"] if (m["metric"], m["basis"], m["view"], m["subject"]) == (metric, "realised", view, group))
                assert cell == ("–" if row["mean"] is None else decimals(row["mean"])), (group, metric, view, cell, row)
    counts = browser.run("return [...document.querySelectorAll('table.counts')].map(t => [...t.tBodies[0].rows].map(r => [...r.cells].slice(1).map(c => Number(c.firstChild.textContent.replaceAll(',', '')))))")
    data = datasets(trace)
    for agent, table in zip(told["agents"], counts):
        total = {k: data[f"{agent['agent']}/{k}"].sum((0, 1)) for k in ["arrived", "accepted", "succeeded", "qualified"]}
        for g, (arrived, *parts) in enumerate(table):
            assert arrived == total["arrived"][g] == sum(parts) and parts[0] == total["succeeded"][g] and parts[2] == total["qualified"][g] - total["succeeded"][g]


def check_behaviour(browser):
    """Hover, zoom, toggle, keys."""
    browser.open(page)
    plot = browser.one('.canvas[data-plot="0"] .u-over')
    browser.run("arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})", plot)
    first = browser.pictures()
    browser.hover(plot, 0.5)
    tip = browser.one("#tip")
    assert tip.is_displayed() and "ofs" in tip.text and "epsilon_greedy" in tip.text, tip.text
    epoch = int(re.search(r"epochs? ([\d,]+)", tip.text)[1].replace(",", ""))
    data = datasets(trace)["ofs/expected_reward"]
    begin, end = next((b * 300 // 250, (b + 1) * 300 // 250) for b in range(250) if b * 300 // 250 == epoch)
    assert 130 < epoch < 170 and f"{data[:, begin:end].mean(1).mean():.4f}" in tip.text, (tip.text, data[:, begin:end].mean())
    browser.drag(plot, 0.2, 0.4)
    zoomed = browser.pictures()
    time_plots = browser.run("return [...document.querySelectorAll('.canvas')].map(box => 'plot' in box.dataset)")
    assert all((a != b) == is_time for a, b, is_time in zip(first, zoomed, time_plots)), "zoom moves the plots of time, all of them, and no others"
    assert browser.one(".reset").is_displayed()
    browser.hover(plot, 0.98)
    assert 110 < int(re.search(r"epochs? ([\d,]+)", tip.text)[1]) < 121, tip.text
    browser.double_click(plot)
    assert not browser.one(".reset").is_displayed() and browser.pictures() == first
    button = browser.all(".legend button")[0]
    button.click()
    browser.settle()
    hidden = browser.pictures()
    assert button.get_attribute("aria-pressed") == "false" and all(a != b for a, b in zip(first, hidden))
    browser.hover(plot, 0.5)
    assert "ofs" not in tip.text and "epsilon_greedy" in tip.text
    button.click()
    browser.hover(browser.one("#time h2"))
    assert browser.pictures() == first
    box = browser.one('.canvas[data-plot="2"]')
    browser.press(box, "HOME", "ARROW_RIGHT", "ARROW_RIGHT")
    assert "Parity gap" in tip.text and "epoch 2" in tip.text, tip.text
    browser.press(box, "END", "+")
    assert browser.one(".reset").is_displayed()
    browser.press(box, "ESCAPE")
    assert not browser.one(".reset").is_displayed()
    for option in ["extremes", "none", "interval"]:
        browser.run("const s = document.querySelector('.band select'); s.value = arguments[0]; s.dispatchEvent(new Event('change'))", option)
        browser.settle()
        assert (browser.pictures()[0] == first[0]) == (option == "interval"), option
    labels = browser.run("return [...document.querySelectorAll('.canvas')].map(e => e.getAttribute('role') + e.getAttribute('aria-label'))")
    assert all(label.startswith("img") and "ofs: from" in label or "thresholds are feasible" in label for label in labels), labels
    assert browser.run("return [...document.querySelectorAll('table th')].every(th => th.scope)")
    assert not browser.messages()


def luminance(colour):
    parts = [int(c) / 255 for c in re.findall(r"\d+", colour)[:3]]
    return sum(w * (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4) for w, c in zip([0.2126, 0.7152, 0.0722], parts))


def check_looks(browser):
    """Contrast in dark and light; paper."""
    for dark in [False, True]:
        browser.open(page, dark=dark)
        paper = luminance(browser.run("return getComputedStyle(document.body).backgroundColor"))
        assert (paper < 0.05) == dark
        for css, least in [("body", 7), (".pm", 4.5), ("figcaption p", 4.5), ("nav a", 4.5), ("thead th", 4.5)]:
            ink = luminance(browser.run("return getComputedStyle(document.querySelector(arguments[0])).color", css))
            assert (max(ink, paper) + 0.05) / (min(ink, paper) + 0.05) >= least, (dark, css)
        for agent in range(8):
            line = browser.run("const e = document.createElement('i'); e.style.color = `var(--agent-${arguments[0]})`; document.body.append(e); return getComputedStyle(e).color", agent)
            assert (max(luminance(line), paper) + 0.05) / (min(luminance(line), paper) + 0.05) >= 3, (dark, agent)
    dark_picture = browser.pictures()[0]
    browser.run("dispatchEvent(new Event('beforeprint'))")
    browser.look(794, True, "print")
    browser.settle()
    assert browser.run("return Math.max(...[...document.querySelectorAll('.canvas canvas')].map(c => c.getBoundingClientRect().right))") <= 794
    assert max(browser.run("return [...document.querySelectorAll('.canvas canvas')].map(c => c.clientWidth)")) <= 690
    assert min(browser.ink()) > 20 and browser.pictures()[0] != dark_picture
    assert browser.run("return [...document.querySelectorAll('details')].every(d => d.open)")
    assert luminance(browser.run("return getComputedStyle(document.querySelector('h1')).color")) < 0.05
    browser.run("dispatchEvent(new Event('afterprint'))")
    browser.look(1280, True)
    browser.settle()
    assert browser.pictures()[0] == dark_picture
    pdf = browser.pdf()
    assert pdf.startswith(b"%PDF") and len(pdf) > 50_000, len(pdf)


browser = Browser()
try:
    for name, n_agents in [("small", 2), ("bare", 2), ("few", 2), ("changed", 2), ("hostile", 2), ("many", 8), ("long", 1)]:
        check_page(browser, SCRATCH / (name + ".html"), n_agents)
        assert browser.run("return window.hacked") is None
    for attempt in range(10):  # the fastest of ten: other work on the machine slows a page, nothing speeds it up
        browser.open(SCRATCH / "many.html")
        if browser.run("return performance.getEntriesByType('navigation')[0].domComplete") < 1000:
            break
    else:
        raise AssertionError("no opening of ten took less than a second")
    check_numbers(browser)
    check_behaviour(browser)
    check_looks(browser)
finally:
    browser.close()
note("pages are drawn, zoomed, toggled and printed")
