// A new job: pick a preset, edit it, see what it will take, submit.

import { get, send } from './api.js';
import { fillCatalogue } from './catalogue.js';
import { h, section } from './dom.js';
import { pretty } from './format.js';
import { Verdict, makeEditor } from './editor.js';

const KEY_BYTES = 16;

// A key of its own for each text: pressing twice, or again after a lost
// answer, submits one job.
function freshKey() {
  const raw = crypto.getRandomValues(new Uint8Array(KEY_BYTES));
  return [...raw].map((b) => b.toString(16).padStart(2, '0')).join('');
}

function presetButtons(presets, pick) {
  const buttons = presets.map((preset) => h('button', { type: 'button', class: 'preset',
    'aria-pressed': 'false', onclick: () => {
      buttons.forEach((b) => b.setAttribute('aria-pressed', String(b === button(preset))));
      pick(preset);
    } }, h('strong', {}, preset.name), preset.text && h('span', {}, preset.text)));
  const button = (preset) => buttons[presets.indexOf(preset)];
  return buttons;
}

async function submit(editor, verdict, button, key, signal) {
  button.disabled = true;
  try {
    if (!await verdict.check())
      return;
    const job = await send('POST', '/jobs', editor.node.value,
      { headers: { 'Idempotency-Key': key }, signal });
    location.hash = `#/jobs/${job.id}`;
  } catch (error) {
    if (!signal.aborted)
      verdict.refuse(error);
  } finally {
    button.disabled = false;
  }
}

function makeForm(presets, signal) {
  let key = freshKey();
  const editor = makeEditor(() => {
    key = freshKey();
    verdict.later();
  });
  const verdict = new Verdict(editor, signal);
  const go = h('button', { type: 'button', class: 'primary',
    onclick: () => submit(editor, verdict, go, key, signal) }, 'Submit');
  editor.node.addEventListener('keydown', (event) => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey))
      go.click();
  });
  const put = (spec) => {
    editor.node.value = pretty(spec);
    editor.node.scrollTop = 0;
    key = freshKey();
    verdict.check();
  };
  const pick = presetButtons(presets, (preset) => put(preset.spec));
  const node = h('div', { class: 'new' },
    h('section', { class: 'presets', 'aria-label': 'Presets' }, pick),
    h('div', { class: 'columns wide-left' },
      h('section', { class: 'card', 'aria-label': 'Job' },
        h('div', { class: 'card-head' },
          h('h2', {}, h('label', { for: 'spec' }, 'Job as JSON')),
          h('div', { class: 'controls' },
            h('button', { type: 'button', onclick: () => verdict.check() }, 'Check'), go)),
        editor.node,
        h('p', { class: 'note' }, 'It is checked whenever you pause. Ctrl + Enter submits.')),
      verdict.node));
  return { node, put, verdict, first: () => pick[0]?.click() };
}

export async function show(main, { query }, signal) {
  document.title = 'New job \u00b7 l2ld';
  const from = /^\d+$/.test(query.get('job') ?? '') ? query.get('job') : null;
  const [{ presets }, job] = await Promise.all([get('/presets', {}, signal),
    from && get(`/jobs/${from}`, {}, signal)]);
  const form = makeForm(presets, signal);
  const catalogue = h('div', { class: 'catalogue' });
  main.replaceChildren(
    h('div', { class: 'head' }, h('h1', {}, from ? `New job from job ${from}` : 'New job')),
    form.node,
    section('What a job may say', null, catalogue));
  if (job)
    form.put(job.spec);
  else if (presets.length > 0)
    form.first();
  else
    form.verdict.check();
  await fillCatalogue(catalogue, signal);
}
