// SPDX-License-Identifier: Apache-2.0
// Latency by percentile, of several scenarios at once.
'use strict';

const kMostLines = 24;
const shown = new Map();  // index of a scenario -> its place among the colours
let spectrumKind = 0;     // of kKinds
const kKinds = ['response', 'service'];

/** The first points are ten to a decade of 1 / (1 - p); the last is the maximum. */
function spectrumPoints(spectrum) {
  const last = spectrum.values.length - 1;
  return spectrum.values.map((ns, i) => ({
    x: i === last ? Math.max(spectrum.count, 1) : 10 ** (i / page.steps),
    y: Math.max(ns, 1),
    ns,
    isMax: i === last,
  }));
}

/** A budget per percentile is a stair: it holds up to its percentile. */
function budgetStair(scenario, right) {
  const stairs = scenario.limits.filter(limit => limit.percentile !== null)
    .sort((a, b) => a.percentile - b.percentile);
  const points = [];
  let left = 1;
  for (const { percentile, limit } of stairs) {
    const x = percentile >= 100 ? right : 1 / (1 - percentile / 100);
    points.push({ x: left, y: limit }, { x, y: limit });
    left = x;
  }
  return points;
}

function budgetSets(scenarios, right) {
  const stairs = new Map();
  for (const index of scenarios) {
    const points = budgetStair(page.scenarios[index], right);
    if (points.length) stairs.set(JSON.stringify(points), [points, index]);
  }
  return [...stairs.values()].map(([data, index]) => ({
    label: 'budget', data, isBudget: true, borderDash: [6, 4], borderWidth: 1.6, pointRadius: 0,
    borderColor: stairs.size === 1 ? colour('fail') : seriesColour(shown.get(index)),
  }));
}

function floorSets(right) {
  return page.floors.map(floor => ({
    label: floor.label, borderColor: colour('quiet'), borderWidth: 1.4, borderDash: [2, 3],
    pointRadius: 0, data: spectrumPoints(floor).filter(point => point.x <= right),
  }));
}

function spectrumSets() {
  const kind = kKinds[spectrumKind];
  return [...shown.keys()].filter(index => page.scenarios[index][kind]).map(index => {
    const scenario = page.scenarios[index];
    const carried = scenario[kind].count / page.samplesPerTail;
    return {
      label: scenario.short, data: spectrumPoints(scenario[kind]), scenario: index,
      borderColor: seriesColour(shown.get(index)), backgroundColor: seriesColour(shown.get(index)),
      borderDash: seriesDash(shown.get(index)), borderWidth: 2, pointHitRadius: 8, pointHoverRadius: 4,
      pointRadius: context => context.raw && context.raw.isMax ? 3.5 : 0,
      segment: { borderDash: context => context.p1.raw.x > carried ? [2, 4] : undefined },
    };
  });
}

function drawSpectrum() {
  const sets = spectrumSets();
  const right = 1.2 * Math.max(100, ...sets.map(set => set.data.at(-1).x));
  draw('spectrum', {
    type: 'line',
    data: { datasets: [...sets, ...budgetSets(sets.map(set => set.scenario), right),
                       ...floorSets(right)] },
    options: {
      parsing: false,
      interaction: { mode: 'nearest', axis: 'x', intersect: false },
      scales: {
        x: {
          ...axis('percentile'), type: 'logarithmic', min: 1, max: right,
          afterBuildTicks(scale) {
            scale.ticks = [{ value: 1 }, { value: 2 }];
            for (let x = 10; x <= right; x *= 10) scale.ticks.push({ value: x });
          },
          ticks: { color: colour('quiet'), font: { size: 12 }, maxRotation: 0, callback: percentText },
        },
        y: latencyAxis(),
      },
      plugins: {
        tooltip: {
          ...tooltip({
            title: items => items.length ? 'p' + percentText(items[0].raw.x).replace(' %', '') : '',
            label: item => `${item.dataset.label}: ${duration(item.raw.ns ?? item.raw.y)}` +
              (item.raw.isMax ? ' (maximum)' : ''),
          }),
          filter: item => !item.dataset.isBudget,
        },
      },
    },
  });
  spectrumLegend();
}

function spectrumLegend() {
  const legend = byId('spectrum-legend');
  legend.replaceChildren();
  if (charts.spectrum.width < 480 && shown.size > 6) return;
  for (const set of charts.spectrum.data.datasets) {
    const line = element('i', '', { style: `background:${set.borderColor}` });
    const entry = element('span');
    entry.append(line, element('bdi', set.label));
    legend.append(entry);
  }
  const saturated = [...shown.keys()].some(index =>
    !page.scenarios[index].openLoop && !page.scenarios[index].closedLoop);
  const closed = [...shown.keys()].some(index => page.scenarios[index].closedLoop);
  byId('spectrum-note').textContent =
    (page.scenarios.length > shown.size
      ? `${shown.size} of ${page.scenarios.length} scenarios are drawn; choose them in the table. `
      : '') +
    (saturated ? 'A scenario at load max shows time in the queue under saturation. ' : '') +
    (closed ? 'With users it is a closed loop, in which stalls hide (coordinated omission).' : '');
}

/** Those with something to see come first. */
function chooseScenarios() {
  const kFirst = 8;
  const drawable = page.scenarios.map((_, i) => i).filter(i => page.scenarios[i].response);
  const failed = drawable.filter(i => page.scenarios[i].verdict === 'FAIL');
  const sound = drawable.filter(i => !['FAIL', 'INVALID'].includes(page.scenarios[i].verdict));
  [...failed, ...sound, ...drawable].slice(0, kFirst).sort((a, b) => a - b)
    .forEach((index, place) => shown.set(index, place));
}

function freePlace() {
  const taken = new Set(shown.values());
  let place = 0;
  while (taken.has(place)) ++place;
  return place;
}

function toggleScenario(index) {
  if (shown.has(index)) shown.delete(index);
  else if (shown.size < kMostLines) shown.set(index, freePlace());
  drawSpectrum();
  paintSwatches();
}
