// Change what a job is called and said to be: name, notes, tags, priority.

import { send, explain } from './api.js';
import { h } from './dom.js';

function field(label, input) {
  return h('label', { class: 'field' }, h('span', {}, label), input);
}

// A dialog; done is called after the server took the change.
export function editDialog(job, done) {
  const name = h('input', { type: 'text', maxlength: '127' });
  const tags = h('input', { type: 'text', placeholder: 'separated by commas' });
  const priority = h('input', { type: 'number', step: '1' });
  const notes = h('textarea', { rows: '8' });
  name.value = job.name ?? '';
  tags.value = (job.tags ?? []).join(', ');
  priority.value = job.priority ?? 0;
  notes.value = job.notes ?? '';
  const fault = h('p', { class: 'alert', role: 'alert', hidden: true });
  const close = () => dialog.remove();
  const save = h('button', { type: 'button', class: 'primary', onclick: async () => {
    save.disabled = true;
    try {
      await send('PATCH', `/jobs/${job.id}`, {
        name: name.value,
        tags: tags.value.split(',').map((t) => t.trim()).filter(Boolean),
        priority: Number(priority.value),
        notes: notes.value,
      });
      close();
      done();
    } catch (error) {
      save.disabled = false;
      fault.hidden = false;
      // A single fault is told by the error itself.
      const faults = error.faults?.length > 1 ? error.faults : [];
      fault.textContent = [explain(error), ...faults
        .map((f) => `${f.pointer}: ${f.detail}.`)].join(' ');
    }
  } }, 'Save');
  const dialog = h('dialog', { class: 'edit', 'aria-label': `Edit job ${job.id}`,
    oncancel: close },
  h('h2', {}, `Job ${job.id}`),
  field('Name', name), field('Tags', tags), field('Priority', priority),
  field('Notes', notes), fault,
  h('div', { class: 'actions' },
    h('button', { type: 'button', onclick: close }, 'Cancel'), save));
  document.body.append(dialog);
  dialog.showModal();
}
