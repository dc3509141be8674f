// Numbers, times and sizes as people read them.

const MINUS = '\u2212';

// A loss or a rate: four significant digits, exponents only when they are needed.
export function number(v, digits = 4) {
  if (v === null || v === undefined)
    return '\u2013';
  if (Number.isNaN(v))
    return 'nan';
  if (!Number.isFinite(v))
    return v > 0 ? 'inf' : `${MINUS}inf`;
  if (v === 0)
    return '0';
  const size = Math.abs(v);
  let text;
  if (size >= 1e6 || size < 1e-4)
    text = v.toExponential(digits - 1).replace(/\.?0+e/, 'e').replace('e+', 'e');
  else if (size >= 10 ** (digits - 1))
    text = v.toFixed(0);
  else
    text = v.toPrecision(digits);
  return text.replaceAll('-', MINUS);
}

// A setting such as a learning rate: as few digits as say it exactly enough.
export function setting(v) {
  if (v === null || v === undefined || !Number.isFinite(v))
    return number(v);
  if (v !== 0 && Math.abs(v) < 1e-4)
    return number(Number(v.toPrecision(4)));
  return String(Number(v.toPrecision(4))).replaceAll('-', MINUS);
}

// A difference: its sign is always shown.
export function signed(v, digits = 3) {
  const text = number(v, digits);
  return Number.isFinite(v) && v > 0 ? `+${text}` : text;
}

// Whole numbers in groups of three.
export function count(v) {
  if (v === null || v === undefined)
    return '\u2013';
  return Number(v).toLocaleString('en', { maximumFractionDigits: 1 });
}

// "1 run", "3 runs".
export function plural(n, word) {
  return `${count(n)} ${word}${n === 1 ? '' : 's'}`;
}

export function bytes(v) {
  if (v === null || v === undefined)
    return '\u2013';
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let i = 0;
  while (v >= 1024 && i < units.length - 1) {
    v /= 1024;
    i++;
  }
  return `${i === 0 || v >= 100 ? Math.round(v) : v.toPrecision(3)} ${units[i]}`;
}

// Seconds: the two largest units that say something.
export function duration(s) {
  if (s === null || s === undefined || !Number.isFinite(s))
    return '\u2013';
  if (s < 0.9995)
    return `${Math.round(s * 1000)} ms`;
  if (s < 9.95)
    return `${s.toFixed(1)} s`;
  s = Math.round(s);
  if (s < 60)
    return `${s} s`;
  if (s < 3600)
    return `${Math.floor(s / 60)} min ${s % 60 ? `${s % 60} s` : ''}`.trim();
  if (s < 86400)
    return `${Math.floor(s / 3600)} h ${Math.floor(s % 3600 / 60)} min`;
  return `${Math.floor(s / 86400)} d ${Math.floor(s % 86400 / 3600)} h`;
}

// The same, said roughly: what is left of a job is never known to the second.
export function roughly(s) {
  if (s === null || s === undefined || !Number.isFinite(s))
    return null;
  if (s < 10)
    return 'a few seconds';
  const step = s < 60 ? 10 : s < 3600 ? 60 : s < 86400 ? 600 : 3600;
  return `about ${duration(Math.ceil(s / step) * step)}`;
}

// Seconds between two ISO times; to now without the second.
export function between(from, to) {
  return ((to ? Date.parse(to) : Date.now()) - Date.parse(from)) / 1000;
}

// A time in the reader's zone.
export function time(iso) {
  if (!iso)
    return '\u2013';
  return new Date(iso).toLocaleString('en-GB', { dateStyle: 'medium', timeStyle: 'medium' });
}

export function ago(iso) {
  if (!iso)
    return '\u2013';
  const s = between(iso);
  if (s < 5)
    return 'just now';
  if (s < 60)
    return `${Math.floor(s)} s ago`;
  if (s < 3600)
    return `${Math.floor(s / 60)} min ago`;
  if (s < 86400)
    return `${Math.floor(s / 3600)} h ago`;
  if (s < 30 * 86400)
    return `${Math.floor(s / 86400)} d ago`;
  return new Date(iso).toLocaleDateString('en-GB', { dateStyle: 'medium' });
}

// Arithmetic: operations with a decimal prefix.
export function operations(v) {
  const units = ['', 'k', 'M', 'G', 'T', 'P', 'E'];
  let i = 0;
  while (v >= 1000 && i < units.length - 1) {
    v /= 1000;
    i++;
  }
  return `${Number(v.toPrecision(3))} ${units[i]}FLOP`;
}

// JSON for reading: members on lines of their own, lists of plain values on one.
export function pretty(value, indent = '') {
  const inner = `${indent}  `;
  if (value === null || typeof value !== 'object')
    return JSON.stringify(value);
  const list = Array.isArray(value);
  const parts = list ? value.map((v) => pretty(v, inner))
    : Object.entries(value).map(([k, v]) => `${JSON.stringify(k)}: ${pretty(v, inner)}`);
  const plain = Object.values(value).every((v) => v === null || typeof v !== 'object');
  const line = parts.join(', ');
  if (parts.length === 0 || (plain && line.length + indent.length < (list ? 84 : 60)))
    return list ? `[${line}]` : `{${line}}`;
  const [open, close] = list ? '[]' : '{}';
  return `${open}\n${parts.map((p) => inner + p).join(',\n')}\n${indent}${close}`;
}

const TITLES = { cpu: 'CPU', blas: 'BLAS', wal_size: 'Write-ahead log' };

function title(key) {
  return TITLES[key] ?? key[0].toUpperCase() + key.slice(1).replaceAll('_', ' ');
}

// A value by the kind that its name tells.
function worded(key, v) {
  if (v === null || v === undefined)
    return null;
  if (typeof v === 'boolean')
    return v ? 'yes' : 'no';
  if (typeof v === 'number')
    return /size|bytes/.test(key) ? bytes(v) : /seconds/.test(key) ? duration(v) : count(v);
  return typeof v === 'object' ? JSON.stringify(v) : String(v);
}

// [title, words] for each member of an object; an object within it is told
// member by member.
export function describe(object, without = []) {
  return Object.entries(object ?? {}).filter(([key]) => !without.includes(key))
    .flatMap(([key, v]) => (v !== null && typeof v === 'object' && !Array.isArray(v)
      ? describe(v).map(([inner, words]) => [TITLES[key]
        ? `${TITLES[key]} ${inner.toLowerCase()}` : inner, words])
      : [[title(key), worded(key, v)]]));
}

// What a job works on and with, in a few words, from its spec.
export function problemWords(problem) {
  if (!problem)
    return '';
  if (typeof problem === 'string')
    return problem;
  const { type, variables, dataset, hidden, activation, batch } = problem;
  const words = [type, variables && plural(variables, 'variable'), dataset,
    hidden?.length && `hidden ${hidden.join('\u2013')}`, activation, batch && `batch ${batch}`];
  return words.filter(Boolean).join(', ');
}
