// Meta-training as it happens: the curve grows by long polls.

import { ApiError, curve } from './api.js';
import { h, section, setText, terms } from './dom.js';
import { count, number, plural, setting } from './format.js';
import { Figure, choices } from './legend.js';
import { poll } from './poll.js';

const WAIT = 20;		// seconds a long poll may take
const PAUSE = 500;		// at least so many milliseconds between two of them
const NOT_YET = 2000;	// before the next look, where nothing was new
const POINTS = 4000;		// of the first question; more are thinned by the server
const POINTS_MOST = 12000;	// then everything is asked for again, thinned
const SMOOTHING = 50;		// the moving mean spans this part of the points

const SHOWN = [['meta_loss', 'Meta-loss'], ['gradient_norm', 'Gradient norm'],
  ['learning_rate', 'Learning rate']];

// Whether as many clients wait for news already as the server lets.
const crowded = (error) => error instanceof ApiError && error.status === 429;

// Whether there is no such curve: a job that begins anew has lost its own.
const gone = (error) => error instanceof ApiError && error.status === 404;

// At each finite value, the mean of it and the finite ones before, `span` in all.
function movingMean(values, span) {
  const kept = [];
  return values.map((v) => {
    if (!Number.isFinite(v))
      return null;
    kept.push(v);
    if (kept.length > span)
      kept.shift();
    return kept.reduce((a, b) => a + b) / kept.length;
  });
}

function median(values) {
  const sorted = values.filter(Number.isFinite).sort((a, b) => a - b);
  return sorted[sorted.length >> 1];
}

// Whether there are epochs between the rows: a long training's curve is stored
// with every second, third, ... epoch, and the server thins what is asked for.
function thinned(rows) {
  return rows.length > 1 && rows.at(-1)[0] - rows[0][0] + 1 > rows.length;
}

// Above it a value does not stretch the axis: a run that explodes would press
// all that came before into one line. The beginning is always seen.
function ceiling(values) {
  const first = values.slice(0, Math.max(5, values.length / 20)).filter(Number.isFinite);
  return Math.max(100 * (median(values) || Infinity), 3 * Math.max(...first, 0));
}

// Rows of one x axis from columns with x axes of their own: [[x, v], ...] each.
function merge(columns) {
  const rows = new Map();
  columns.forEach((points, i) => {
    for (const [x, v] of points) {
      if (!rows.has(x))
        rows.set(x, [x, ...columns.map(() => null)]);
      rows.get(x)[i + 1] = v;
    }
  });
  return [...rows.values()].sort((a, b) => a[0] - b[0]);
}

// A curve that is fetched piece by piece.
class Growing {
  constructor(id, name, signal) {
    Object.assign(this, { id, name, signal, rows: [], columns: [], seq: null,
      complete: false });
  }

  // What is new; waits for it where wait is given. Whether anything was.
  async more(wait) {
    const again = this.rows.length > POINTS_MOST;
    const from = again ? null : this.seq;
    const body = await curve(this.id, this.name, from === null
      ? { max_points: POINTS } : { after: from, wait: wait || null }, this.signal);
    const changed = from === null || body.rows.length > 0 || body.complete !== this.complete;
    // After a retry the curve begins anew: the epochs say so.
    const anew = body.rows.length > 0 && this.rows.length > 0
      && body.rows[0][0] <= this.rows.at(-1)[0];
    this.rows = from === null ? body.rows
      : (anew ? this.rows.filter((r) => r[0] < body.rows[0][0]) : this.rows)
        .concat(body.rows);
    this.columns = body.columns;
    this.seq = body.seq;
    this.complete = body.complete;
    return changed;
  }

  // [[x, value], ...] of one column; the first column is x.
  points(column) {
    const at = this.columns.indexOf(column);
    return this.rows.map((row) => [row[0], row[at] ?? null]);
  }
}

export class Training {
  constructor(id, signal) {
    this.signal = signal;
    this.training = new Growing(id, 'training', signal);
    this.validation = new Growing(id, 'validation', signal);
    this.column = 'meta_loss';
    this.figure = new Figure({ xlabel: 'epoch', ylabel: '',
      label: 'Meta-loss and validation loss by epoch' });
    this.facts = h('div');
    this.note = h('p', { class: 'note warn', hidden: true });
    this.drawn = h('p', { class: 'note', hidden: true });
    this.empty = h('p', { class: 'muted' }, 'The first epoch has not ended yet.');
    this.node = section('Meta-training', h('div', { class: 'controls' },
      choices('Show', SHOWN, this.column, (column) => {
        this.column = column;
        this.draw();
      }),
      choices('Axis', [[true, 'Log'], [false, 'Linear']], true,
        (log) => this.figure.setScale(log))),
    this.empty, this.figure.node, this.drawn, this.note, this.facts);
    this.figure.node.hidden = true;
  }

  // Follow the curve until it is complete or the page is left. has says whether
  // the job has a curve of that name yet, ended whether nothing more will come.
  follow(has, ended) {
    return poll(this.signal, async () => {
      try {
        return await this.look(has, ended);
      } catch (error) {
        if (gone(error))
          return NOT_YET;
        throw error;
      }
    });
  }

  // One look at the curves; milliseconds to the next, null when it was the last.
  async look(has, ended) {
    if (!has('training'))
      return ended() ? null : NOT_YET;
    const started = performance.now();
    const last = ended();
    const changed = await this.training.more(last ? 0 : WAIT)
      .catch((error) => {
        if (crowded(error))
          return this.training.more(0);
        throw error;
      });
    if (has('validation') && await this.validation.more(0) || changed)
      this.draw();
    if (this.training.complete || last)
      return null;
    return Math.max(PAUSE, changed ? 0 : NOT_YET - (performance.now() - started));
  }

  draw() {
    const { rows } = this.training;
    this.empty.hidden = rows.length > 0;
    this.figure.node.hidden = rows.length === 0;
    if (rows.length === 0)
      return;
    const points = this.training.points(this.column);
    const values = points.map(([, v]) => v);
    const cap = ceiling(values);
    if (this.column !== 'meta_loss') {
      const [, name] = SHOWN.find(([key]) => key === this.column);
      this.figure.set(merge([points]), [{ key: this.column, name: name.toLowerCase(),
        colour: 'blue', width: 1.5 }], cap);
    } else {
      this.drawLosses(points, values, cap);
    }
    this.tell(values, cap);
  }

  drawLosses(points, values, cap) {
    const span = Math.max(5, Math.round(points.length / SMOOTHING));
    const mean = movingMean(values, span);
    const unit = thinned(this.training.rows) ? 'points' : 'epochs';
    const validation = this.validation.points('loss');
    const best = this.validation.points('best');
    const bests = validation.filter((_, i) => best[i][1]);
    const parts = [
      [points, { key: 'loss', name: 'meta-loss of an epoch', colour: 'sky', width: 1,
        alpha: 0.55, connect: true }],
      [points.map(([x], i) => [x, mean[i]]), { key: 'mean',
        name: `mean of ${span} ${unit}`, colour: 'blue', width: 2.5, connect: true,
        emphasis: true }],
      [validation, { key: 'validation', name: 'validation', colour: 'vermillion',
        width: 3.5, kind: 'dots' }],
      [bests.slice(-1), { key: 'best', name: 'best validation', colour: 'green',
        width: 5.5, kind: 'dots' }],
    ].filter(([column]) => column.length > 0);
    this.figure.set(merge(parts.map(([column]) => column)),
      parts.map(([, series]) => series), cap);
  }

  tell(values, cap) {
    const last = Object.fromEntries(this.training.columns
      .map((name, i) => [name, this.training.rows.at(-1)[i]]));
    const at = Object.fromEntries(this.validation.columns.map((name, i) => [name, i]));
    const best = this.validation.rows.filter((row) => row[at.best]).at(-1);
    this.facts.replaceChildren(terms([
      ['Epochs', count(last.epoch)],
      ['Meta-loss', number(last.meta_loss)],
      ['Best validation', best && `${number(best[at.loss])} at epoch ${count(best[at.epoch])}`],
      ['Learning rate', setting(last.learning_rate)],
      ['Gradient norm', number(last.gradient_norm)],
    ], 'terms figures'));
    this.drawn.hidden = !thinned(this.training.rows);
    setText(this.drawn, `Drawn are ${count(this.training.rows.length)} of `
      + `${count(last.epoch)} epochs.`);
    const lost = values.filter((v) => v !== null && !Number.isFinite(v)).length;
    const above = values.filter((v) => Number.isFinite(v) && v > cap).length;
    setText(this.note, [lost > 0 && `${plural(lost, 'point')} not finite`,
      above > 0 && `${plural(above, 'point')} above the chart`].filter(Boolean).join(', '));
    this.note.hidden = lost + above === 0;
  }

  destroy() {
    this.figure.destroy();
  }
}
