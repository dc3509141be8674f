// The page of one job.

import { explain, get } from './api.js';
import { h, setText } from './dom.js';
import { editDialog } from './edit.js';
import { ago, problemWords, time } from './format.js';
import { Evaluations } from './evaluation.js';
import { poll } from './poll.js';
import { Record, attempts } from './record.js';
import { actionButtons, hasBegun, hasEnded, isLive, makeBadge, makeProgress, reasonSentence,
  share, timing } from './state.js';
import { Training } from './training.js';

const LIVE_PAUSE = 1500;
const QUIET_PAUSE = 10000;
const RECORD_EVERY = 3;		// of so many looks at a live job

const retries = (states) => states.filter((s) => s.reason === 'retry').length;

class Header {
  constructor(id, act, edit) {
    this.act = act;
    this.edit = edit;
    this.title = h('span');
    this.badge = makeBadge();
    this.facts = h('p', { class: 'facts' });
    this.progress = makeProgress({ full: true });
    this.reason = h('p', { class: 'alert', hidden: true });
    this.fault = h('p', { class: 'alert', role: 'alert', hidden: true });
    this.actions = h('div', { class: 'actions', role: 'group', 'aria-label': 'Actions' });
    this.live = h('p', { class: 'hidden-text', 'aria-live': 'polite' });
    this.node = h('div', { class: 'job-head' },
      h('p', { class: 'crumbs' }, h('a', { href: '#/jobs' }, 'Jobs'), ` / ${id}`),
      h('div', { class: 'head' },
        h('h1', {}, this.title, this.badge.node), this.actions),
      this.facts, this.progress.node, this.reason, this.fault, this.live);
  }

  update(job) {
    setText(this.title, job.name || `job ${job.id}`);
    this.badge.update(job.state);
    this.progress.update(job);
    this.progress.node.hidden = job.state === 'succeeded';
    this.showFacts(job);
    const reason = reasonSentence(job);
    this.reason.hidden = reason === '';
    this.reason.className = hasEnded(job.state) ? 'alert' : 'note';
    setText(this.reason, reason);
    // Buttons stay as long as the same can be done: a refresh must not take the focus.
    const key = `${job.state} ${hasBegun(job)}`;
    if (this.key !== key) {
      this.key = key;
      const held = this.actions.contains(document.activeElement);
      this.actions.replaceChildren(...actionButtons(job, this.act, this.edit));
      if (held)
        this.actions.firstElementChild.focus();
    }
    if (this.state !== undefined && this.state !== job.state)
      this.live.textContent = `The job is now ${job.state}.`;
    this.state = job.state;
    const progress = job.state === 'running' ? `${share(job.progress)} % ` : '';
    document.title = `${progress}${this.title.textContent} \u00b7 l2ld`;
  }

  showFacts(job) {
    const shown = [job.type, problemWords(job.spec?.problem),
      job.spec?.seed !== undefined && `seed ${job.spec.seed}`,
      job.priority ? `priority ${job.priority}` : null,
      attempts(job),
      job.state === 'succeeded' && timing(job)].filter(Boolean).join(' \u00b7 ');
    const key = JSON.stringify([shown, job.tags, job.notes, ago(job.created)]);
    if (this.shownFacts === key)
      return;
    this.shownFacts = key;
    this.facts.replaceChildren(shown, ' \u00b7 created ',
      h('time', { datetime: job.created, title: time(job.created) }, ago(job.created)),
      ...(job.tags ?? []).flatMap((t) => [' ',
        h('a', { class: 'tag', href: `#/jobs?tag=${encodeURIComponent(t)}` }, t)]),
      ...(job.notes ? [h('span', { class: 'notes', tabindex: '0', role: 'region',
        'aria-label': 'Notes' }, job.notes)] : []));
  }

  fail(error) {
    this.fault.hidden = !error;
    this.fault.textContent = error ? explain(error) : '';
  }
}

class Page {
  constructor(main, id, job, signal) {
    Object.assign(this, { main, id, job, signal, looks: 0, evaluated: 0, curves: new Set() });
    this.header = new Header(id, (change) => this.act(change),
      () => editDialog(this.job, () => this.act(async () => {})));
    this.evaluations = new Evaluations(id, signal);
    this.training = job.type === 'train' ? new Training(id, signal) : null;
    this.record = new Record(id, signal);
    main.replaceChildren(this.header.node, this.evaluations.node,
      ...(this.training ? [this.training.node] : []), ...this.record.node);
    signal.addEventListener('abort', () => {
      this.evaluations.destroy();
      this.training?.destroy();
    });
  }

  // Make a change, then look at once.
  async act(change) {
    const buttons = this.header.actions.querySelectorAll('button');
    buttons.forEach((b) => { b.disabled = true; });
    try {
      await change();
      this.header.fail(null);
    } catch (error) {
      this.header.fail(error);
    }
    buttons.forEach((b) => { b.disabled = false; });
    if (this.signal.aborted || !location.hash.startsWith(`#/jobs/${this.id}`))
      return;
    await this.refresh().catch((error) => this.header.fail(error));
  }

  async refresh() {
    const { state: before, states } = this.job;
    this.job = await get(`/jobs/${this.id}`, {}, this.signal);
    // A retried job begins anew, and so does its page.
    if (retries(this.job.states) > retries(states)) {
      dispatchEvent(new HashChangeEvent('hashchange'));
      return;
    }
    await this.show(before !== this.job.state);
  }

  async show(changed) {
    this.header.update(this.job);
    this.record.showJob(this.job);
    if (!changed && this.looks++ % RECORD_EVERY !== 0)
      return;
    const curves = await this.record.load();
    this.curves = new Set(curves.map((c) => c.name));
    const results = this.job.results?.length ?? 0;
    if (results !== this.evaluated) {
      this.evaluated = results;
      await this.evaluations.load();
    }
  }

  async follow() {
    await this.show(true);
    const training = this.training?.follow((name) => this.curves.has(name),
      () => hasEnded(this.job.state));
    let first = true;
    await Promise.all([training, poll(this.signal, async () => {
      if (!first)
        await this.refresh();
      first = false;
      if (hasEnded(this.job.state))
        return null;
      return isLive(this.job.state) ? LIVE_PAUSE : QUIET_PAUSE;
    })]);
  }
}

export async function show(main, { path: [, id] }, signal) {
  const job = await get(`/jobs/${id}`, {}, signal);
  await new Page(main, Number(id), job, signal).follow();
}
