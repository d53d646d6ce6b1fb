// SPDX-License-Identifier: Apache-2.0
// Puts the page together.
'use strict';

const kThemes = ['light', 'dark'];

function storedTheme() {
  try {
    return localStorage.getItem('busmark-theme');
  } catch {
    return null;  // a file opened where storage is refused
  }
}

function setTheme(theme) {
  document.documentElement.dataset.theme = theme;
  byId('theme').textContent = theme === 'dark' ? 'light' : 'dark';
}

function startTheme() {
  const system = matchMedia('(prefers-color-scheme: dark)');
  const wanted = () => storedTheme() ?? (system.matches ? 'dark' : 'light');
  setTheme(wanted());
  byId('theme').hidden = false;
  byId('theme').addEventListener('click', () => {
    const next = kThemes[1 - kThemes.indexOf(document.documentElement.dataset.theme)];
    try {
      localStorage.setItem('busmark-theme', next);
    } catch { /* the choice lasts as long as the page */ }
    setTheme(next);
    drawAll();
  });
  system.addEventListener('change', () => { setTheme(wanted()); drawAll(); });
}

const swatches = [];
function paintSwatches() {
  swatches.forEach((swatch, index) => {
    if (!swatch) return;
    const on = shown.has(index);
    swatch.style.background = on ? seriesColour(shown.get(index)) : '';
    swatch.style.borderColor = on ? seriesColour(shown.get(index)) : '';
    swatch.setAttribute('aria-pressed', String(on));
  });
}

function startTable() {
  const rows = [...document.querySelectorAll('#targets tbody tr')];
  rows.forEach((row, index) => {
    if (!page.scenarios[index].response) return;
    const swatch = element('button', '', {
      type: 'button', class: 'swatch', title: 'draw in the percentile spectrum',
      'aria-label': 'draw ' + page.scenarios[index].name,
    });
    swatch.addEventListener('click', () => toggleScenario(index));
    row.cells[0].prepend(swatch);
    swatches[index] = swatch;
  });
  if (rows.length < 12) return;
  byId('targets-controls').hidden = false;
  const filter = byId('filter');
  filter.addEventListener('input', () => {
    const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
    let left = 0;
    rows.forEach((row, index) => {
      const text = (page.scenarios[index].name + ' ' + page.scenarios[index].verdict).toLowerCase();
      row.hidden = !words.every(word => text.includes(word));
      left += row.hidden ? 0 : 1;
    });
    byId('filter-count').textContent = `${left} of ${rows.length}`;
  });
}

function startCopy() {
  const button = byId('copy');
  if (!button || !navigator.clipboard) return;
  button.hidden = false;
  button.addEventListener('click', () => navigator.clipboard.writeText(byId('command').textContent)
    .then(() => { button.textContent = 'copied'; }, () => { button.textContent = 'refused'; }));
}

function drawAll() {
  paintSwatches();
  if (!byId('spectrum-section').hidden) drawSpectrum();
  if (!byId('timeline-section').hidden) { timelineRamp(); drawTimeline(); }
  if (!byId('curve-section').hidden) drawCurve();
  if (page.comparison && page.comparison.changes.length) drawChanges();
  // For whoever tests the page: how many points each chart has.
  document.documentElement.dataset.points = Object.entries(charts).map(([id, chart]) =>
    id + '=' + chart.data.datasets.reduce((sum, set) => sum + set.data.length, 0)).join(' ');
}

function start() {
  startTheme();
  chooseScenarios();
  startTable();
  startCopy();
  if (page.scenarios.some(s => s.response)) {
    byId('spectrum-section').hidden = false;
    choice('spectrum-kind', kKinds, 0, index => { spectrumKind = index; drawSpectrum(); });
  }
  startTimeline();
  if (page.scenarios.filter(s => s.points.length).length > 1) {
    byId('curve-section').hidden = false;
    choice('curve-percentile', page.curvePercentiles, curvePercentile,
      index => { curvePercentile = index; drawCurve(); });
  }
  startChanges();
  drawAll();
}

window.addEventListener('error', event => {
  byId('trouble').hidden = false;
  byId('trouble').textContent = 'Not all could be drawn: ' + event.message;
});
start();
