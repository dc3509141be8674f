// Learned against hand-crafted: one chart and one table for each evaluation.

import { curve, get } from './api.js';
import { h, scroller } from './dom.js';
import { number, plural, problemWords, setting, signed } from './format.js';
import { Figure, choices } from './legend.js';

// Colours (Okabe and Ito's, see style.css) and dashes: the ones an optimizer
// prefers, so that it looks the same in every chart, then whatever is free.
const PREFERRED = {
  adam: ['vermillion', [7, 4]],
  rmsprop: ['green', [2, 3]],
  sgd: ['orange', [10, 4, 2, 4]],
  nesterov: ['purple', [5, 5]],
  nag: ['purple', [5, 5]],
  momentum: ['sky', [12, 4]],
  adamw: ['ink', [7, 4]],
  adagrad: ['ink', [2, 3]],
};
const LEARNED = ['blue', 'vermillion', 'green', 'purple', 'orange', 'sky', 'ink'];
const DASHES = [[7, 4], [2, 3], [10, 4, 2, 4], [5, 5], [12, 4]];

const ABOVE_START = 3;		// the axis ends at so many times the initial loss

// Solid and bold for the learned ones, dashed for the others, as in the paper.
function looks(optimizers) {
  const taken = new Set();
  const take = (wish) => {
    const colour = !taken.has(wish) ? wish : LEARNED.find((c) => !taken.has(c)) ?? wish;
    taken.add(colour);
    return colour;
  };
  const style = new Map();
  const learned = optimizers.filter((o) => o.learned);
  learned.forEach(({ name }, i) => style.set(name,
    { colour: take(LEARNED[i % LEARNED.length]), width: 3, emphasis: true }));
  optimizers.filter((o) => !o.learned).forEach(({ name }, i) => {
    const [wish, dash] = PREFERRED[name.toLowerCase()]
      ?? [LEARNED[(i + 1) % LEARNED.length], DASHES[i % DASHES.length]];
    style.set(name, { colour: take(wish), width: 1.75, dash });
  });
  return style;
}

// The rows of the evaluation curve that belong to one evaluation, by step.
// Evaluations may share a name: theirs stand one after the other, and nth says
// which is meant.
function gather(body, name, nth) {
  const steps = new Map();
  const seen = new Map();
  for (const values of body.rows) {
    const row = Object.fromEntries(body.columns.map((column, i) => [column, values[i]]));
    const key = `${row.step} ${row.optimizer}`;
    if (row.evaluation !== name)
      continue;
    seen.set(key, (seen.get(key) ?? -1) + 1);
    if (seen.get(key) !== nth)
      continue;
    if (!steps.has(row.step))
      steps.set(row.step, new Map());
    steps.get(row.step).set(row.optimizer, row);
  }
  return [...steps].sort(([a], [b]) => a - b);
}

class Evaluation {
  constructor(evaluation, nth, body) {
    this.optimizers = evaluation.rows.map((row) =>
      ({ name: row.optimizer, learned: row.learned }));
    this.steps = gather(body, evaluation.name, nth);
    this.figure = new Figure({ xlabel: 'step', ylabel: 'loss', bands: true,
      label: `Loss by step of ${this.optimizers.map((o) => o.name).join(', ')} on `
        + `${evaluation.name}; the table below has the final values.` });
    this.note = h('p', { class: 'note' });
    this.node = h('article', { class: 'evaluation' },
      h('h3', {}, evaluation.name),
      h('p', { class: 'muted' }, [problemWords(evaluation.problem),
        evaluation.horizon && plural(evaluation.horizon, 'step'),
        evaluation.runs && plural(evaluation.runs, 'run')].filter(Boolean).join(' \u00b7 ')),
      this.figure.node, this.note, resultTable(evaluation));
  }

  // Draw; the node must be in the page by now, so that it has a size.
  show({ centre, bands, log }) {
    const style = looks(this.optimizers);
    // Drawn in this order: the learned ones over the others.
    const order = [...this.optimizers]
      .sort((a, b) => Number(a.learned) - Number(b.learned));
    const rows = this.steps.map(([step, by]) => [step, ...order.map(({ name }) => {
      const point = by.get(name);
      return point ? [point.q10, point[centre], point.q90] : null;
    })]);
    const start = Math.max(...(rows[0] ?? []).slice(1)
      .map((cell) => cell?.[1] ?? 0).filter(Number.isFinite), 0);
    const cap = start > 0 ? ABOVE_START * start : Infinity;
    this.figure.setScale(log);
    this.figure.setBands(bands);
    this.figure.set(rows,
      order.map(({ name }) => ({ key: name, name, ...style.get(name) })), cap);
    this.note.textContent = order.map(({ name }) => this.gone(name, centre, cap))
      .filter(Boolean).join(' ');
    this.note.hidden = this.note.textContent === '';
  }

  // A sentence about an optimizer whose curve leaves the chart.
  gone(name, centre, cap) {
    const out = this.steps.find(([, by]) => by.has(name) && !(by.get(name)[centre] <= cap));
    if (!out)
      return null;
    const { runs, diverged } = this.steps.at(-1)[1].get(name) ?? {};
    return `${name}: the ${centre} is ${Number.isFinite(out[1].get(name)[centre])
      ? 'above the chart' : 'not finite'} at step ${out[0]}`
      + (diverged ? `; ${diverged} of ${runs} runs diverged.` : '.');
  }
}

// The table: lowest sum of losses first, what is not finite last.
function resultTable({ name, rows }) {
  const rank = (row) => (Number.isFinite(row.sum_mean) ? row.sum_mean : Infinity);
  const sorted = [...rows].sort((a, b) => (rank(a) === rank(b) ? 0 : rank(a) - rank(b)));
  const heads = [['Optimizer', ''], ['Learning rate', 'num'], ['Sum of losses', 'num'],
    ['Final mean', 'num'], ['Final median', 'num'], ['Against the best hand-crafted', 'num'],
    ['Diverged', 'num']];
  return scroller(`Results of ${name}`, h('table', { class: 'results' },
    h('thead', {}, h('tr', {}, heads.map(([text, cls]) =>
      h('th', { scope: 'col', class: cls || null }, text)))),
    h('tbody', {}, sorted.map(resultRow))));
}

// What the tables' words mean, once below them all.
function explanations(evaluations) {
  const edge = evaluations.some(({ rows }) => rows.some((row) => row.edge));
  return [
    h('p', { class: 'note' }, 'Best: the lowest sum of losses over all steps. Against the '
      + 'best hand-crafted: the paired difference of the final loss with its 95 % '
      + 'interval; below zero is better.'),
    edge && h('p', { class: 'note warn' }, 'Edge: the best learning rate lies at the edge '
      + 'of the grid; widen \u201clearning_rates\u201d to be fair to this optimizer.'),
  ].filter(Boolean);
}

function resultRow(row) {
  return h('tr', { class: [row.learned && 'learned', row.best && 'best']
    .filter(Boolean).join(' ') || null },
  h('th', { scope: 'row' }, row.optimizer,
    ' ', row.learned && h('span', { class: 'mark' }, 'learned'), ' ',
    row.best && h('span', { class: 'mark good' }, 'best'), ' ',
    row.snapshot && h('a', { class: 'muted small', href: '#/snapshots' },
      `snapshot ${row.snapshot}`)),
  h('td', { class: 'num' }, row.learning_rate === null || row.learning_rate === undefined
    ? '\u2013' : setting(row.learning_rate),
  row.edge && h('span', { class: 'mark warn' }, 'edge')),
  h('td', { class: 'num' }, number(row.sum_mean)),
  h('td', { class: 'num' }, number(row.final_mean)),
  h('td', { class: 'num' }, number(row.final_median)),
  difference(row),
  h('td', { class: 'num' }, row.diverged > 0
    ? h('span', { class: 'mark warn' }, String(row.diverged)) : '0'));
}

function difference({ difference: d, difference_low: low, difference_high: high }) {
  if (d === null || d === undefined)
    return h('td', { class: 'num muted' }, '\u2013');
  const sure = high < 0 ? 'better' : low > 0 ? 'worse' : null;
  return h('td', { class: 'num nowrap' },
    h('span', { class: sure }, signed(d)),
    h('span', { class: 'muted interval' }, ` [${signed(low)}, ${signed(high)}]`));
}

// The part of a job's page with its evaluations: hidden until there are any.
export class Evaluations {
  constructor(id, signal) {
    this.id = id;
    this.signal = signal;
    this.how = { centre: 'mean', bands: true, log: true };
    this.shown = [];
    this.list = h('div');
    const bands = h('input', { type: 'checkbox', id: 'bands', checked: true,
      onchange: () => this.change({ bands: bands.checked }) });
    this.node = h('section', { class: 'card', hidden: true, 'aria-label': 'Evaluation' },
      h('div', { class: 'card-head' }, h('h2', {}, 'Evaluation'),
        h('div', { class: 'controls' },
          choices('Line', [['mean', 'Mean'], ['median', 'Median']], 'mean',
            (centre) => this.change({ centre })),
          choices('Loss axis', [[true, 'Log'], [false, 'Linear']], true,
            (log) => this.change({ log })),
          h('label', { class: 'check' }, bands, '10\u201390 % band'))),
      this.list);
  }

  change(part) {
    Object.assign(this.how, part);
    for (const evaluation of this.shown)
      evaluation.show(this.how);
  }

  // Fetch and show.
  async load() {
    const [table, body] = await Promise.all([
      get(`/jobs/${this.id}/table`, {}, this.signal),
      curve(this.id, 'evaluation', {}, this.signal)]);
    const evaluations = table.evaluations ?? [];
    if (evaluations.length === 0)
      return;
    this.destroy();
    this.node.hidden = false;
    this.shown = [];
    this.list.replaceChildren();
    evaluations.forEach((evaluation, i) => {
      const nth = evaluations.slice(0, i).filter((e) => e.name === evaluation.name).length;
      const made = new Evaluation(evaluation, nth, body);
      this.shown.push(made);
      this.list.append(made.node);
      made.show(this.how);
    });
    this.list.append(...explanations(evaluations));
  }

  destroy() {
    for (const evaluation of this.shown)
      evaluation.figure.destroy();
  }
}
