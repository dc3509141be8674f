// The figure around a chart: its controls, its legend that reads out values and
// hides series, and a word for those who cannot see it.

import { Chart, available } from './chart.js';
import { h, setText, svg } from './dom.js';
import { number } from './format.js';

function swatch({ colour, width = 2, dash, alpha, kind }) {
  const line = kind === 'dots'
    ? svg('circle', { cx: 14, cy: 6, r: width, fill: 'currentColor' })
    : svg('line', { x1: 1, y1: 6, x2: 27, y2: 6, stroke: 'currentColor',
      'stroke-width': Math.min(width, 4), 'stroke-opacity': alpha ?? 1,
      'stroke-dasharray': dash?.join(' ') });
  return svg('svg', { class: `swatch series-${colour}`, width: 28, height: 12,
    viewBox: '0 0 28 12', 'aria-hidden': 'true' }, line);
}

// A group of choices of which one holds; onchange is called with its value.
export function choices(label, values, value, onchange) {
  const buttons = values.map(([key, text]) => h('button', { type: 'button',
    'aria-pressed': String(key === value), onclick: () => {
      for (const button of buttons)
        button.setAttribute('aria-pressed', String(button === made.get(key)));
      onchange(key);
    } }, text));
  const made = new Map(values.map(([key], i) => [key, buttons[i]]));
  return h('div', { class: 'choices', role: 'group', 'aria-label': label }, buttons);
}

// Options as for Chart, and label (what the picture shows). A series also has a
// name; values in the legend are those under the pointer, otherwise the last.
export class Figure {
  constructor(options) {
    this.hidden = new Set();
    this.host = h('div', { class: 'plot', role: 'img', 'aria-label': options.label });
    this.legend = h('ul', { class: 'legend' });
    this.where = h('span', { class: 'muted where' });
    this.xlabel = options.xlabel;
    this.reset = h('button', { type: 'button', class: 'quiet', hidden: true,
      onclick: () => this.chart.resetZoom() }, 'Reset zoom');
    this.node = h('div', { class: 'figure' }, this.host,
      h('div', { class: 'figure-foot' }, this.legend, this.where, this.reset));
    if (!available()) {
      this.host.append(h('p', { class: 'alert' }, 'The chart library is missing: '
        + 'install Debian\u2019s libjs-dygraphs where the server runs.'));
      return;
    }
    this.chart = new Chart(this.host, { ...options,
      onhover: (x, row) => this.read(x, row),
      onzoom: (zoomed) => { this.reset.hidden = !zoomed; } });
  }

  // cap: values above it do not stretch the axis.
  set(rows, series, cap = Infinity) {
    this.rows = rows;
    this.series = series.map((s) => ({ ...s, hidden: this.hidden.has(s.key) }));
    const shape = JSON.stringify(this.series.map((s) => [s.key, s.name, s.colour]));
    if (shape !== this.shape) {
      this.shape = shape;
      this.buildLegend();
    }
    if (this.chart) {
      this.chart.cap = cap;
      this.chart.set(rows, this.series);
    }
    this.read(null);
  }

  setScale(log) {
    if (this.chart) {
      this.chart.log = log;
      this.chart.redraw();
    }
  }

  setBands(shown) {
    if (this.chart) {
      this.chart.showBands = shown;
      this.chart.redraw();
    }
  }

  buildLegend() {
    this.values = [];
    // What is emphasised is drawn last, over the others, but named first.
    const order = [...this.series.keys()].sort((a, b) =>
      Number(this.series[b].emphasis ?? false) - Number(this.series[a].emphasis ?? false));
    const items = order.map((i) => {
      const s = this.series[i];
      const value = this.values[i] = h('span', { class: 'value' });
      return h('li', {}, h('button', { type: 'button',
        class: s.emphasis ? 'strong' : null,
        'aria-pressed': String(!s.hidden), title: `Show or hide ${s.name}`,
        onclick: (event) => this.toggle(i, event.currentTarget) },
      swatch(s), h('span', { class: 'series-name' }, s.name), value));
    });
    this.legend.replaceChildren(...items);
  }

  toggle(i, button) {
    const s = this.series[i];
    s.hidden = !s.hidden;
    if (s.hidden)
      this.hidden.add(s.key);
    else
      this.hidden.delete(s.key);
    button.setAttribute('aria-pressed', String(!s.hidden));
    this.chart?.redraw();
  }

  // Values at a row, or the last ones.
  read(x, row) {
    const last = (i) => this.rows.findLast((r) => r[i + 1] !== null)?.[i + 1];
    this.series.forEach((s, i) => {
      const cell = x === null ? last(i) : this.rows[row]?.[i + 1];
      const v = Array.isArray(cell) ? cell[1] : cell;
      setText(this.values[i], v === null || v === undefined ? '' : number(v));
    });
    const end = this.rows.at(-1)?.[0];
    setText(this.where, x !== null ? `at ${this.xlabel} ${x}`
      : end === undefined ? '' : `at the last ${this.xlabel}`);
  }

  destroy() {
    this.chart?.destroy();
  }
}
