// The HTTP API: fetch with errors that can be read, and curves with their
// non-finite values put back.

import { authorization } from './token.js';

const BASE = '/api/v1';

// An answer that is not a success. problem is the RFC 9457 document, or null.
export class ApiError extends Error {
  constructor(status, problem, retryAfter) {
    super(problem?.detail || problem?.title || `The server answered ${status}.`);
    this.status = status;
    this.problem = problem;
    this.code = problem?.code ?? null;
    this.faults = problem?.errors ?? [];
    this.retryAfter = retryAfter;
  }
}

// The server could not be reached at all.
export class ConnectionError extends Error {
  constructor() {
    super('The server cannot be reached.');
  }
}

function url(path, query) {
  const text = new URLSearchParams(Object.entries(query ?? {})
    .filter(([, v]) => v !== null && v !== undefined && v !== '')).toString();
  return BASE + path + (text ? `?${text}` : '');
}

// The answer to a request, and what read (the name of a method) makes of it.
async function ask(target, options, read) {
  try {
    const response = await fetch(target, { cache: 'no-store', ...options,
      headers: { ...options.headers, ...authorization() } });
    return [response, await response[response.ok ? read : 'text']()];
  } catch (error) {
    throw error.name === 'AbortError' ? error : new ConnectionError();
  }
}

async function request(target, options) {
  const [response, text] = await ask(target, options, 'text');
  let body = null;
  try {
    body = text === '' ? null : JSON.parse(text);
  } catch {
    if (response.ok)
      throw new ApiError(response.status, { detail: 'The answer is not JSON.' }, null);
  }
  if (!response.ok)
    throw new ApiError(response.status, body,
      Number(response.headers.get('Retry-After')) || null);
  return body;
}

export function get(path, query, signal) {
  return request(url(path, query), { signal, headers: { Accept: 'application/json' } });
}

// Change something. Bodies are JSON; a text is sent as it stands, and a file
// (a Blob, with a Content-Type in headers) too.
export function send(method, path, body, { query, headers, signal } = {}) {
  return request(url(path, query), {
    method,
    signal,
    headers: { 'Content-Type': 'application/json', ...headers },
    body: method === 'DELETE' ? undefined
      : typeof body === 'string' || body instanceof Blob ? body
        : JSON.stringify(body ?? {}),
  });
}

const NONFINITE = { nan: NaN, inf: Infinity, '-inf': -Infinity };

// A curve as {columns, rows, seq, complete}: JSON's null becomes the NaN or
// infinity that the curve's sparse list says it was.
export async function curve(job, name, query, signal) {
  const body = await get(`/jobs/${job}/curves/${name}.json`, query, signal);
  for (const [row, column, word] of body.nonfinite ?? []) {
    const at = typeof column === 'string' ? body.columns.indexOf(column) : column;
    if (body.rows[row])
      body.rows[row][at] = NONFINITE[word] ?? NaN;
  }
  return body;
}

// A file of the server's as a Blob.
export async function file(target) {
  const [response, body] = await ask(target, {}, 'blob');
  if (response.ok)
    return body;
  let problem = null;
  try {
    problem = JSON.parse(body);
  } catch {
    // The status has to say it.
  }
  throw new ApiError(response.status, problem, null);
}

export function curveFile(job, name, kind) {
  return `${BASE}/jobs/${job}/curves/${name}.${kind}`;
}

export function snapshotFile(id, kind) {
  return `${BASE}/snapshots/${id}.${kind}`;
}

// What went wrong, in one sentence and its faults, for a reader.
export function explain(error) {
  if (error instanceof ApiError) {
    const title = error.problem?.title;
    const lead = title && title !== error.message ? `${title}: ` : '';
    return `${lead}${error.message}`;
  }
  return error.message;
}
