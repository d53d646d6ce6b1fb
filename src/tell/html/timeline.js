// SPDX-License-Identifier: Apache-2.0
// Latency of one scenario over measured time, its repetitions one after the other.
'use strict';

let timelineScenario = 0;
/** Share of the messages that are slower, at the lower end of each band; the first is p50 to p75. */
const kBands = page.percentiles.map(p => 1 - p / 100);

function bandColour(share) {
  return heat(Math.max(0, 1 + Math.log10(Math.max(share, 1e-4) * 2) / Math.log10(5000)));
}

/** Repetitions on one axis of seconds: columns, and where each repetition stands. */
function timelineColumns(scenario) {
  const columns = [];
  const spans = [];
  let from = 0;
  for (const repetition of scenario.repetitions) {
    let end = from;
    for (const [start, length, messages, ...latency] of repetition.intervals) {
      const left = from + start / 1e9;
      end = left + length / 1e9;
      columns.push({ left, right: end, messages, latency, spans: spans.length });
    }
    if (end > from) spans.push({ ...repetition, left: from, right: end });
    from = end + (end - from) * 0.02;
  }
  return { columns, spans };
}

function lastOf(latency) {
  return latency[latency.length - 1];
}

/** Paints what no chart type has: a cell per interval and pair of percentiles. */
function heatCells(columns) {
  return {
    id: 'cells',
    beforeDatasetsDraw(chart) {
      const { ctx, chartArea: area, scales: { x, y } } = chart;
      const paints = kBands.map(bandColour);
      ctx.save();
      ctx.beginPath();
      ctx.rect(area.left, area.top, area.width, area.height);
      ctx.clip();
      for (const { left, right, latency } of columns) {
        const from = Math.round(x.getPixelForValue(left));
        const wide = Math.max(1, Math.round(x.getPixelForValue(right)) - from);
        let bottom = null;
        latency.forEach((high, i) => {
          if (high === null) return;
          const top = Math.round(y.getPixelForValue(Math.max(high, 1)));
          if (bottom !== null) {
            ctx.fillStyle = paints[i - 1];
            ctx.fillRect(from, top, wide, Math.max(1, bottom - top));
          }
          bottom = top;
        });
      }
      ctx.restore();
    },
  };
}

/** Number of each repetition, and a veil over those that were disturbed. */
function repetitionMarks(spans) {
  return {
    id: 'marks',
    afterDatasetsDraw(chart) {
      const { ctx, chartArea: area, scales: { x } } = chart;
      ctx.save();
      for (const span of spans) {
        const left = x.getPixelForValue(span.left);
        const right = x.getPixelForValue(span.right);
        if (!span.used) {
          ctx.fillStyle = colour('warn') + '26';
          ctx.fillRect(left, area.top, right - left, area.height);
        }
        const text = (span.used ? '' : 'not used: ') + '#' + span.number;
        const paint = colour(span.used ? 'quiet' : 'warn');
        const short = ctx.measureText(text).width < right - left - 6 ? text : '#' + span.number;
        if (ctx.measureText(short).width < right - left - 6) {
          haloText(ctx, short, left + 4, area.top + 13, paint);
        }
      }
      ctx.restore();
    },
  };
}

/** A line of one value per column, level over the interval and broken between repetitions. */
function steps(columns, valueOf) {
  const points = [];
  columns.forEach((column, i) => {
    if (i > 0 && columns[i - 1].spans !== column.spans) points.push({ x: column.left, y: NaN });
    const y = valueOf(column);
    points.push({ x: column.left, y, column }, { x: column.right, y, column });
  });
  return points;
}

function stepSet(label, data, paint, more = {}) {
  return {
    label, data, borderColor: paint, borderWidth: 1.5, pointRadius: 0, pointHitRadius: 5,
    spanGaps: false, ...more,
  };
}

function latencyAt(column, percentile) {
  const value = column.latency[page.percentiles.indexOf(percentile)];
  return value === null || value === undefined ? NaN : Math.max(value, 1);
}

function columnText(column) {
  const lines = page.percentiles.map((p, i) => [p, column.latency[i]])
    .filter(([, ns]) => ns !== null).map(([p, ns]) => `p${p}: ${duration(ns)}`);
  lines.push(`max: ${duration(lastOf(column.latency))}`);
  return lines;
}

function timelineOptions(x, y, plugins) {
  return {
    parsing: false,
    interaction: { mode: 'nearest', axis: 'x', intersect: false },
    // Both charts of a column stand exactly one above the other.
    layout: { padding: { right: 26 } },
    scales: { x: { ...x, afterFit(scale) { scale.paddingRight = 0; } }, y: { ...y, afterFit(scale) { scale.width = 72; } } },
    plugins,
  };
}

function drawTimeline() {
  const scenario = page.scenarios[timelineScenario];
  const { columns, spans } = timelineColumns(scenario);
  const end = columns.length ? columns.at(-1).right : 1;
  const time = (text, more) => axis(text, { type: 'linear', min: 0, max: end, ...more });
  const all = columns.flatMap(column => column.latency).filter(ns => ns > 0);
  const decade = (value, round) => 10 ** round(Math.log10(Math.max(1, value)));
  const low = decade(all.reduce((a, b) => Math.min(a, b), 1e18), Math.floor);
  const high = decade(2 * all.reduce((a, b) => Math.max(a, b), 1), Math.ceil);  // room for words
  const limits = scenario.limits.filter(l => l.percentile !== null).map(l => [l.text, l.limit]);
  const when = items => items.length ? `at ${items[0].raw.x.toFixed(3)} s` : '';
  draw('heat', {
    type: 'line',
    data: { datasets: [
      stepSet('p50', steps(columns, column => latencyAt(column, 50)), colour('text')),
      stepSet('maximum', steps(columns, column => Math.max(lastOf(column.latency), 1)),
        colour('quiet'), { borderWidth: 1 }),
    ] },
    options: timelineOptions(time('', { ticks: { display: false } }),
      latencyAxis({ min: low, max: high }), {
        tooltip: {
          ...tooltip({ title: when, label: item => columnText(item.raw.column) }),
          displayColors: false, filter: item => item.datasetIndex === 0,
        },
      }),
    plugins: [heatCells(columns), repetitionMarks(spans), limitLines(limits)],
  });
  draw('rate', {
    type: 'line',
    data: { datasets: [
      stepSet('received', steps(columns, c => c.messages / (c.right - c.left)), colour('c0'),
        { fill: 'origin', backgroundColor: colour('c0') + '30' }),
      ...(scenario.intended === null ? [] : [stepSet('intended',
        [{ x: 0, y: scenario.intended }, { x: end, y: scenario.intended }], colour('quiet'),
        { borderDash: [5, 4], pointHitRadius: 0 })]),
    ] },
    options: timelineOptions(time('measured time, s'),
      axis('rate', { beginAtZero: true, ticks: { callback: rate, maxTicksLimit: 5 } }), {
        tooltip: {
          ...tooltip({ title: when, label: item => [`received: ${rate(item.raw.y)}`,
            ...(scenario.intended === null ? [] : [`intended: ${rate(scenario.intended)}`])] }),
          displayColors: false, filter: item => item.datasetIndex === 0,
        },
      }),
  });
  byId('timeline-note').textContent = (scenario.merged > 1
    ? `A column stands for ${scenario.merged} intervals and shows the worst of each percentile. ` : '') +
    (spans.some(span => !span.used) ? 'Veiled repetitions are not behind the figures.' : '');
}

function timelineRamp() {
  const ramp = byId('ramp');
  ramp.replaceChildren(element('span', 'slower: half'));
  for (const share of kBands) {
    ramp.append(element('b', '', { style: `background:${bandColour(share)}` }));
  }
  ramp.append(element('span', `${Number((kBands.at(-1) * 100).toPrecision(2))} %`));
}

function startTimeline() {
  const choices = page.scenarios.map((s, i) => i)
    .filter(i => page.scenarios[i].repetitions.some(r => r.intervals.length));
  if (!choices.length) return;
  byId('timeline-section').hidden = false;
  const select = byId('timeline-scenario');
  for (const index of choices) {
    select.append(element('option', page.scenarios[index].short, { value: index }));
  }
  timelineScenario = choices.find(i => shown.has(i)) ?? choices[0];
  select.value = timelineScenario;
  select.addEventListener('change', () => {
    timelineScenario = Number(select.value);
    drawTimeline();
  });
}
