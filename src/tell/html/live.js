// SPDX-License-Identifier: Apache-2.0
// A run in progress, told by the program once a second.
'use strict';

const kKept = 300;  // seconds on the charts
const points = [];
let budgets = [];

function theme() {
  document.documentElement.dataset.theme =
    matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
}

function line(key, label, paint) {
  return {
    label, borderColor: paint, borderWidth: 1.8, pointRadius: 0,
    data: points.map(point => ({ x: point.at, y: point[key] ?? NaN })),
  };
}

function time() {
  const last = points.length ? points.at(-1).at : 0;
  return axis('time of the run, s',
    { type: 'linear', min: Math.max(0, Math.ceil(last) - kKept), max: Math.max(Math.ceil(last), 10) });
}

function options(y) {
  return {
    parsing: false,
    interaction: { mode: 'nearest', axis: 'x', intersect: false },
    layout: { padding: { right: 26 } },
    scales: { x: time(), y: { ...y, afterFit(scale) { scale.width = 72; } } },
  };
}

function drawLive() {
  if (typeof Chart === 'undefined') return;
  byId('live-charts').hidden = false;
  const limits = budgets.map(budget => [budget.text, budget.limit]);
  draw('latency', {
    type: 'line',
    data: { datasets: [line('p50', 'p50', colour('c0')), line('p95', 'p95', colour('c1')),
      line('p99', 'p99', colour('c3'))] },
    options: {
      ...options(latencyAxis()),
      plugins: {
        legend: { display: true, position: 'bottom', align: 'start',
          labels: { color: colour('text'), boxWidth: 18, boxHeight: 2 } },
        tooltip: tooltip({ title: items => items.length ? `${items[0].raw.x.toFixed(0)} s` : '',
          label: item => `${item.dataset.label}: ${duration(item.raw.y)}` }),
      },
    },
    plugins: [limitLines(limits)],
  });
  draw('rate', {
    type: 'line',
    data: { datasets: [line('rate', 'received', colour('c2')),
      { ...line('intended', 'intended', colour('quiet')), borderDash: [5, 4] }] },
    options: {
      ...options(axis('rate', { beginAtZero: true, ticks: { callback: rate, maxTicksLimit: 5 } })),
      plugins: { tooltip: tooltip({ title: items => items.length ? `${items[0].raw.x.toFixed(0)} s` : '',
        label: item => `${item.dataset.label}: ${rate(item.raw.y)}` }) },
    },
  });
  document.documentElement.dataset.points = String(points.length);
}

function row(ended) {
  const made = element('tr');
  made.append(element('td', ended.name, { class: 'text name' }),
    ...['p50', 'p95', 'p99'].map(key => element('td', duration(ended[key]))),
    element('td', rate(ended.rate)));
  const verdict = element('td', undefined, { class: 'text' });
  verdict.append(element('span', ended.verdict, { class: 'verdict ' + ended.verdict }));
  made.append(verdict);
  return made;
}

function state(word, kind) {
  byId('state').textContent = word;
  byId('state').className = 'verdict ' + kind;
}

function show(view) {
  state(view.over ? 'over' : view.phase, view.over ? 'PASS' : 'inconclusive');
  byId('scenario').textContent = view.scenario || 'preparing';
  document.title = `busmark: ${view.scenario}`;
  const left = Math.max(0, (view.planned - view.elapsed) / 1e9).toFixed(0);
  byId('where').textContent = `scenario ${view.position} of ${view.scenarios}, repetition ` +
    `${view.repetition} of ${view.repetitions}, about ${left} s left`;
  byId('f-rate').textContent = rate(view.rate);
  for (const key of ['p50', 'p95', 'p99']) {
    const over = view[key] !== null && view.budgets.some(
      budget => 'p' + budget.percentile === key && view[key] > budget.limit);
    byId('f-' + key).textContent = duration(view[key]);
    byId('f-' + key).className = over ? 'FAIL' : '';
  }
  budgets = view.budgets;
  points.push({ ...view, at: view.elapsed / 1e9 });
  while (points.length > kKept) points.shift();
  // What was told already comes again after a new connection.
  while (byId('ended').rows.length > view.first) byId('ended').deleteRow(-1);
  for (const ended of view.ended) byId('ended').append(row(ended));
  drawLive();
}

let over = false;
function connect() {
  const source = new EventSource('/events');
  source.onmessage = event => {
    const view = JSON.parse(event.data);
    show(view);
    if (view.over) { over = true; source.close(); }
  };
  source.onerror = () => {
    source.close();
    if (over) return;
    state('no connection', 'FAIL');
    setTimeout(connect, 3000);
  };
}

theme();
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => { theme(); drawLive(); });
connect();
