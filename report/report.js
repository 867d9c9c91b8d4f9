// Draws what the page's `data` element holds. The tables and words of the page do without.
(() => {
  'use strict';
  const data = JSON.parse(document.getElementById('data').textContent);
  const root = document.documentElement, tip = document.getElementById('tip');
  const toolbar = document.querySelector('.toolbar'), resetButton = document.querySelector('.reset');
  const dashes = [[], [7, 3], [2, 2.5], [9, 2, 2, 2], [4, 2]];
  const shown = data.agents.map(() => true);
  const charts = [];  // of time: {u, panel, plot, box}
  let band = 'interval', highlighted = null, active = null;

  const colour = name => getComputedStyle(root).getPropertyValue(name).trim();
  const agentColour = a => colour('--agent-' + a % 8);
  const dashOf = a => dashes[a % 4 + Math.floor(a / 8) % 2];
  const font = () => '11px ' + getComputedStyle(document.body).fontFamily;

  const decode = text => {
    const bytes = Uint8Array.from(atob(text), c => c.charCodeAt(0));
    return Array.from(new Float32Array(bytes.buffer), v => (Number.isNaN(v) ? null : v));
  };
  const decimals = value => value.toFixed(Math.abs(value) >= 1000 ? 0 : Math.abs(value) >= 10 ? 2 : 4).replace('-', '−');
  const whole = value => Math.round(value).toLocaleString('en-US');

  // Middle epoch of each bin.
  const edges = data.edges, nBins = edges.length - 1;
  const x = Array.from({length: nBins}, (_, b) => (edges[b] + edges[b + 1] - 1) / 2);
  const everything = nBins > 1 ? [x[0], x[nBins - 1]] : [x[0] - 1, x[0] + 1];
  let zoom = everything;
  const epochsOf = b => edges[b + 1] - edges[b] === 1 ? 'epoch ' + whole(edges[b])
    : 'epochs ' + whole(edges[b]) + '–' + whole(edges[b + 1] - 1);

  // Three rows an agent: mean, lower and upper end of its band.
  const rowsOf = panel => {
    const rows = [x];
    for (const agent of panel.agents) {
      const none = band === 'none' ? agent.mean.map(() => null) : null;
      rows.push(agent.mean, none || (band === 'interval' ? agent.low : agent.min), none || (band === 'interval' ? agent.high : agent.max));
    }
    return rows;
  };

  const seriesOf = () => {
    const series = [{}], bands = [];
    data.agents.forEach((_, a) => {
      const mean = series.length;
      series.push({stroke: () => agentColour(a), width: 1.75, dash: dashOf(a), points: {show: nBins < 3, size: 5}, spanGaps: false});
      for (let end = 0; end < 2; ++end) series.push({stroke: () => 'transparent', width: 0, points: {show: false}});
      bands.push({series: [mean + 2, mean + 1], fill: () => agentColour(a) + (band === 'interval' ? '38' : '1c')});
    });
    return {series, bands};
  };

  // Stretches of bins over which a limit stays the same: {from, to, value}, to excluded.
  const stretches = line => {
    const out = [];
    line.first.forEach((value, b) => {
      const last = out[out.length - 1];
      if (line.last[b] !== value) return;
      if (last && last.to === b && last.value === value) last.to = b + 1;
      else out.push({from: b, to: b + 1, value});
    });
    return out;
  };

  const labelLimit = (u, text, right, y) => {
    const {ctx} = u;
    ctx.strokeStyle = colour('--paper');
    ctx.lineWidth = 4 * devicePixelRatio;
    ctx.lineJoin = 'round';
    ctx.strokeText(text, right - 4 * devicePixelRatio, y - 6 * devicePixelRatio);
    ctx.fillText(text, right - 4 * devicePixelRatio, y - 6 * devicePixelRatio);
  };

  const drawLines = plot => u => {
    const {ctx, bbox} = u, at = value => u.valToPos(value, 'y', true);
    const edge = b => u.valToPos(edges[b] - 0.5, 'x', true), inside = x => Math.min(Math.max(x, bbox.left), bbox.left + bbox.width);
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
    ctx.clip();
    ctx.font = font().replace('11px', 11 * devicePixelRatio + 'px');
    ctx.textAlign = 'right';
    for (const line of plot.lines) {
      ctx.strokeStyle = ctx.fillStyle = colour('--limit');
      ctx.lineWidth = devicePixelRatio;
      ctx.setLineDash([]);
      ctx.beginPath();
      line.first.forEach((value, b) => {
        ctx.lineTo(edge(b), at(value));
        ctx.lineTo(edge(b + 1), at(line.last[b]));
      });
      ctx.stroke();
      for (const {from, to, value} of stretches(line)) {
        const text = line.label + ' ' + +value.toPrecision(6), right = inside(edge(to));
        if (right - inside(edge(from)) > ctx.measureText(text).width + 8 * devicePixelRatio) labelLimit(u, text, right, at(value));
      }
    }
    ctx.restore();
  };

  const yRange = plot => (u, low, high) => {
    if (low === null || high === null) return [0, 1];
    for (const line of plot.lines) {
      low = Math.min(low, ...line.first, ...line.last);
      high = Math.max(high, ...line.first, ...line.last);
    }
    const room = high > low ? (high - low) * 0.06 : Math.max(Math.abs(high) * 0.1, 0.05);
    return [low - (low >= 0 && low - room < 0 ? low : room), high + room];
  };

  const axis = (size, label) => ({
    stroke: () => colour('--soft'), font: font(), size, gap: 4, label, labelSize: 16, labelGap: 0, labelFont: font(),
    grid: {stroke: () => colour('--grid'), width: 1}, ticks: {stroke: () => colour('--grid'), width: 1, size: 4},
  });

  const setZoom = range => {
    zoom = range;
    resetButton.hidden = range === everything;
    for (const {u} of charts) u.setScale('x', {min: range[0], max: range[1]});
  };
  const onSelect = u => {
    if (u.select.width > 3) setZoom([u.posToVal(u.select.left, 'x'), u.posToVal(u.select.left + u.select.width, 'x')]);
    u.setSelect({left: 0, width: 0, top: 0, height: 0}, false);
  };

  const rowHead = () => {
    const head = document.createElement('th');
    head.scope = 'row';
    return head;
  };
  const placeTip = u => {
    tip.hidden = false;
    const over = u.over.getBoundingClientRect(), box = tip.getBoundingClientRect();
    const left = over.left + u.cursor.left + 16;
    tip.style.left = Math.max(4, left + box.width > innerWidth - 4 ? left - box.width - 32 : left) + 'px';
    tip.style.top = Math.max(4, Math.min(over.top + 8, innerHeight - box.height - 4)) + 'px';
  };
  const hideTip = () => { tip.hidden = true; };
  const showTip = chart => {
    const {u, plot, panel} = chart, b = u.cursor.idx;
    if (b === null || b === undefined || u.cursor.left < 0) return hideTip();
    const title = document.createElement('b'), table = document.createElement('table');
    title.textContent = plot.title + (panel.name ? ', ' + panel.name : '') + ', ' + epochsOf(b);
    data.agents.forEach((label, a) => {
      if (!shown[a]) return;
      const row = table.insertRow(), name = rowHead(), agent = panel.agents[a];
      name.append(keys[a].cloneNode(true), ' ' + label);
      row.append(name);
      row.insertCell().textContent = agent.mean[b] === null ? '–' : decimals(agent.mean[b]);
      row.insertCell().textContent = agent.low[b] === null ? '' : decimals(agent.low[b]) + ' to ' + decimals(agent.high[b]);
    });
    tip.replaceChildren(title, table);
    placeTip(u);
  };

  const onKey = chart => event => {
    const {u} = chart, b = u.cursor.idx ?? 0, span = zoom[1] - zoom[0];
    const to = {ArrowLeft: b - 1, ArrowRight: b + 1, Home: 0, End: nBins - 1}[event.key];
    if (to !== undefined) {
      active = chart;
      const at = Math.min(Math.max(to, 0), nBins - 1);
      u.setCursor({left: u.valToPos(x[at], 'x'), top: 10});
    } else if (event.key === '+' || event.key === '-') {
      const half = event.key === '+' ? span / 4 : span;
      setZoom([Math.max(everything[0], x[b] - half), Math.min(everything[1], x[b] + half)]);
    } else if (event.key === 'Escape' || event.key === '0') {
      setZoom(everything);
    } else {
      return;
    }
    event.preventDefault();
  };

  // Fixed thresholds: the curve, the feasible ones shaded, the best one ringed, where each agent rests.
  const sweepCharts = [];
  const spacing = values => (values.length > 1 ? (values[values.length - 1] - values[0]) / (values.length - 1) : 1);

  const shadeFeasible = sweep => u => {
    const {ctx, bbox} = u, t = sweep.threshold;
    ctx.save();
    ctx.fillStyle = colour('--feasible');
    t.forEach((value, k) => {
      if (sweep.feasible[k] !== 1) return;
      const left = k > 0 ? (t[k - 1] + value) / 2 : value - spacing(t) / 2;
      const right = k + 1 < t.length ? (value + t[k + 1]) / 2 : value + spacing(t) / 2;
      const from = Math.max(u.valToPos(left, 'x', true), bbox.left), to = Math.min(u.valToPos(right, 'x', true), bbox.left + bbox.width);
      ctx.fillRect(Math.floor(from), bbox.top, Math.ceil(to) - Math.floor(from), bbox.height);
    });
    ctx.restore();
  };

  const drawRest = (sweep, kind) => u => {
    const {ctx, bbox} = u, px = devicePixelRatio, at = (value, axis) => u.valToPos(value, axis, true);
    const stroke = (x0, y0, x1, y1) => { ctx.beginPath(); ctx.moveTo(x0, y0); ctx.lineTo(x1, y1); ctx.stroke(); };
    ctx.save();
    ctx.lineWidth = 1.5 * px;
    if (kind === 'residual') {
      ctx.strokeStyle = colour('--limit');
      stroke(bbox.left, at(0, 'y'), bbox.left + bbox.width, at(0, 'y'));
    }
    if (sweep.best !== null) {
      ctx.strokeStyle = colour('--ink');
      ctx.beginPath();
      ctx.arc(at(sweep.threshold[sweep.best], 'x'), at(sweep[kind][sweep.best], 'y'), 7 * px, 0, 2 * Math.PI);
      ctx.stroke();
    }
    sweep.rest.forEach((rest, a) => {
      const [y, low, high] = rest[kind];
      if (!shown[a] || y === null) return;
      ctx.strokeStyle = ctx.fillStyle = agentColour(a);
      const places = rest.threshold.map(one => at(one[0], 'x'));
      if (places.length > 1) stroke(Math.min(...places), at(y, 'y'), Math.max(...places), at(y, 'y'));
      rest.threshold.forEach((one, g) => {
        if (one[1] !== null) stroke(at(one[1], 'x'), at(y, 'y'), at(one[2], 'x'), at(y, 'y'));
        if (low !== null) stroke(places[g], at(low, 'y'), places[g], at(high, 'y'));
        ctx.beginPath();
        for (const [dx, dy] of rest.marker) ctx.lineTo(places[g] + 5.5 * px * dx, at(y, 'y') + 5.5 * px * dy);
        ctx.fill();
      });
    });
    ctx.restore();
  };

  const makeSweep = box => {
    const sweep = data.sweep, kind = box.dataset.sweep, chart = {box, sweep};
    const rest = sweep.rest.map(one => one[kind][0]).filter(y => y !== null);
    const t = sweep.threshold, xs = [...t, ...sweep.rest.flatMap(one => one.threshold.map(place => place[0]))].filter(v => v !== null);
    const margin = spacing(t) / 2;
    chart.u = new uPlot({
      width: box.clientWidth, height: heightOf(box), padding: [8, 10, 0, 0], legend: {show: false},
      series: [{}, {stroke: () => colour('--soft'), width: 1.5, points: {show: true, size: 4, fill: () => colour('--soft')}}],
      scales: {
        x: {time: false, range: () => [Math.min(...xs) - margin, Math.max(...xs) + margin]},
        y: {range: (u, low, high) => {
          const all = [low ?? 0, high ?? 0, ...rest, ...(kind === 'residual' ? [0] : [])], room = (Math.max(...all) - Math.min(...all)) * 0.08 || 0.05;
          return [Math.min(...all) - room, Math.max(...all) + room];
        }},
      },
      axes: [axis(24, 'threshold'), {...axis(46), values: (u, ticks) => ticks.map(v => String(+v.toPrecision(6)).replace('-', '−'))}],
      cursor: {y: false, sync: {key: 'sweep', setSeries: false, scales: ['x', null]}, drag: {x: false, y: false}, points: {size: 7}},
      hooks: {
        drawClear: [shadeFeasible(sweep)], draw: [drawRest(sweep, kind)],
        setCursor: [() => { if (active === chart) showSweepTip(chart); }],
      },
    }, [t, sweep[kind]], box);
    chart.u.over.addEventListener('mouseenter', () => { active = chart; });
    chart.u.over.addEventListener('mouseleave', hideTip);
    box.addEventListener('keydown', event => {
      const step = {ArrowLeft: -1, ArrowRight: 1}[event.key];
      if (step === undefined) return;
      active = chart;
      const k = Math.min(Math.max((chart.u.cursor.idx ?? 0) + step, 0), t.length - 1);
      chart.u.setCursor({left: chart.u.valToPos(t[k], 'x'), top: 10});
      event.preventDefault();
    });
    box.addEventListener('blur', hideTip);
    sweepCharts.push(chart);
  };

  const showSweepTip = chart => {
    const {u, sweep} = chart, k = u.cursor.idx;
    if (k === null || k === undefined || u.cursor.left < 0) return hideTip();
    const title = document.createElement('b'), table = document.createElement('table');
    title.textContent = 'threshold ' + sweep.threshold[k] + (k === sweep.best ? ', the best feasible' : '');
    for (const [name, value] of [['reward', sweep.reward[k]], ['worst residual', sweep.residual[k]]]) {
      if (value === null) continue;
      const row = table.insertRow(), head = rowHead();
      head.textContent = name;
      row.append(head);
      row.insertCell().textContent = decimals(value);
    }
    const row = table.insertRow(), head = rowHead();
    head.textContent = sweep.feasible[k] === null ? 'does not come to rest' : sweep.feasible[k] === 1 ? 'feasible' : 'not feasible';
    row.append(head);
    tip.replaceChildren(title, table);
    placeTip(u);
  };

  const heightOf = box => (box.closest('.wide') ? 184 : 240);

  const makeChart = box => {
    const plot = data.plots[box.dataset.plot], panel = plot.panels[box.dataset.panel];
    for (const agent of panel.agents) for (const key in agent) agent[key] = decode(agent[key]);
    const chart = {plot, panel, box}, {series, bands} = seriesOf();
    chart.u = new uPlot({
      width: box.clientWidth, height: heightOf(box), padding: [8, 10, 0, 0], legend: {show: false}, series, bands,
      scales: {x: {time: false, range: (u, min, max) => [min, max]}, y: {range: yRange(plot)}},
      axes: [{...axis(24, 'epoch'), space: 80, values: (u, ticks) => ticks.map(v => v.toLocaleString('en-US'))},
             {...axis(46), values: (u, ticks) => ticks.map(v => String(+v.toPrecision(6)).replace('-', '−'))}],
      cursor: {
        y: false, sync: {key: 'time', setSeries: false, scales: ['x', null]}, drag: {x: true, y: false, setScale: false, dist: 4},
        points: {size: 7, width: 0, fill: (u, i) => agentColour(Math.floor((i - 1) / 3)), show: (u, i) => undefined},
        bind: {dblclick: () => () => { setZoom(everything); return null; }},
      },
      hooks: {
        draw: [drawLines(plot)], setSelect: [onSelect],
        setCursor: [() => { if (active === chart) showTip(chart); }],
      },
    }, rowsOf(panel), box);
    chart.u.over.addEventListener('mouseenter', () => { active = chart; });
    chart.u.over.addEventListener('mouseleave', hideTip);
    box.addEventListener('keydown', onKey(chart));
    box.addEventListener('blur', hideTip);
    charts.push(chart);
  };

  const fit = () => {
    for (const {u, box} of [...charts, ...sweepCharts])
      if (box.clientWidth > 0 && (box.clientWidth !== u.width || heightOf(box) !== u.height)) u.setSize({width: box.clientWidth, height: heightOf(box)});
  };
  const repaint = () => { for (const {u} of [...charts, ...sweepCharts]) u.redraw(); };

  const updateAgent = a => {
    for (const {u} of charts) for (let i = 0; i < 3; ++i) u.setSeries(1 + 3 * a + i, {show: shown[a]});
    for (const {u} of sweepCharts) u.redraw();
  };
  const highlight = a => {
    highlighted = a;
    for (const {u} of charts) {
      u.series.forEach((one, i) => { if (i > 0) one.alpha = a === null || Math.floor((i - 1) / 3) === a ? 1 : 0.15; });
      u.redraw(false);
    }
  };

  const keys = [...document.querySelectorAll('.legend button')].map(button => button.querySelector('.key'));
  for (const button of document.querySelectorAll('.legend button')) {
    const a = Number(button.dataset.agent);
    button.addEventListener('click', () => {
      shown[a] = !shown[a];
      button.setAttribute('aria-pressed', String(shown[a]));
      updateAgent(a);
      if (!shown[a]) highlight(null);
    });
    button.addEventListener('mouseenter', () => { if (shown[a]) highlight(a); });
    button.addEventListener('mouseleave', () => highlight(null));
  }
  document.querySelector('.band select').addEventListener('change', event => {
    band = event.target.value;
    for (const {u, panel} of charts) u.setData(rowsOf(panel), false);
    setZoom(zoom);
    repaint();
  });
  resetButton.addEventListener('click', () => setZoom(everything));

  for (const button of document.querySelectorAll('.copy')) {
    button.addEventListener('click', () => {
      const text = button.parentElement.querySelector('pre'), range = document.createRange();
      range.selectNodeContents(text);
      getSelection().removeAllRanges();
      getSelection().addRange(range);
      document.execCommand('copy');
      button.textContent = 'Copied';
      setTimeout(() => { button.textContent = 'Copy'; }, 1500);
    });
  }

  toolbar.hidden = false;
  document.querySelectorAll('.canvas[data-plot]').forEach(makeChart);
  document.querySelectorAll('.canvas[data-sweep]').forEach(makeSweep);
  new ResizeObserver(fit).observe(document.querySelector('main'));
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', repaint);

  // Paper is as wide as a page and light, and shows what is folded away.
  let folded = [];
  addEventListener('beforeprint', () => {
    root.classList.add('printing');
    folded = [...document.querySelectorAll('details:not([open])')];
    for (const one of folded) one.open = true;
    fit();
    repaint();
  });
  addEventListener('afterprint', () => {
    root.classList.remove('printing');
    for (const one of folded) one.open = false;
    fit();
    repaint();
  });
  root.dataset.ready = charts.length + sweepCharts.length;
})();
