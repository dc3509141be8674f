// What the server is, has and does.

import { ApiError, get } from './api.js';
import { h, scroller, section, terms } from './dom.js';
import { bytes, count, describe, duration, plural } from './format.js';
import { poll } from './poll.js';

const PAUSE = 3000;
// Members of the answer that have places of their own on the page.
const ELSEWHERE = ['queue', 'database', 'disk', 'budgets', 'data_folder', 'uptime_seconds'];

// '' where all is well, else the sentence that says what is not.
async function health(path, signal) {
  try {
    await get(path, {}, signal);
    return '';
  } catch (error) {
    if (error instanceof ApiError)
      return error.message;
    throw error;
  }
}

function healthLine(name, fault, path) {
  const good = fault === '';
  return h('li', {}, h('span', { class: `badge state-${good ? 'succeeded' : 'failed'}` },
    h('span', { 'aria-hidden': 'true' }, good ? '\u2713' : '\u2715'),
    good ? 'ok' : 'not ok'), ' ', h('a', { href: `/api/v1${path}` }, `/api/v1${path}`),
  ` \u2013 ${name}`, good ? null : h('p', { class: 'alert' }, fault));
}

function figures(server) {
  const queue = server.queue ?? {};
  return terms([
    ['Running', count(queue.running)],
    ['Queued', count(queue.queued)],
    ['Workers', count(server.workers)],
    ['Database', bytes(server.database?.size)],
    ['Up for', duration(server.uptime_seconds)],
  ], 'terms figures');
}

// What jobs may take.
function budgets({ memory, job_memory, disk, job_disk } = {}) {
  const limit = (v) => (v ? bytes(v) : 'no limit');
  return terms([
    ['Memory of the running jobs', limit(memory)],
    ['Memory of one job', limit(job_memory ?? memory)],
    ['Database', limit(disk)],
    ['Disk for one job', limit(job_disk)],
  ]);
}

function datasets(list) {
  if (list.length === 0)
    return h('p', { class: 'muted' }, 'None.');
  return scroller('Data sets', h('table', {}, h('tbody', {}, list.map((set) =>
    h('tr', {}, h('th', { scope: 'row' }, set.name),
      h('td', {}, set.available === undefined ? ''
        : h('span', { class: set.available ? 'mark good' : 'mark warn' },
          set.available ? 'available' : 'missing')),
      h('td', { class: 'wide' }, set.text ?? ''))))));
}

function links() {
  const path = (p) => (p.startsWith('/') ? p : `/api/v1/${p}`);
  return h('ul', { class: 'plain' }, [
    ['openapi.json', 'the API, described for programs (OpenAPI 3.1)'],
    ['metrics', 'measurements for Prometheus'],
    ['jobs', 'the list of jobs as JSON'],
  ].map(([name, text]) => h('li', {}, h('a', { href: path(name) }, path(name)),
    ` \u2013 ${text}`)));
}

export async function show(main, route, signal) {
  document.title = 'Server \u00b7 l2ld';
  const top = h('div');
  const build = h('div');
  const store = h('div');
  const limits = h('div');
  const checks = h('ul', { class: 'plain' });
  const sets = h('div');

  async function load() {
    const [server, alive, ready] = await Promise.all([get('/server', {}, signal),
      health('/healthz', signal), health('/readyz', signal)]);
    top.replaceChildren(figures(server));
    build.replaceChildren(terms(describe(server, ELSEWHERE)));
    store.replaceChildren(terms([...describe(server.database),
      ['Free on its disk', bytes(server.disk?.free)],
      ['Kept in reserve', bytes(server.disk?.reserve)],
      ['Data sets in', server.data_folder]]));
    limits.replaceChildren(budgets(server.budgets));
    checks.replaceChildren(healthLine('the process answers', alive, '/healthz'),
      healthLine('writes, room on the disk, all parts', ready, '/readyz'));
    return server;
  }

  const server = await load();
  main.replaceChildren(
    h('div', { class: 'head' }, h('h1', {}, 'Server')),
    h('div', { class: 'card' }, top,
      h('p', { class: 'note' }, `A job that begins now gets `
        + `${plural(server.threads_per_job ?? 1, 'thread')}, unless it says how many.`)),
    h('div', { class: 'columns' },
      section('Build and machine', null, build),
      h('div', {}, section('Storage', null, store), section('Limits', null, limits),
        section('Health', null, checks))),
    section('Data sets', null, sets),
    section('For programs', null, links()));
  sets.append(datasets((await get('/datasets', {}, signal)).datasets));
  let first = true;
  await poll(signal, async () => {
    if (!first)
      await load();
    first = false;
    return PAUSE;
  });
}
