// A job's state: its badge, its progress, and what may be done in it.

import { send } from './api.js';
import { confirmed, h, setText } from './dom.js';
import { count, duration, roughly } from './format.js';

// Every state with its sign; colour is never the only difference.
const SIGNS = {
  queued: '\u25cb',
  running: '\u25b6',
  paused: '\u2016',
  succeeded: '\u2713',
  diverged: '\u2197',
  cancelled: '\u2205',
  failed: '\u2715',
};

export const STATES = Object.keys(SIGNS);

export function isLive(state) {
  return state === 'queued' || state === 'running';
}

export function hasEnded(state) {
  return !isLive(state) && state !== 'paused';
}

// {node, update(state)}.
export function makeBadge() {
  const sign = h('span', { 'aria-hidden': 'true' });
  const word = h('span');
  const node = h('span', { class: 'badge' }, sign, word);
  return {
    node,
    update(state) {
      node.className = `badge state-${state}`;
      setText(sign, SIGNS[state] ?? '?');
      setText(word, state);
    },
  };
}

// What is left, what has been waited for, or how long it took.
export function timing(job) {
  const { eta_seconds: eta } = job.progress ?? {};
  const left = roughly(eta);
  if (job.state === 'running')
    return left ? `${left} left` : 'estimating\u2026';
  if (job.state === 'queued')
    return left ? `waiting, ${left} of work` : 'waiting for a worker';
  if (job.state === 'paused')
    return 'paused';
  return job.run_seconds > 0 ? `took ${duration(job.run_seconds)}` : '';
}

// Whole per cent done, rounded down: 100 is only said of what has ended.
export function share({ done, total } = {}) {
  return total > 0 ? Math.floor(100 * done / total) : 0;
}

function done(progress, full) {
  const { done: part, total, unit } = progress;
  const words = `${share(progress)} %`;
  return full && total > 0 && unit !== 'percent'
    ? `${count(part)} of ${count(total)} ${unit} (${words})` : words;
}

// The reason worth showing beside a state: an end or a wait that nobody asked for.
export function reasonWords(job) {
  return job.state === 'failed' || job.state === 'diverged'
    || ['disk_full', 'preempted'].includes(job.reason) ? job.reason ?? '' : '';
}

// A bar with words beside it; full says how much of what, too.
export function makeProgress({ full = false } = {}) {
  const bar = h('progress', { 'aria-label': 'Progress' });
  const text = h('span', { class: 'progress-words' });
  const node = h('div', { class: full ? 'progress full' : 'progress' }, bar, text);
  return {
    node,
    update(job) {
      const progress = job.progress ?? {};
      bar.max = progress.total > 0 ? progress.total : 1;
      bar.value = Math.min(progress.done ?? 0, bar.max);
      bar.hidden = job.state === 'succeeded';
      bar.className = `state-${job.state}`;
      const words = job.state === 'succeeded' ? null : done(progress, full);
      setText(text, [words, timing(job)].filter(Boolean).join(' \u00b7 '));
    },
  };
}

// The changes that each state allows, in the order of their buttons.
const CHANGES = {
  queued: ['pause', 'cancel'],
  running: ['pause', 'cancel'],
  paused: ['resume', 'cancel'],
  diverged: ['retry'],
  cancelled: ['retry'],
  failed: ['retry'],
};

const LABELS = {
  pause: 'Pause',
  cancel: 'Cancel',
  resume: 'Resume',
  retry: 'Retry',
};

async function duplicate(job) {
  const copy = await send('POST', `/jobs/${job.id}/duplicate`);
  location.hash = `#/jobs/${copy.id}`;
}

async function remove(job) {
  const sure = await confirmed(`Delete job ${job.id}?`,
    `\u201c${job.name}\u201d, its curves and its snapshots will be gone for good.`,
    'Delete');
  if (!sure)
    return;
  await send('DELETE', `/jobs/${job.id}`);
  location.hash = '#/jobs';
}

// Buttons for what the job's state allows. act(change) is called with a
// function that makes the change: it shows errors and refreshes. edit opens the
// dialog for name and notes.
export function actionButtons(job, act, edit) {
  const changes = (CHANGES[job.state] ?? []).map((name) =>
    h('button', { type: 'button',
      onclick: () => act(() => send('POST', `/jobs/${job.id}/${name}`)) }, LABELS[name]));
  return [
    ...changes,
    h('button', { type: 'button', onclick: () => act(() => duplicate(job)) },
      'Duplicate'),
    h('button', { type: 'button', onclick: edit }, 'Edit\u2026'),
    h('button', { type: 'button', class: 'danger', onclick: () => act(() => remove(job)) },
      'Delete'),
  ];
}
