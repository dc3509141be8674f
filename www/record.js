// The lasting parts of a job's page: downloads, the spec as run, what it ran on,
// its history and its log.

import { curveFile, get, snapshotFile } from './api.js';
import { copyButton, h, scroller, section, terms } from './dom.js';
import { between, bytes, count, describe, duration, number, plural, pretty, time }
  from './format.js';
import { makeBadge } from './state.js';
import { haveToken } from './token.js';

function fileLink(href, kind, name) {
  return h('a', { class: 'file', href, download: name }, kind);
}

function curveRows(id, curves) {
  return curves.map(({ name, points }) => h('tr', {},
    h('th', { scope: 'row' }, name),
    h('td', { class: 'num' }, points === undefined ? '' : count(points)),
    h('td', {}, ['csv', 'json', 'ndjson'].map((kind) =>
      fileLink(curveFile(id, name, kind), kind, `job-${id}-${name}.${kind}`)))));
}

function snapshotFiles(snapshot) {
  return ['safetensors', 'npz', 'json'].map((kind) =>
    fileLink(snapshotFile(snapshot.id, kind), kind, `snapshot-${snapshot.id}.${kind}`));
}

// The cells of a snapshot, here and on the page of all snapshots.
export function snapshotCells(snapshot) {
  const sha = snapshot.sha256 ?? '';
  return [
    h('td', {}, snapshot.kind),
    h('td', { class: 'num' }, count(snapshot.epoch)),
    h('td', { class: 'num' }, number(snapshot.validation_loss)),
    h('td', { class: 'num nowrap' }, bytes(snapshot.size)),
    h('td', {}, h('code', { title: `SHA-256 ${sha}` }, sha.slice(0, 10))),
    h('td', { class: 'nowrap' }, snapshotFiles(snapshot)),
  ];
}

export const SNAPSHOT_HEADS = [['Kind', ''], ['Epoch', 'num'], ['Validation', 'num'],
  ['Size', 'num'], ['SHA-256', ''], ['Files', '']];

function head(columns) {
  return h('thead', {}, h('tr', {}, columns.map(([text, cls]) =>
    h('th', { scope: 'col', class: cls || null }, text))));
}

function pandas(id, name) {
  const shown = haveToken() ? ', storage_options={"Authorization": "Bearer TOKEN"}' : '';
  const line = `pd.read_csv("${location.origin}${curveFile(id, name, 'csv')}"${shown})`;
  return h('p', { class: 'snippet' }, h('code', {}, line), copyButton(line));
}

function downloads(id, curves, snapshots) {
  if (curves.length === 0 && snapshots.length === 0)
    return h('p', { class: 'muted' }, 'Nothing to download yet.');
  const filled = curves.filter((c) => c.points !== 0);
  const last = filled.find((c) => c.name === 'evaluation') ?? filled[0];
  return [
    curves.length > 0 && scroller('Curves', h('table', { class: 'curves' },
      head([['Curve', ''], ['Points', 'num'], ['Files', '']]),
      h('tbody', {}, curveRows(id, curves)))),
    last && pandas(id, last.name),
    snapshots.length > 0 && h('h3', {}, 'Snapshots'),
    snapshots.length > 0 && scroller('Snapshots', h('table', { class: 'snapshots' },
      head([['#', 'num'], ...SNAPSHOT_HEADS]),
      h('tbody', {}, snapshots.map((s) => h('tr', {},
        h('td', { class: 'num muted' }, String(s.id)), snapshotCells(s)))))),
  ];
}

function history(job) {
  const states = job.states ?? [];
  return h('ol', { class: 'history' }, states.map(({ state, at, reason }, i) => {
    const badge = makeBadge();
    badge.update(state);
    const next = states[i + 1]?.at;
    return h('li', {}, badge.node, h('time', { datetime: at }, time(at)),
      next && h('span', { class: 'muted' }, `for ${duration(between(at, next))}`),
      reason && h('code', {}, reason));
  }));
}

function environment(job) {
  const pairs = [...describe(job.environment),
    ...(job.estimate ? [['Memory, at most', bytes(job.estimate.memory_bytes)],
      ['Disk, at most', bytes(job.estimate.disk_bytes)]] : [])];
  return pairs.length > 0 ? terms(pairs)
    : h('p', { class: 'muted' }, 'Known once the job has run.');
}

function logLines(body) {
  const rows = body.lines;
  if (rows.length === 0)
    return h('p', { class: 'muted' }, 'No lines yet.');
  return h('ol', { class: 'log', tabindex: '0', 'aria-label': 'Log lines' },
    rows.map(({ at, level, text }) => h('li', { class: `level-${level}` },
      h('time', { datetime: at, title: time(at) }, time(at).split(', ').at(-1)),
      h('span', { class: 'level' }, level), h('span', {}, text))));
}

export class Record {
  constructor(id, signal) {
    this.id = id;
    this.signal = signal;
    this.files = h('div');
    this.spec = h('pre', { class: 'code', tabindex: '0', 'aria-label': 'Specification' });
    this.environment = h('div');
    this.history = h('div');
    this.log = h('div');
    this.shown = {};
    this.node = [
      section('Downloads', null, this.files),
      h('div', { class: 'columns' },
        section('Specification', h('div', { class: 'controls' },
          copyButton(() => this.spec.textContent),
          h('a', { class: 'button quiet', href: `#/new?job=${id}` }, 'New from this')),
        this.spec),
        h('div', {}, section('Environment', null, this.environment),
          section('History', null, this.history))),
      section('Log', null, this.log),
    ];
  }

  // Replace a part only where its data changed: selections and scroll
  // positions in it stay.
  part(name, data, make) {
    const text = JSON.stringify(data);
    if (this.shown[name] === text)
      return;
    this.shown[name] = text;
    this[name].replaceChildren(...[make(data)].flat().filter(Boolean));
  }

  showJob(job) {
    this.part('spec', job.spec, pretty);
    this.part('environment', [job.environment, job.estimate], () => environment(job));
    this.part('history', job.states, () => history(job));
  }

  // Fetch what the job object does not hold. Returns the curves' list.
  async load() {
    const [{ curves }, { snapshots }, log] = await Promise.all([
      get(`/jobs/${this.id}/curves`, {}, this.signal),
      get('/snapshots', { job: this.id, limit: 100 }, this.signal),
      get(`/jobs/${this.id}/log`, {}, this.signal),
    ]);
    this.part('files', [curves, snapshots], () => downloads(this.id, curves, snapshots));
    this.part('log', log, logLines);
    return curves;
  }
}

// "3 attempts" where a job needed more than one.
export function attempts(job) {
  return job.attempts > 1 ? plural(job.attempts, 'attempt') : null;
}
