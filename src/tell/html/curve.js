// SPDX-License-Identifier: Apache-2.0
// Latency by received rate, a line per setting; and the intervals of a comparison.
'use strict';

let curvePercentile = 1;

/** Whiskers from low to high behind each point that has them. */
const whiskers = {
  id: 'whiskers',
  beforeDatasetsDraw(chart) {
    const { ctx, scales: { y } } = chart;
    ctx.save();
    chart.data.datasets.forEach((set, index) => chart.getDatasetMeta(index).data.forEach((at, i) => {
      const { low, high } = set.data[i];
      if (!(low < high)) return;
      ctx.strokeStyle = set.borderColor;
      ctx.globalAlpha = 0.6;
      ctx.lineWidth = 2;
      ctx.beginPath();
      ctx.moveTo(at.x, y.getPixelForValue(Math.max(low, 1)));
      ctx.lineTo(at.x, y.getPixelForValue(Math.max(high, 1)));
      ctx.stroke();
    }));
    ctx.restore();
  },
};

function curveSets() {
  return page.series.map((label, series) => {
    const points = page.scenarios.filter(s => s.series === series && s.points[curvePercentile])
      .map(s => {
        const [value, low, high] = s.points[curvePercentile];
        return { x: s.received, y: Math.max(value, 1), low, high, scenario: s };
      }).filter(point => point.x > 0)
      .sort((a, b) => (a.scenario.intended ?? Infinity) - (b.scenario.intended ?? Infinity));
    return {
      label, data: points, showLine: true, borderColor: seriesColour(series),
      borderDash: seriesDash(series), borderWidth: 1.8, pointRadius: 4, pointHoverRadius: 6,
      pointBorderWidth: 2,
      segment: { borderDash: context => context.p1.raw.scenario.openLoop ? undefined : [2, 4] },
      pointBackgroundColor: points.map(
        point => point.scenario.openLoop ? seriesColour(series) : colour('card')),
    };
  }).filter(set => set.data.length);
}

function drawCurve() {
  const sets = curveSets();
  const kMost = 24;
  draw('curve', {
    type: 'scatter',
    data: { datasets: sets.slice(0, kMost) },
    options: {
      parsing: false,
      scales: { x: logAxis('received rate', rate, { grace: '5%' }), y: latencyAxis() },
      plugins: {
        legend: {
          display: sets.length <= 12, position: 'bottom', align: 'start',
          labels: { color: colour('text'), boxWidth: 18, boxHeight: 2 },
        },
        tooltip: tooltip({
          label: ({ raw }) => [raw.scenario.short,
            `${page.curvePercentiles[curvePercentile]}: ${duration(raw.y)}` +
            (raw.low < raw.high ? ` (${duration(raw.low)} .. ${duration(raw.high)})` : ''),
            `received ${rate(raw.x)}` +
            (raw.scenario.openLoop ? `, planned ${rate(raw.scenario.intended)}` :
              raw.scenario.closedLoop ? ', closed loop' : ', saturated')],
        }),
      },
    },
    plugins: [whiskers],
  });
  byId('curve-note').textContent =
    sets.length > kMost ? `${kMost} of ${sets.length} settings are drawn.` : '';
}

let changeMeasure = '';
const kChangeColour = { regressed: 'fail', improved: 'pass', inconclusive: 'inconclusive' };

/** Zero, and the band in which a change is no matter. */
function thresholdBand(threshold) {
  return {
    id: 'threshold',
    beforeDatasetsDraw(chart) {
      const { ctx, chartArea: area, scales: { x } } = chart;
      const left = Math.max(area.left, x.getPixelForValue(-threshold * 100));
      const right = Math.min(area.right, x.getPixelForValue(threshold * 100));
      ctx.save();
      ctx.fillStyle = colour('grid');
      ctx.fillRect(left, area.top, right - left, area.height);
      ctx.fillStyle = colour('quiet');
      ctx.fillRect(x.getPixelForValue(0), area.top, 1, area.height);
      ctx.restore();
    },
    afterDatasetsDraw(chart) {
      const { ctx, scales: { x, y } } = chart;
      ctx.save();
      ctx.fillStyle = colour('text');
      chart.data.datasets[0].data.forEach(({ effect }, i) =>
        ctx.fillRect(x.getPixelForValue(effect) - 1.5, y.getPixelForValue(i) - 7, 3, 14));
      ctx.restore();
    },
  };
}

function drawChanges() {
  const kMost = 200;
  const order = ['regressed', 'improved', 'inconclusive'];
  const rank = change => (order.indexOf(change.change) + 4) % 4;
  const all = page.comparison.changes.filter(c => !changeMeasure || c.measure === changeMeasure);
  const rows = all.length > kMost
    ? [...all].sort((a, b) => rank(a) - rank(b)).slice(0, kMost) : all;
  const paints = rows.map(c => colour(kChangeColour[c.change] ?? 'skip'));
  byId('changes-box').style.height = 70 + rows.length * 24 + 'px';
  const kName = innerWidth < 600 ? 16 : 46;
  const shorts = new Map(page.scenarios.map(s => [s.name, s.short]));
  const name = c => {
    const text = shorts.get(c.scenario) ?? c.scenario;
    return text.length > kName ? '...' + text.slice(-kName) : text;
  };
  draw('changes', {
    type: 'bar',
    data: {
      labels: rows.map(c => changeMeasure ? name(c) : `${name(c)} ${c.measure}`),
      datasets: [{
        data: rows.map((c, i) => ({
          x: [(c.low ?? c.effect) * 100, (c.high ?? c.effect) * 100], y: i, effect: c.effect * 100,
        })),
        backgroundColor: paints, barThickness: 9, borderRadius: 3, minBarLength: 2,
      }],
    },
    options: {
      indexAxis: 'y',
      scales: {
        x: axis('change of the median, % (bar: 95 % interval)',
          { suggestedMin: -200 * page.comparison.threshold,
            suggestedMax: 200 * page.comparison.threshold, ticks: { callback: value => (value > 0 ? '+' : '') + value } }),
        y: axis('', { type: 'category', grid: { display: false },
          ticks: { autoSkip: false, color: colour('text') } }),
      },
      plugins: {
        tooltip: tooltip({
          title: items => rows[items[0].dataIndex].scenario,
          label: item => changeText(rows[item.dataIndex]),
        }),
      },
    },
    plugins: [thresholdBand(page.comparison.threshold)],
  });
  byId('changes-note').textContent =
    rows.length < all.length ? `${rows.length} of ${all.length} are drawn, the worst first.` : '';
}

function changeText(change) {
  const value = change.isRate ? rate : duration;
  const percent = share => (share > 0 ? '+' : '') + (share * 100).toFixed(1) + ' %';
  return [`${change.measure} ${change.change}: ${value(change.old)} to ${value(change.new)}`,
    `${percent(change.effect)}` + (change.low === null ? ''
      : ` (${percent(change.low)} .. ${percent(change.high)})`)];
}

function startChanges() {
  if (!page.comparison || !page.comparison.changes.length) return;
  const present = new Set(page.comparison.changes.map(c => c.measure));
  const names = ['all', ...page.comparison.measures.filter(name => present.has(name))];
  const first = page.comparison.changes.length <= 20 ? 0 : Math.max(0, names.indexOf('p95'));
  const choose = index => { changeMeasure = index ? names[index] : ''; };
  choose(first);
  choice('changes-measure', names, first, index => { choose(index); drawChanges(); });
}
