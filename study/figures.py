"""Figures of the study as SVG, the same to the byte for the same numbers."""
import collections
import io
import re
from xml.etree import ElementTree

import matplotlib
import matplotlib.pyplot as plt
from matplotlib.patches import Patch

import measure as m
import scenarios as s

matplotlib.use("svg")
matplotlib.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "loopgate", "font.size": 9, "axes.titlesize": 9,
                            "font.family": "sans-serif", "font.sans-serif": ["DejaVu Sans"], "axes.spines.top": False,
                            "axes.spines.right": False, "axes.grid": True, "grid.color": "#e5e5e5", "axes.axisbelow": True})
SVG = "http://www.w3.org/2000/svg"
ElementTree.register_namespace("", SVG)
ElementTree.register_namespace("xlink", "http://www.w3.org/1999/xlink")
VERDICTS = {"holds": ("#9ecae1", "holds"), "fails": ("#fdae6b", "fails"), "open": ("#eeeeee", "cannot be told")}
COLOURS = {"ofs": "#08519c", "ucb1": "#a63603", "thompson": "#e6550d", "primal_dual": "#31a354", "penalty_ucb": "#756bb1",
           "pessimistic": "#636363"}


def save(figure, path):
    """Writes the figure without what no reader needs: metadata, names, groups of one, digits below a hundredth of a point;
    a style that stands more than once becomes a class. An element a line."""
    drawn = io.StringIO()
    figure.savefig(drawn, metadata={"Date": None, "Creator": None}, facecolor="white")
    plt.close(figure)
    text = re.sub(r' transform="rotate\(-0 [^"]*"', "", drawn.getvalue())
    text = re.sub(r'"[^"]*"', lambda attribute: re.sub(r"(\.\d\d)\d+", r"\1", attribute[0]), text)
    root = ElementTree.fromstring(text)  # drops comments
    used = set(re.findall(r'(?:url\(|href=")#([^)"]+)', text))
    styles = collections.Counter(element.get("style") for element in root.iter() if element.get("style"))
    classes = {style: f"s{i}" for i, (style, n) in enumerate(styles.items()) if n > 1}
    compact(root, used, classes)
    rules = "".join(f".{name}{{{style}}}" for style, name in classes.items())
    next(element for element in root.iter(f"{{{SVG}}}style")).text += rules
    path.write_text(re.sub(r">\s*<", ">\n<", ElementTree.tostring(root, encoding="unicode")) + "\n")


def compact(element, used, classes):
    """Of everything inside an element: no unused names, shared styles as classes, no group that says nothing."""
    kept = []
    for child in element:
        if child.tag == f"{{{SVG}}}metadata":
            continue
        compact(child, used, classes)
        if child.get("id") not in used:
            child.attrib.pop("id", None)
        if child.get("style") in classes:
            child.set("class", classes[child.attrib.pop("style")])
        if "d" in child.attrib:
            child.set("d", " ".join(child.get("d").split()))
        child.tail = None
        kept += list(child) if child.tag == f"{{{SVG}}}g" and not child.attrib else [child]
    element[:] = kept
    if kept:
        element.text = None


def numbers(row):
    return float(row["mean"]), float(row["low"]), float(row["high"])


def headline(rows, path):
    """A column per environment; reward, violation and gap of each agent with 95 % intervals."""
    titles = {"reward": "reward per applicant", "violation": "cumulative violation (log scale)",
              "gap": f"steady-state gap (dashed: {m.GAP_LIMIT})"}
    figure, axes = plt.subplots(3, len(s.ENVIRONMENTS), figsize=(9.5, 7), sharey=True, squeeze=False)
    figure.subplots_adjust(hspace=0.45, wspace=0.12, left=0.125, right=0.98, top=0.95, bottom=0.08)
    for column, environment in enumerate(s.ENVIRONMENTS):
        axes[0, column].set_title(environment)
        for (quantity, title), ax in zip(titles.items(), axes[:, column]):
            for y, agent in enumerate(s.HEADLINE_AGENTS):
                mean, low, high = next(numbers(row) for row in rows
                                       if (row["environment"], row["agent"], row["quantity"]) == (environment, agent, quantity))
                ax.errorbar(mean, y, xerr=[[mean - low], [high - mean]], fmt="o", color=COLOURS[agent], markersize=4, capsize=3)
            if quantity == "violation":
                ax.set_xscale("log")
            else:
                ax.locator_params(axis="x", nbins=5)
            if quantity == "gap":
                ax.axvline(m.GAP_LIMIT, color="#777777", linestyle="--", linewidth=1)
            ax.set_xlabel(title)
            ax.set_yticks(range(len(s.HEADLINE_AGENTS)), [m.NAMES[agent] for agent in s.HEADLINE_AGENTS])
            ax.set_ylim(len(s.HEADLINE_AGENTS) - 0.4, -0.6)
            ax.grid(axis="y", visible=False)
    save(figure, path)


def radius(rows, chosen, path):
    """Gap and violation of OFS by the scale of its radius. chosen: environment -> scale."""
    figure, axes = plt.subplots(2, len(s.ENVIRONMENTS), figsize=(9.5, 5), sharex=True, squeeze=False)
    figure.subplots_adjust(hspace=0.3, wspace=0.28, left=0.06, right=0.98, top=0.87, bottom=0.1)
    for column, environment in enumerate(s.ENVIRONMENTS):
        for (quantity, title), ax in zip({"gap": "steady-state gap", "violation": "cumulative violation"}.items(), axes[:, column]):
            line = [(float(row["scale"]), *numbers(row)) for row in rows
                    if (row["environment"], row["quantity"]) == (environment, quantity)]
            scale, mean, low, high = zip(*line)
            ax.fill_between(scale, low, high, color=COLOURS["ofs"], alpha=0.2, linewidth=0)
            ax.plot(scale, mean, "o-", color=COLOURS["ofs"], markersize=3, linewidth=1)
            ax.axvline(chosen[environment], color="#a63603", linestyle=":", linewidth=1.2)
            ax.set_xscale("log")
            if quantity == "gap":
                ax.axhline(m.GAP_LIMIT, color="#777777", linestyle="--", linewidth=1)
            else:
                ax.set_yscale("log")
                ax.set_xlabel("scale of the radius")
            ax.set_title(f"{environment}: {title}", loc="left")
    figure.text(0.06, 0.95, f"dashed: {m.GAP_LIMIT}; dotted: the scale that was chosen on the training seed; bands: 95 % intervals",
                fontsize=8)
    save(figure, path)


def regimes(rows, claim, path):
    """Where a claim holds: a row of panels per batch size, a column per dynamics, gain by tolerance in each."""
    found = {row["cell"]: row for row in rows}
    figure, axes = plt.subplots(len(s.BATCHES), len(s.DYNAMICS), figsize=(9.5, 7), squeeze=False)
    figure.subplots_adjust(hspace=0.3, wspace=0.1, left=0.08, right=0.99, top=0.87, bottom=0.07)
    for i, batch in enumerate(s.BATCHES):
        for j, (dynamics, (title, _, _)) in enumerate(s.DYNAMICS.items()):
            ax = axes[i, j]
            ax.grid(visible=False)
            ax.set(xlim=(0, len(s.GAINS)), ylim=(0, len(s.TOLERANCES)))
            ax.spines[:].set_visible(False)
            ax.tick_params(length=0)
            for x, gain in enumerate(s.GAINS):
                for y, tolerance in enumerate(s.TOLERANCES):
                    row = found.get(s.Cell(dynamics, batch, gain, tolerance).name)
                    if row:
                        ax.add_patch(plt.Rectangle((x, y), 1, 1, facecolor=VERDICTS[row[f"{claim.key}_verdict"]][0],
                                                   edgecolor="white", linewidth=1.5, clip_on=False))
                        ax.text(x + 0.5, y + 0.5, short(float(row[claim.key])), ha="center", va="center", fontsize=7)
            ax.set_xticks([x + 0.5 for x in range(len(s.GAINS))], [f"{gain:g}" for gain in s.GAINS])
            ax.set_yticks([y + 0.5 for y in range(len(s.TOLERANCES))], [f"{t:g}" for t in s.TOLERANCES] if j == 0 else [])
            if i == 0:
                ax.set_title(title, fontsize=8.5)
            if i == len(s.BATCHES) - 1:
                ax.set_xlabel("gain of the feedback")
            if j == 0:
                ax.set_ylabel(f"batch {batch}\ntolerance")
    figure.suptitle(f"OFS: {claim.title}", x=0.08, y=0.985, ha="left", fontsize=11)
    figure.text(0.08, 0.925, CAPTIONS[claim.quantity], ha="left", fontsize=8)
    figure.legend(handles=[Patch(color=colour, label=label) for colour, label in VERDICTS.values()], loc="upper right",
                  bbox_to_anchor=(0.995, 0.995), ncol=3, frameon=False, fontsize=8)
    save(figure, path)


CAPTIONS = {"reward": "number: reward per applicant, OFS minus the other", "gap": "number: reward of the best feasible fixed "
            "threshold minus that of OFS, per applicant, over the last quarter; below 0: OFS earns more than it",
            "violation": "number: cumulative violation, OFS minus the other"}


def short(value):
    """Three digits at most, so that it fits a cell."""
    if abs(value) >= 10:
        return f"{value:.0f}"
    if abs(value) >= 1:
        return f"{value:.1f}"
    return f"{value:.3f}".replace("0.", ".") if round(value, 3) else "0"
