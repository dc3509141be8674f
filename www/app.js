// The page's frame: which view the address asks for, and what is shown when a
// view fails.

import { ApiError, explain, file } from './api.js';
import { h } from './dom.js';
import { connection } from './poll.js';
import { askToken, haveToken } from './token.js';
import * as jobs from './jobs.js';
import * as job from './job.js';
import * as submit from './new.js';
import * as snapshots from './snapshots.js';
import * as server from './server.js';

const main = document.getElementById('main');
let current = null;

// {path: ['jobs', '12'], query} of "#/jobs/12?x=y".
function route() {
  const [path, query] = location.hash.replace(/^#\/?/, '').split('?');
  return {
    path: path.split('/').filter(Boolean).map(decodeURIComponent),
    query: new URLSearchParams(query ?? ''),
  };
}

function view({ path: [noun, id, ...rest] }) {
  if (rest.length > 0)
    return null;
  if (noun === 'jobs' && id !== undefined)
    return /^\d+$/.test(id) ? job : null;
  if (id !== undefined)
    return null;
  return { jobs, new: submit, snapshots, server }[noun ?? 'jobs'] ?? null;
}

// Show an error where the page would be.
function failure(error) {
  if (error instanceof ApiError && error.status === 401) {
    main.replaceChildren(askToken(() => navigate(false)));
    document.getElementById('token').focus();
    return;
  }
  const gone = error instanceof ApiError && error.status === 404;
  main.replaceChildren(h('div', { class: 'card empty', role: 'alert' },
    h('h1', {}, gone ? 'Not here' : 'This page could not be loaded'),
    h('p', {}, explain(error)),
    h('p', { class: 'actions' },
      h('a', { class: 'button', href: '#/jobs' }, 'All jobs'),
      !gone && h('button', { type: 'button', onclick: () => navigate(false) },
        'Try again'))));
}

function markNavigation(noun) {
  for (const link of document.querySelectorAll('nav a')) {
    if (link.getAttribute('href') === `#/${noun}`)
      link.setAttribute('aria-current', 'page');
    else
      link.removeAttribute('aria-current');
  }
}

async function navigate(moved) {
  current?.abort();
  const control = current = new AbortController();
  const where = route();
  const page = view(where);
  connection(null);
  markNavigation(where.path[0] ?? 'jobs');
  document.title = 'l2ld';
  main.replaceChildren(h('p', { class: 'loading' }, 'Loading\u2026'));
  if (moved) {
    scrollTo(0, 0);
    main.focus({ preventScroll: true });
  }
  try {
    if (!page)
      throw new ApiError(404, { detail: `There is no page "${location.hash}".` }, null);
    await page.show(main, where, control.signal);
  } catch (error) {
    if (!control.signal.aborted)
      failure(error);
  }
}

// A link cannot show the token: with one in use, its file is fetched and handed
// to the browser from here.
async function fetchLink(link) {
  try {
    const url = URL.createObjectURL(await file(link.getAttribute('href')));
    const name = link.download || link.pathname.split('/').at(-1);
    h('a', { href: url, download: name }).click();
    setTimeout(() => URL.revokeObjectURL(url), 60000);
  } catch (error) {
    failure(error);
  }
}

addEventListener('click', (event) => {
  const link = event.target.closest?.('a[href^="/api/"]');
  if (!link || !haveToken())
    return;
  event.preventDefault();
  fetchLink(link);
});

// The skip link moves the focus and leaves the address alone: the part after
// "#" says which page is shown.
document.querySelector('.skip').addEventListener('click', (event) => {
  event.preventDefault();
  main.focus();
});
addEventListener('hashchange', () => navigate(true));
navigate(false);
