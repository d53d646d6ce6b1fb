// SPDX-License-Identifier: Apache-2.0
// What all charts of the page share: numbers as busmark prints them, colours, axes.
'use strict';

const page = JSON.parse(document.getElementById('data').textContent);
const byId = id => document.getElementById(id);
const kColours = 8;

/** An element with text that came from anywhere: never parsed as HTML. */
function element(name, text, attributes = {}) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

function shortNumber(value) {
  return String(Number(value.toPrecision(3)));
}

/** 1530 -> 1.53us; null -> -. */
function duration(ns) {
  if (ns === null || ns === undefined || !isFinite(ns)) return '-';
  for (const [size, unit] of [[1e9, 's'], [1e6, 'ms'], [1e3, 'us']]) {
    if (Math.abs(ns) >= 0.9995 * size) return shortNumber(ns / size) + unit;
  }
  return shortNumber(ns) + 'ns';
}

/** 1250000 -> 1.25M/s. */
function rate(perSecond) {
  if (perSecond === null || !isFinite(perSecond)) return '-';
  for (const [size, unit] of [[1e9, 'G'], [1e6, 'M'], [1e3, 'k']]) {
    if (perSecond >= 0.9995 * size) return shortNumber(perSecond / size) + unit + '/s';
  }
  return shortNumber(perSecond) + '/s';
}

function count(number) {
  return number.toLocaleString('en').replaceAll(',', '\u202f');
}

/** 99.9 of how many are not beyond: 1000 -> 99.9 %. */
function percentText(oneIn) {
  const digits = Math.max(0, Math.ceil(Math.log10(oneIn) - 2 - 1e-9));
  return Number((100 * (1 - 1 / oneIn)).toFixed(Math.max(digits, 1))) + ' %';
}

/** Names without what all of them begin with, as long as each still begins with `key=`. */
function shortNames(names) {
  if (names.length < 2) return names;
  let cut = 0;
  for (let at = names[0].indexOf('/'); at >= 0; at = names[0].indexOf('/', at + 1)) {
    const head = names[0].slice(0, at + 1);
    if (names.every(name => name.startsWith(head) && /^[\w.]+=/.test(name.slice(at + 1)))) {
      cut = at + 1;
    }
  }
  return names.map(name => name.slice(cut));
}
shortNames(page.scenarios.map(s => s.name)).forEach((name, i) => { page.scenarios[i].short = name; });

function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue('--' + name).trim();
}

/** Between the two ends of the heat map; share in 0..1. */
function heat(share) {
  const [low, high] = ['heat-low', 'heat-high'].map(name => colour(name).split(',').map(Number));
  return 'rgb(' + low.map((c, i) => Math.round(c + (high[i] - c) * share)).join(',') + ')';
}

function seriesColour(index) {
  return colour('c' + index % kColours);
}

const kDash = [[], [7, 3], [2, 3], [9, 3, 2, 3]];
/** Beyond eight colours a line is told apart by its dashes. */
function seriesDash(index) {
  return kDash[Math.floor(index / kColours) % kDash.length];
}

/** A decade where the axis is long, 1-2-5 where it is short. */
function isRoundTick(value, axis) {
  const decades = Math.log10(axis.max / axis.min);
  const digit = Math.round(value / 10 ** Math.floor(Math.log10(value) + 1e-9));
  return digit === 1 || decades < 1.5 || (decades < 4 && (digit === 2 || digit === 5));
}

function title(text) {
  return { display: true, text, color: colour('quiet'), font: { size: 12 } };
}

function axis(text, more = {}) {
  return {
    title: title(text),
    grid: { color: colour('grid'), borderColor: colour('line'), tickColor: colour('line') },
    ...more,
    ticks: { color: colour('quiet'), font: { size: 12 }, maxRotation: 0, ...more.ticks },
  };
}

function logAxis(text, label, more = {}) {
  return axis(text, {
    type: 'logarithmic',
    ...more,
    ticks: { callback(value) { return isRoundTick(value, this) ? label(value) : null; } },
  });
}

function latencyAxis(more = {}) {
  return logAxis('latency', duration, more);
}

function tooltip(callbacks) {
  return {
    backgroundColor: colour('text'), titleColor: colour('card'), bodyColor: colour('card'),
    footerColor: colour('card'), padding: 9, boxPadding: 4, callbacks,
  };
}

const charts = {};
/** Draws anew, as colours cannot be changed from outside. */
function draw(id, config) {
  if (charts[id]) charts[id].destroy();
  config.options = {
    animation: false, responsive: true, maintainAspectRatio: false,
    ...config.options,
    plugins: { legend: { display: false }, ...config.options.plugins },
  };
  charts[id] = new Chart(byId(id), config);
}

/** Buttons of which one is pressed. */
function choice(id, names, chosen, choose) {
  const box = byId(id);
  const buttons = names.map((name, index) => {
    const button = element('button', name, { type: 'button' });
    button.addEventListener('click', () => { press(index); choose(index); });
    box.append(button);
    return button;
  });
  const press = index =>
    buttons.forEach((button, i) => button.setAttribute('aria-pressed', String(i === index)));
  press(chosen);
}

/** Text that can be read on whatever lies below it. */
function haloText(ctx, text, x, y, paint) {
  ctx.font = '12px system-ui, sans-serif';
  ctx.setLineDash([]);
  ctx.lineJoin = 'round';
  ctx.lineWidth = 4;
  ctx.strokeStyle = colour('card');
  ctx.strokeText(text, x, y);
  ctx.fillStyle = paint;
  ctx.fillText(text, x, y);
}

/** Horizontal dashed lines with a word at their end, over any chart with a latency axis. */
function limitLines(limits) {
  return {
    id: 'limits',
    afterDatasetsDraw(chart) {
      const { ctx, chartArea: area, scales: { y } } = chart;
      ctx.save();
      ctx.textAlign = 'right';
      for (const [text, value] of limits) {
        const at = y.getPixelForValue(value);
        if (!(at >= area.top && at <= area.bottom)) continue;
        ctx.strokeStyle = colour('fail');
        ctx.lineWidth = 1.2;
        ctx.setLineDash([6, 4]);
        ctx.beginPath();
        ctx.moveTo(area.left, at);
        ctx.lineTo(area.right, at);
        ctx.stroke();
        haloText(ctx, text, area.right - 4, at - area.top < 18 ? at + 14 : at - 5, colour('fail'));
      }
      ctx.restore();
    },
  };
}
