// Every snapshot: weights of learned optimizers to take along.

import { explain, get, send } from './api.js';
import { h, scroller } from './dom.js';
import { SNAPSHOT_HEADS, snapshotCells } from './record.js';

const PAGE = 50;

function row(snapshot) {
  return h('tr', {},
    h('td', { class: 'num muted' }, String(snapshot.id)),
    h('td', { class: 'nowrap' }, snapshot.job
      ? h('a', { href: `#/jobs/${snapshot.job}` }, `job ${snapshot.job}`) : '\u2013'),
    h('td', {}, snapshot.optimizer, snapshot.group
      && h('span', { class: 'muted' }, ` for ${snapshot.group}`)),
    snapshotCells(snapshot));
}

// A button that takes a safetensors file and gives it to the server, which
// checks it and keeps it as a snapshot.
function importer(done) {
  const fault = h('p', { class: 'alert', role: 'alert', hidden: true });
  const file = h('input', { type: 'file', accept: '.safetensors', hidden: true,
    'aria-label': 'A safetensors file', onchange: async () => {
      button.disabled = true;
      fault.hidden = true;
      try {
        await send('POST', '/snapshots', file.files[0],
          { headers: { 'Content-Type': 'application/octet-stream' } });
        done();
      } catch (error) {
        fault.hidden = false;
        fault.textContent = explain(error);
      }
      file.value = '';
      button.disabled = false;
    } });
  const button = h('button', { type: 'button', onclick: () => file.click() },
    'Import safetensors\u2026');
  return [[file, button], fault];
}

function page(list, body, more, signal) {
  body.append(...list.snapshots.map(row));
  more.hidden = !list.next_cursor;
  more.onclick = async () => {
    more.disabled = true;
    page(await get('/snapshots', { limit: PAGE, cursor: list.next_cursor }, signal),
      body, more, signal);
    more.disabled = false;
  };
}

export async function show(main, route, signal) {
  document.title = 'Snapshots \u00b7 l2ld';
  const list = await get('/snapshots', { limit: PAGE }, signal);
  const body = h('tbody');
  const more = h('button', { type: 'button' }, 'Show more');
  page(list, body, more, signal);
  const table = scroller('Snapshots', h('table', { class: 'snapshots' },
    h('thead', {}, h('tr', {}, [['#', 'num'], ['Job', ''], ['Optimizer', ''],
      ...SNAPSHOT_HEADS].map(([text, cls]) =>
      h('th', { scope: 'col', class: cls || null }, text)))),
    body));
  const [button, fault] = importer(() => show(main, route, signal));
  main.replaceChildren(
    h('div', { class: 'head' }, h('h1', {}, 'Snapshots'), h('div', {}, button)), fault,
    h('div', { class: 'card list' }, list.snapshots.length > 0
      ? [table, more]
      : h('div', { class: 'empty' },
        h('h2', {}, 'No snapshots yet'),
        h('p', {}, 'A training job keeps the weights that were best in validation, '
          + 'and its last ones.'))),
    h('p', { class: 'note' }, 'A safetensors file holds PyTorch\u2019s names and '
      + 'shapes: two LSTMCells and a Linear load it as it is. In a job, '
      + '{"snapshot": 7} among the optimizers of type "evaluate" compares snapshot 7.'));
}
