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

// What a queued job waits for, by the server's word for it.
const WAITS = {
  disk: 'waiting for room on the disk',
  memory: 'waiting for memory that running jobs have',
  worker: 'waiting for a worker',
  turn: 'waiting for its turn',
};

// What is left, what is waited for, or how long it took.
export function timing(job) {
  const { eta_seconds: eta } = job.progress ?? {};
  const left = roughly(eta);
  if (job.state === 'running')
    return left ? `${left} left` : 'estimating\u2026';
  if (job.state === 'queued')
    return [WAITS[job.waits_for] ?? 'about to begin', left && `${left} of work`]
      .filter(Boolean).join(', ');
  if (job.state === 'paused')
    return '';
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

// The reasons worth showing beside a state, an end or a wait that nobody asked for,
// in a few words and in a sentence.
const REASONS = {
  crash_loop: ['crashed the server',
    'The server crashed three times in a row because of this job. The log says where. '
    + 'Retry tries it again.'],
  preempted: ['displaced', 'A job of higher priority took its place; it goes on after that.'],
  out_of_memory: ['out of memory', 'It needed more memory than there was.'],
  disk_full: ['disk full', 'The disk has no room: it goes on by itself when there is some.'],
  io_error: ['disk error', 'The disk could not be read or written.'],
  not_found: ['something is gone',
    'Something it names, such as a data set, is gone; the log says what.'],
  bad_data: ['damaged file', 'A file it needs is damaged; the log says which.'],
  too_large: ['too large', 'It needs more than this server may give to jobs.'],
  internal_error: ['fault of the server', 'This is a fault of the server; the log says more.'],
  meta_training_diverged: ['not finite',
    'The meta-loss became non-finite. A lower meta learning rate or a smaller '
    + 'clip_norm may help.'],
};

const shown = (job) => job.state === 'failed' || job.state === 'diverged'
  || (isLive(job.state) && ['disk_full', 'preempted'].includes(job.reason));

// A few words, '' for none.
export function reasonWords(job) {
  return shown(job) ? REASONS[job.reason]?.[0] ?? job.reason ?? '' : '';
}

// A sentence, '' for none.
export function reasonSentence(job) {
  return shown(job) ? REASONS[job.reason]?.[1] ?? job.reason ?? '' : '';
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

// Whether it has left anything that could be lost.
export const hasBegun = (job) => job.attempts > 0;

// The changes that each state allows, in the order of their buttons. What has not
// begun cannot begin anew.
function changesOf(job) {
  const retry = hasBegun(job) ? ['retry'] : [];
  if (hasEnded(job.state))
    return ['retry'];
  return [job.state === 'paused' ? 'resume' : 'pause', ...retry, 'cancel'];
}

const LABELS = {
  pause: 'Pause',
  cancel: 'Cancel',
  resume: 'Resume',
  retry: 'Retry',
};

// [question, detail, word of the button] where a change loses something.
const LOSSES = {
  cancel: (job) => [`Cancel job ${job.id}?`,
    'It cannot go on afterwards, only begin anew. Its curves and the weights so far '
    + 'are kept. Pause lets it go on later.', 'Cancel the job'],
  retry: (job) => [`Retry job ${job.id}?`,
    'It begins anew: its results, curves and snapshots so far will be gone for good. '
    + 'Duplicate runs the same beside it.', 'Begin anew'],
};

async function change(job, name) {
  const loss = hasBegun(job) ? LOSSES[name] : undefined;
  if (!loss || await confirmed(...loss(job)))
    await send('POST', `/jobs/${job.id}/${name}`);
}

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
  const changes = changesOf(job).map((name) =>
    h('button', { type: 'button', onclick: () => act(() => change(job, name)) },
      LABELS[name]));
  return [
    ...changes,
    h('button', { type: 'button', onclick: () => act(() => duplicate(job)) },
      'Duplicate'),
    h('button', { type: 'button', onclick: edit }, 'Edit\u2026'),
    h('button', { type: 'button', class: 'danger', onclick: () => act(() => remove(job)) },
      'Delete'),
  ];
}
