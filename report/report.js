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

  const drawLines = plot => u => {
    const {ctx, bbox} = u;
    ctx.save();
    ctx.font = font().replace('11px', 11 * devicePixelRatio + 'px');
    ctx.textAlign = 'right';
    for (const line of plot.lines) {
      const y = u.valToPos(line.value, 'y', true);
      if (y < bbox.top || y > bbox.top + bbox.height) continue;
      ctx.strokeStyle = ctx.fillStyle = colour('--limit');
      ctx.lineWidth = devicePixelRatio;
      ctx.setLineDash([]);
      ctx.beginPath();
      ctx.moveTo(bbox.left, y);
      ctx.lineTo(bbox.left + bbox.width, y);
      ctx.stroke();
      ctx.fillText(line.label + ' ' + line.value, bbox.left + bbox.width - 4 * devicePixelRatio, y - 4 * devicePixelRatio);
    }
    ctx.restore();
  };

  const yRange = plot => (u, low, high) => {
    if (low === null || high === null) return [0, 1];
    for (const line of plot.lines) {
      low = Math.min(low, line.value);
      high = Math.max(high, line.value);
    }
    const room = high > low ? (high - low) * 0.06 : Math.max(Math.abs(high) * 0.1, 0.05);
    return [low - (low >= 0 && low - room < 0 ? low : room), high + room];
  };

  const axis = size => ({
    stroke: () => colour('--soft'), font: font(), size, gap: 4, labelGap: 0,
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

  const hideTip = () => { tip.hidden = true; };
  const showTip = chart => {
    const {u, plot, panel} = chart, b = u.cursor.idx;
    if (b === null || b === undefined || u.cursor.left < 0) return hideTip();
    const title = document.createElement('b'), table = document.createElement('table');
    title.textContent = plot.title + (panel.name ? ', ' + panel.name : '') + ', ' + epochsOf(b);
    data.agents.forEach((label, a) => {
      if (!shown[a]) return;
      const row = table.insertRow(), name = document.createElement('th'), agent = panel.agents[a];
      name.append(keys[a].cloneNode(true), ' ' + label);
      row.append(name);
      row.insertCell().textContent = agent.mean[b] === null ? '–' : decimals(agent.mean[b]);
      row.insertCell().textContent = agent.low[b] === null ? '' : decimals(agent.low[b]) + ' to ' + decimals(agent.high[b]);
    });
    tip.replaceChildren(title, table);
    tip.hidden = false;
    const over = u.over.getBoundingClientRect(), box = tip.getBoundingClientRect();
    const left = over.left + u.cursor.left + 16;
    tip.style.left = Math.max(4, left + box.width > innerWidth - 4 ? left - box.width - 32 : left) + 'px';
    tip.style.top = Math.max(4, Math.min(over.top + 8, innerHeight - box.height - 4)) + 'px';
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

  const heightOf = box => (box.closest('.wide') ? 168 : 224);

  const makeChart = box => {
    const plot = data.plots[box.dataset.plot], panel = plot.panels[box.dataset.panel];
    for (const agent of panel.agents) for (const key in agent) agent[key] = decode(agent[key]);
    const chart = {plot, panel, box}, {series, bands} = seriesOf();
    chart.u = new uPlot({
      width: box.clientWidth, height: heightOf(box), padding: [8, 10, 0, 0], legend: {show: false}, series, bands,
      scales: {x: {time: false, range: (u, min, max) => [min, max]}, y: {range: yRange(plot)}},
      axes: [{...axis(26), values: (u, ticks) => ticks.map(v => v.toLocaleString('en-US'))},
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
    for (const {u, box} of charts)
      if (box.clientWidth > 0 && (box.clientWidth !== u.width || heightOf(box) !== u.height)) u.setSize({width: box.clientWidth, height: heightOf(box)});
  };
  const repaint = () => { for (const {u} of charts) u.redraw(); };

  const updateAgent = a => {
    for (const {u} of charts) for (let i = 0; i < 3; ++i) u.setSeries(1 + 3 * a + i, {show: shown[a]});
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
  root.dataset.ready = charts.length;
})();
