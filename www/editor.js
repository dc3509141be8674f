// The text of a spec being written, and what the server says of it.

import { send, ApiError, ConnectionError, explain } from './api.js';
import { h, terms } from './dom.js';
import { bytes, count, duration, operations, pretty, roughly } from './format.js';
import { locate, syntaxFault } from './pointer.js';

const IDLE = 700;		// milliseconds without a key before a dry run

// A text area that indents with the lines above and shows a place in itself.
export function makeEditor(onchange) {
  const area = h('textarea', { id: 'spec', class: 'code', rows: '26', spellcheck: 'false',
    autocomplete: 'off', autocapitalize: 'off', wrap: 'off',
    'aria-describedby': 'verdict' });
  area.addEventListener('input', onchange);
  area.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' || event.ctrlKey || event.metaKey)
      return;
    const start = area.value.lastIndexOf('\n', area.selectionStart - 1) + 1;
    const indent = /^[ \t]*/.exec(area.value.slice(start, area.selectionStart))[0];
    if (indent === '')
      return;
    event.preventDefault();
    area.setRangeText(`\n${indent}`, area.selectionStart, area.selectionEnd, 'end');
    onchange();
  });
  return {
    node: area,
    show([from, to]) {
      area.focus();
      area.setSelectionRange(from, Math.max(to, from + 1));
      const line = area.value.slice(0, from).split('\n').length - 1;
      const height = area.scrollHeight / area.value.split('\n').length;
      area.scrollTop = Math.max(0, (line - 4) * height);
    },
  };
}

const FIGURES = {
  memory_bytes: ['Memory', bytes],
  disk_bytes: ['Disk', bytes],
  coordinates: ['Coordinates', count],
  weights: ['Weights', count],
  work: ['Work', operations],
  queue_position: ['In the queue', (v) => (v > 1 ? `behind ${count(v - 1)}` : 'next')],
  eta_seconds: ['Estimated time', (v) => roughly(v) ?? duration(v)],
};

// The figures of a dry run.
function figures(answer) {
  const known = { ...answer.estimate, ...answer };
  return terms(Object.entries(FIGURES)
    .filter(([key]) => known[key] !== undefined && known[key] !== null)
    .map(([key, [name, words]]) => [name, words(known[key])]), 'terms figures');
}

// The verdict beside the editor: checks the text when it rests, lists faults
// with buttons that lead to their places.
export class Verdict {
  constructor(editor, signal) {
    this.editor = editor;
    this.signal = signal;
    this.asked = 0;
    this.title = h('h2', {}, 'Check');
    this.body = h('div', { class: 'verdict' });
    this.node = h('section', { class: 'card', id: 'verdict', 'aria-live': 'polite',
      'aria-label': 'Check' }, this.title, this.body);
  }

  say(kind, title, ...body) {
    this.node.dataset.kind = kind;
    this.title.textContent = title;
    this.body.replaceChildren(...body.flat().filter(Boolean));
  }

  fault(pointer, detail, place) {
    return h('li', {}, h('button', { type: 'button', class: 'pointer',
      onclick: () => this.editor.show(place()) },
    h('code', {}, pointer === '' ? '(the whole)' : pointer)),
    h('span', {}, detail));
  }

  // Show why a spec was refused.
  refuse(error) {
    const text = this.editor.node.value;
    if (!(error instanceof ApiError) || error.faults.length === 0) {
      this.say('bad', error instanceof ConnectionError ? 'Not checked' : 'Refused',
        h('p', {}, explain(error)));
      return;
    }
    const n = error.faults.length;
    this.say('bad', n === 1 ? 'One thing to mend' : `${n} things to mend`,
      h('ul', { class: 'faults' }, error.faults.map(({ pointer, detail }) =>
        this.fault(pointer, detail, () => locate(this.editor.node.value ?? text, pointer)))));
  }

  // Ask after the text has rested.
  later() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.check(), IDLE);
  }

  // Dry run now. Whether the spec is good.
  async check() {
    clearTimeout(this.timer);
    const text = this.editor.node.value;
    const asked = ++this.asked;
    if (text.trim() === '') {
      this.say('none', 'Check', h('p', { class: 'muted' },
        'Pick a preset, or write a job: everything but \u201cproblem\u201d has a default.'));
      return false;
    }
    const wrong = syntaxFault(text);
    if (wrong) {
      this.say('bad', 'Not JSON yet', h('ul', { class: 'faults' },
        this.fault('', wrong.detail, () => [wrong.at, wrong.at + 1])));
      return false;
    }
    try {
      const answer = await send('POST', '/jobs', text,
        { query: { dry_run: 1 }, signal: this.signal });
      if (asked !== this.asked)
        return false;
      const refusal = answer.refusal?.detail;
      this.say(refusal ? 'bad' : 'good', refusal ? 'No room for it here' : 'Ready to run',
        refusal && h('p', {}, refusal), figures(answer),
        h('details', {}, h('summary', {}, 'With every default filled in'),
          h('pre', { class: 'code', tabindex: '0' },
            pretty(answer.spec))));
      return !refusal;
    } catch (error) {
      if (!this.signal.aborted && asked === this.asked)
        this.refuse(error);
      return false;
    }
  }
}
