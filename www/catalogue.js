// The catalogue below the editor: everything a job may say, as the server
// describes it.

import { get } from './api.js';
import { h, scroller } from './dom.js';
import { bytes, count, setting } from './format.js';

function bounds({ min, max, choices, unit }) {
  const parts = [];
  if (choices)
    parts.push(choices.join(' | '));
  else if (min !== undefined || max !== undefined)
    parts.push(min === undefined ? `at most ${setting(max)}`
      : max === undefined ? `at least ${setting(min)}`
        : `${setting(min)} \u2026 ${setting(max)}`);
  if (unit)
    parts.push(unit);
  return parts.join(', ');
}

function paramRows(params, prefix = '') {
  return (params ?? []).flatMap((p) => (p.members
    ? paramRows(p.members, `${prefix}${p.name}.`)
    : [h('tr', {}, h('th', { scope: 'row' }, h('code', {}, prefix + p.name)),
      h('td', {}, h('code', {}, p.default === undefined ? '' : JSON.stringify(p.default))),
      h('td', { class: 'muted' }, bounds(p)),
      h('td', { class: 'wide' }, p.text ?? ''))]));
}

function entry({ name, text, params }) {
  const words = [h('code', {}, name), text && h('span', { class: 'muted' }, ` ${text}`)];
  if (!params?.length)
    return h('p', { class: 'entry' }, words);
  return h('details', { class: 'entry' }, h('summary', {}, words),
    scroller(`Options of ${name}`, h('table', { class: 'params' },
      h('thead', {}, h('tr', {}, ['Option', 'Default', 'Allowed', 'What it is']
        .map((t) => h('th', { scope: 'col' }, t)))),
      h('tbody', {}, paramRows(params)))));
}

// The properties of a JSON schema in the form that the catalogues have.
function fromSchema(properties) {
  return Object.entries(properties ?? {}).filter(([, p]) => !p.$ref).map(([name, p]) => ({
    name,
    text: p.description,
    default: p.default,
    min: p.minimum ?? p.items?.minimum,
    max: p.maximum ?? p.items?.maximum,
    choices: p.enum,
    members: p.properties && fromSchema(p.properties),
  }));
}

// The job's own members and its two larger ones, from the API's description.
function parts(openapi) {
  const schema = openapi.components?.schemas?.JobSpec;
  if (!schema)
    return [];
  const { training, ...own } = schema.properties;
  return [
    { name: 'the job itself', params: fromSchema(own).filter((p) => !p.members) },
    { name: 'training', text: 'how the learned optimizer is meta-trained',
      params: fromSchema(training?.properties) },
    { name: 'evaluation', text: 'a list of comparisons made at the end',
      params: fromSchema(schema.$defs?.evaluation?.properties) },
  ];
}

function dataset({ name, text, available, train, test, classes, bytes: size }) {
  const facts = available === false ? 'not there; etc/get-datasets fetches it'
    : [train && `${count(train)} + ${count(test)} examples`,
      classes && `${classes} classes`, size && bytes(size)].filter(Boolean).join(', ');
  return { name, text: [text, facts].filter(Boolean).join(' \u00b7 ') };
}

export async function fillCatalogue(node, signal) {
  const [{ problems }, { optimizers }, { datasets }, openapi] = await Promise.all(
    ['/problems', '/optimizers', '/datasets', '/openapi.json']
      .map((path) => get(path, {}, signal)));
  node.append(
    h('h3', {}, 'Job'), ...parts(openapi).map(entry),
    h('h3', {}, 'Problems'), ...problems.map(entry),
    h('h3', {}, 'Optimizers'), ...optimizers.map(entry),
    h('h3', {}, 'Data sets'), ...datasets.map(dataset).map(entry));
}
