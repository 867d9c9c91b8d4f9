"""`graph`: a picture of the loop in both formats, whole, with every stage and passage, no box over another."""
import itertools
import xml.etree.ElementTree as xml

from support import *

SVG = "{http://www.w3.org/2000/svg}"
ROUTE = """route:
  stages:
    screen: {cost: 0.02, on_accept: interview, on_reject: {to: screen, probability: 0.3, delay: {law: fixed, time: 6}}}
    interview: {threshold: 0.5, score_model: {type: noisy, sd: 0.5}, servers: {count: 4, time: {law: exponential, mean: 0.1}},
                patience: {law: exponential, mean: 3}, on_accept: "<offer> & \\"more\\"", on_reject: {to: second, probability: 0.5}}
    second: {threshold: 0.4, on_accept: "<offer> & \\"more\\""}
    "<offer> & \\"more\\"": {capacity: 20, agent: {type: ofs, grid: 11}}
interventions:
  - {type: pulse, from: 3, until: 5, set: environment.population.success_shift, to: {a: -0.2, b: -0.3}}
  - {at: 20, set: constraints.demographic_parity.tolerance, to: 0.02}
  - {type: ramp, from: 3, until: 8, set: environment.utility.failure, to: -2}
  - {at: 30, set: route.stages.interview.threshold, to: 0.6}
"""


def picture(path, *options):
    """Texts and boxes of the SVG, after looking that nothing overlaps or leaves the page."""
    tree = xml.fromstring(expect(0, "graph", path, "--format", "svg", *options).stdout)
    page, *boxes = [tuple(float(r.get(k, 0)) for k in ("x", "y", "width", "height")) for r in tree.iter(SVG + "rect")]
    for (x, y, w, h), (u, v, a, b) in itertools.combinations(boxes, 2):
        assert x + w <= u or u + a <= x or y + h <= v or v + b <= y, (x, y, w, h, u, v, a, b)
    for x, y, w, h in boxes:
        assert 0 <= x and x + w <= page[2] and 0 <= y and y + h <= page[3]
    texts = [t.text for t in tree.iter(SVG + "text")]
    for text in tree.iter(SVG + "text"):  # 8 px a letter is more than any needs
        x, y = float(text.get("x")), float(text.get("y"))
        assert 0 <= x and x + 6 * len(text.text) <= page[2] and 0 <= y <= page[3], text.text
        inside = [box for box in boxes if box[0] <= x <= box[0] + box[2] and box[1] <= y <= box[1] + box[3]]
        assert len(inside) <= 1 and all(x + 5.5 * len(text.text) <= b[0] + b[2] for b in inside), text.text
    return texts, boxes


plain = scenario()
staged = SCRATCH / "staged.yaml"
staged.write_text(plain.read_text() + ROUTE)
texts, boxes = picture(staged)
for name in ["screen", "interview", "second", '<offer> & "more"', "population", "outcomes", "feedback", "dynamics"]:
    assert texts.count(name) == 1, (name, texts)
for words in ["rejected, 30 %, after 6", "70 %", "threshold 0.5", "scores noisy: sd 0.5", "servers 4, each exponential: mean 0.1",
              "patience exponential: mean 3", "capacity 20, then a queue", "its own agent ofs", "cost 0.02", "left",
              "from 20: tolerance 0.02", "from 30: threshold 0.6", "3 to 8, bit by bit: failure -2", "told to the agent", "moves who comes"]:
    assert words in texts, (words, texts)
texts, boxes = picture(plain)
assert "decision" in texts and "each of: ofs, epsilon_greedy" in texts
assert "dynamics" not in picture(plain, "--set", "environment.dynamics=[]")[0]
for shipped in sorted((SOURCE / "scenarios").glob("*.yaml")):
    if run("validate", shipped).returncode == 0:  # its data may not be here
        picture(shipped)

dot = expect(0, "graph", staged).stdout
assert dot.startswith("digraph G {") and dot.rstrip().endswith("}") and dot.count("{") == dot.count("}")
assert '\\"more\\"' in dot and 'label="rejected, 30 %, after 6"' in dot and "screen\\neach of: ofs, epsilon_greedy" in dot
nodes = [line for line in dot.splitlines() if " [label=" in line and "->" not in line]
assert len(nodes) == len(picture(staged)[1]), (len(nodes), dot)

assert "did you mean `dot`" in expect(2, "graph", plain, "--format", "dott").stderr
assert "usage" in expect(2, "graph").stderr or "SCENARIO" in expect(2, "graph").stderr
staged.write_text(plain.read_text() + ROUTE.replace("threshold: 0.4, on_accept", "on_accept: 3, on_acept"))
assert "route.stages.second" in expect(2, "graph", staged).stderr
note(f"{len(boxes)} boxes and more, none over another")
