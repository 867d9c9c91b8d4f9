"""Fills docs/ofs-study.md: each table stands between `<!-- NAME -->` and `<!-- end -->`."""
import re

import figures
import measure as m
import scenarios as s

WORDS = {"holds": "holds", "fails": "fails", "open": "cannot be told"}


def table(head, rows):
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)


def numbers(row, prefix=""):
    """(mean, low, high) of a row, of columns with that prefix."""
    return [float(row[key]) for key in ([prefix, f"{prefix}_low", f"{prefix}_high"] if prefix else ["mean", "low", "high"])]


def interval(row, digits, prefix=""):
    mean, low, high = (f"{round(x, digits) + 0:.{digits}f}" for x in numbers(row, prefix))
    return f"{mean} [{low}, {high}]"


def below_limit(row):
    if numbers(row)[2] < -m.GAP_LIMIT:
        return "met: earns more than it"
    return {"holds": "met", "fails": "not met", "open": "cannot be told"}[m.verdict(numbers(row), m.GAP_LIMIT, -1)]


def candidates(settings):
    """What was tried for an agent: each key with its values."""
    values = {key: sorted({setting[key] for setting in settings}) for key in settings[0]}
    return "; ".join(f"`{key}` " + ", ".join(f"{value:g}" for value in found) for key, found in values.items())


def settings(tables):
    chosen = {(row["environment"], row["agent"]): row["setting"] for row in tables["tuning"] if row["chosen"] == "yes"}
    return table(["agent", "tried in each environment", *s.ENVIRONMENTS, "tried in each cell of the map"],
                 [[m.NAMES[agent], candidates(s.HEADLINE_SETTINGS[agent]), *(chosen[e, agent] for e in s.ENVIRONMENTS),
                   candidates(s.MAP_SETTINGS[agent]) if agent in s.MAP_SETTINGS else ""] for agent in s.HEADLINE_AGENTS])


def headline(tables):
    rows = {(row["environment"], row["agent"], row["quantity"]): row for row in tables["headline"]}
    parts = []
    for e in s.ENVIRONMENTS:
        of = rows[e, s.OFS, "gap"]
        lines = []
        for agent in s.HEADLINE_AGENTS:
            own = {quantity: rows[e, agent, quantity] for quantity in ["reward", "violation", "gap"]}
            minus = ["", ""] if agent == s.OFS else [interval(own["reward"], 4, "ofs_minus_it"), interval(own["violation"], 1, "ofs_minus_it")]
            lines.append([m.NAMES[agent], interval(own["reward"], 4), interval(own["violation"], 1), interval(own["gap"], 4), *minus])
        parts.append(f"`{e}`: the best feasible fixed threshold is {float(of['comparator_threshold']):g}, worth "
                     f"{float(of['comparator_reward']):.4f}; without constraints the best one is worth "
                     f"{float(of['unconstrained_reward']):.4f}.\n\n"
                     + table(["agent", "reward", "cumulative violation", "steady-state gap", "OFS - it: reward",
                              "OFS - it: violation"], lines))
    return "\n\n".join(parts)


def gap(tables):
    rows = {(row["environment"], row["quantity"]): row for row in tables["headline"] if row["agent"] == s.OFS}
    return table(["environment", "scale chosen", "steady-state gap", f"below {m.GAP_LIMIT}", "violation per epoch, last quarter"],
                 [[f"`{e}`", rows[e, "gap"]["setting"].removeprefix("scale="), interval(rows[e, "gap"], 4), below_limit(rows[e, "gap"]),
                   interval(rows[e, "tail_violation"], 5)] for e in s.ENVIRONMENTS])


def radius(tables):
    rows = {(row["environment"], float(row["scale"]), row["quantity"]): row for row in tables["radius"]}
    lines = []
    for setting in s.HEADLINE_SETTINGS[s.OFS]:
        line = [f"{setting['scale']:g}"]
        for e in s.ENVIRONMENTS:
            at = rows[e, setting["scale"], "gap"]
            line += [f"{interval(at, 4)} {below_limit(at)}", f"{float(rows[e, setting['scale'], 'violation']['mean']):.1f}"]
        lines.append(line)
    return table(["scale", *(part for e in s.ENVIRONMENTS for part in [f"{e}: gap", "violation"])], lines)


def counts(verdicts):
    found = list(verdicts)
    return [found.count(word) for word in WORDS]


def verdicts(rows, claim):
    return (row[f"{claim.key}_verdict"] for row in rows)


def claims(tables):
    rows = tables["map"]
    return table(["OFS has", *WORDS.values(), "by each cell's own 95 % interval"],
                 [[claim.title, *counts(verdicts(rows, claim)),
                   " / ".join(map(str, counts(m.verdict(numbers(row, claim.key), claim.bound, claim.sign) for row in rows)))]
                  for claim in m.CLAIMS])


def by_axis(tables):
    """Cells where each claim holds / fails, along each axis of the map."""
    rows, lines = tables["map"], []
    for axis, values in [("dynamics", s.DYNAMICS), ("gain", s.GAINS), ("tolerance", s.TOLERANCES), ("batch", s.BATCHES)]:
        for value in values:
            there = [row for row in rows if row[axis] == str(value)]
            of = [" / ".join(map(str, counts(verdicts(there, claim))[:2])) for claim in m.CLAIMS]
            lines.append([f"{axis} {value}" if axis != "dynamics" else s.DYNAMICS[value][0], len(there), *of])
    return table(["cells", "number", *(claim.title for claim in m.CLAIMS)], lines)


PRICES = [("nothing (below 0.0005)", 0, 0.0005), ("0.0005 to 0.01", 0.0005, 0.01), ("0.01 to 0.05", 0.01, 0.05), ("more", 0.05, 9)]


def price(tables):
    """Cells where claims hold / fail, by what the constraints cost the best fixed threshold."""
    lines = []
    for title, low, high in PRICES:
        there = [row for row in tables["map"] if low <= float(row["unconstrained_reward"]) - float(row["comparator_reward"]) < high]
        lines.append([title, len(there), *(" / ".join(map(str, counts(verdicts(there, claim))[:2])) for claim in m.CLAIMS
                                           if claim.quantity == "reward")])
    return table(["the constraints cost, per applicant", "cells", *(claim.title for claim in m.CLAIMS if claim.quantity == "reward")], lines)


def together(tables):
    """How many cells have several claims at once, and what kind of gap."""
    rows = tables["map"]
    def hold(row, claims):
        return all(row[f"{claim.key}_verdict"] == "holds" for claim in claims)
    reward, violation, (near,) = ([claim for claim in m.CLAIMS if claim.quantity == q] for q in ["reward", "violation", "gap"])
    kinds = [("less violation than all three", lambda row: hold(row, violation)),
             ("more reward than all three", lambda row: hold(row, reward)),
             ("more reward and less violation than all three", lambda row: hold(row, reward + violation)),
             ("that, and a gap below the limit", lambda row: hold(row, m.CLAIMS)),
             ("more reward and less violation than primal-dual", lambda row: hold(row, [c for c in m.CLAIMS if c.other == "primal_dual"])),
             (f"a gap within -{m.GAP_LIMIT} to {m.GAP_LIMIT} (its 95 % interval)",
              lambda row: float(row["gap_low"]) > -m.GAP_LIMIT and float(row["gap_high"]) < m.GAP_LIMIT),
             (f"a gap below -{m.GAP_LIMIT} (its 95 % interval): OFS earns more than any feasible threshold held for ever",
              lambda row: float(row["gap_high"]) < -m.GAP_LIMIT)]
    return table(["in so many cells OFS has", f"of {len(rows)}"], [[what, sum(map(test, rows))] for what, test in kinds])


def dynamics(tables):
    return table(["dynamics", "rule, with gain g"], [[title, rule] for title, rule, _ in s.DYNAMICS.values()])


def filled(text, tables):
    """The document with its tables as the numbers now are."""
    for make in [dynamics, settings, headline, gap, radius, claims, price, together, by_axis]:
        text, n = re.subn(rf"(<!-- {make.__name__} -->\n).*?(<!-- end -->)", lambda found: found[1] + make(tables) + "\n" + found[2],
                          text, flags=re.DOTALL)
        if n != 1:
            raise m.ProgramFailed(2, f"expected `<!-- {make.__name__} -->` ... `<!-- end -->` once in ofs-study.md, found {n}")
    return text


def draw(folder, tables):
    """Every figure, into the folder."""
    figures.headline(tables["headline"], folder / "headline.svg")
    chosen = {row["environment"]: s.setting(row["setting"])["scale"] for row in tables["tuning"]
              if row["agent"] == s.OFS and row["chosen"] == "yes"}
    figures.radius(tables["radius"], chosen, folder / "radius.svg")
    for claim in m.CLAIMS:
        figures.regimes(tables["map"], claim, folder / f"map_{claim.key}.svg")
