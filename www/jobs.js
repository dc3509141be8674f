// The list of jobs: state, progress, filter by state and text, pages.

import { explain, get } from './api.js';
import { h, scroller, setText } from './dom.js';
import { ago, time } from './format.js';
import { poll } from './poll.js';
import { STATES, isLive, makeBadge, makeProgress, reasonWords } from './state.js';

const PAGE = 25;
const LIVE_PAUSE = 2000;
const QUIET_PAUSE = 10000;
const TYPING_PAUSE = 250;

// One row of the table, kept while the job stays on the page so that a
// refresh neither moves the focus nor flickers.
function makeRow(id) {
  const badge = makeBadge();
  const progress = makeProgress();
  const name = h('a', { href: `#/jobs/${id}`, class: 'job-name' });
  const tags = h('span', { class: 'tags' });
  const type = h('td', { class: 'muted' });
  const reason = h('span', { class: 'muted' });
  const created = h('time');
  const node = h('tr', {},
    h('td', { class: 'num muted' }, String(id)),
    h('td', { class: 'wide' }, name, tags),
    type,
    h('td', {}, badge.node, reason),
    h('td', { class: 'progress-cell' }, progress.node),
    h('td', { class: 'muted nowrap' }, created));
  return {
    node,
    update(job) {
      setText(name, job.name || `job ${id}`);
      const shown = (job.tags ?? []).join('\n');
      if (tags.dataset.shown !== shown) {
        tags.dataset.shown = shown;
        tags.replaceChildren(...(job.tags ?? []).map((t) =>
          h('a', { class: 'tag', href: `#/jobs?tag=${encodeURIComponent(t)}` }, t)));
      }
      setText(type, job.type ?? '');
      badge.update(job.state);
      setText(reason, ` ${reasonWords(job)}`);
      progress.update(job);
      created.setAttribute('datetime', job.created);
      created.setAttribute('title', time(job.created));
      setText(created, ago(job.created));
    },
  };
}

// What stands in the place of an empty table.
function emptyNote(filtered, clear) {
  return filtered
    ? [h('p', {}, 'No job matches this filter.'),
      h('p', {}, h('button', { type: 'button', onclick: clear }, 'Show all jobs'))]
    : [h('h2', {}, 'No jobs yet'),
      h('p', {}, 'A job meta-trains a learned optimizer and compares it with '
        + 'hand-crafted ones whose learning rates were tuned.'),
      h('p', {}, h('a', { class: 'button primary', href: '#/new' },
        'Start with a preset'))];
}

// State, text and tag; onchange is called after filter was changed.
function makeFilters(filter, onchange) {
  let typing = null;
  const set = (part) => {
    Object.assign(filter, part);
    tag.hidden = !filter.tag;
    tag.textContent = `${filter.tag} \u2715`;
    onchange();
  };
  const text = h('input', { id: 'q', type: 'search', autocomplete: 'off',
    'aria-label': 'Search', placeholder: 'name, notes or tag', oninput: () => {
      clearTimeout(typing);
      typing = setTimeout(() => set({ q: text.value.trim() }), TYPING_PAUSE);
    } });
  const state = h('select', { id: 'state', 'aria-label': 'State',
    onchange: () => set({ state: state.value }) },
    h('option', { value: '' }, 'any state'),
    STATES.map((s) => h('option', { value: s }, s)));
  const tag = h('button', { type: 'button', class: 'tag', hidden: !filter.tag,
    'aria-label': 'Remove the tag filter', onclick: () => set({ tag: '' }) },
    `${filter.tag} \u2715`);
  text.value = filter.q;
  state.value = filter.state;
  return {
    node: h('div', { class: 'filters', role: 'search' },
      h('label', { for: 'state' }, 'State'), state,
      h('label', { for: 'q' }, 'Search'), text, tag),
    clear() {
      text.value = state.value = '';
      set({ state: '', tag: '', q: '' });
      text.focus();
    },
  };
}

class List {
  constructor(query, signal) {
    this.signal = signal;
    this.filter = Object.fromEntries(['state', 'tag', 'q']
      .map((key) => [key, query.get(key) ?? '']));
    this.rows = new Map();
    this.cursors = [null];	// of the pages up to the one that is shown
    this.next = null;
    this.asked = 0;		// questions so far: late answers are dropped
    this.live = false;
    this.build();
  }

  build() {
    this.filters = makeFilters(this.filter, () => this.refilter());
    this.body = h('tbody');
    this.table = scroller('Jobs', h('table', { class: 'jobs' },
      h('thead', {}, h('tr', {}, ['#', 'Name', 'Type', 'State', 'Progress', 'Created']
        .map((t) => h('th', { scope: 'col', class: t === '#' ? 'num' : null }, t)))),
      this.body));
    this.empty = h('div', { class: 'empty' });
    this.fault = h('p', { class: 'alert', role: 'alert', hidden: true });
    this.newer = h('button', { type: 'button', onclick: () => this.turn(-1) }, 'Newer');
    this.older = h('button', { type: 'button', onclick: () => this.turn(1) }, 'Older');
    this.pages = h('div', { class: 'actions pages' }, this.newer, this.older);
    this.node = h('div', { class: 'card list' },
      this.filters.node, this.fault, this.table, this.empty, this.pages);
  }

  refilter() {
    const words = new URLSearchParams(Object.entries(this.filter).filter(([, v]) => v));
    history.replaceState(null, '', `#/jobs${words.size ? `?${words}` : ''}`);
    this.cursors = [null];
    this.reload();
  }

  turn(way) {
    if (way > 0)
      this.cursors.push(this.next);
    else
      this.cursors.pop();
    this.reload();
  }

  async reload() {
    try {
      await this.load();
    } catch (error) {
      if (this.signal.aborted)
        return;
      this.fault.hidden = false;
      this.fault.textContent = explain(error);
    }
  }

  async load() {
    const asked = ++this.asked;
    const answer = await get('/jobs',
      { ...this.filter, limit: PAGE, cursor: this.cursors.at(-1) }, this.signal);
    if (asked !== this.asked)
      return;
    this.next = answer.next_cursor;
    this.live = answer.jobs.some((job) => isLive(job.state));
    this.fault.hidden = true;
    this.place(answer.jobs);
    this.frame(answer.jobs.length === 0);
  }

  place(jobs) {
    const ids = new Set(jobs.map((job) => job.id));
    for (const [id, row] of this.rows) {
      if (!ids.has(id)) {
        row.node.remove();
        this.rows.delete(id);
      }
    }
    jobs.forEach((job, i) => {
      if (!this.rows.has(job.id))
        this.rows.set(job.id, makeRow(job.id));
      const row = this.rows.get(job.id);
      row.update(job);
      if (this.body.children[i] !== row.node)
        this.body.insertBefore(row.node, this.body.children[i] ?? null);
    });
  }

  frame(empty) {
    const filtered = Object.values(this.filter).some(Boolean);
    this.table.hidden = empty;
    const kind = !empty ? '' : filtered ? 'filtered' : 'none';
    if (this.empty.dataset.kind !== kind) {
      this.empty.dataset.kind = kind;
      this.empty.replaceChildren(...(empty
        ? emptyNote(filtered, () => this.filters.clear()) : []));
    }
    this.empty.hidden = !empty;
    this.newer.disabled = this.cursors.length === 1;
    this.older.disabled = !this.next;
    this.pages.hidden = this.newer.disabled && this.older.disabled;
    this.filters.node.hidden = empty && !filtered && this.pages.hidden;
  }
}

export async function show(main, { query }, signal) {
  document.title = 'Jobs \u00b7 l2ld';
  const list = new List(query, signal);
  await list.load();
  main.replaceChildren(
    h('div', { class: 'head' }, h('h1', {}, 'Jobs'),
      h('a', { class: 'button primary', href: '#/new' }, 'New job')),
    list.node);
  let first = true;
  await poll(signal, async () => {
    if (!first)
      await list.load();
    first = false;
    return list.live ? LIVE_PAUSE : QUIET_PAUSE;
  });
}
