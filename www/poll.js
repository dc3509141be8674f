// Ask again and again without being a nuisance: never while the page is hidden,
// more slowly while the server fails, and not at all after the page was left.

import { ApiError, ConnectionError } from './api.js';

const SLOWEST = 30000;

function sleep(ms, signal) {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done);
  });
}

function visible(signal) {
  return new Promise((resolve) => {
    const look = () => {
      if (document.hidden && !signal.aborted)
        return;
      document.removeEventListener('visibilitychange', look);
      signal.removeEventListener('abort', look);
      resolve();
    };
    document.addEventListener('visibilitychange', look);
    signal.addEventListener('abort', look);
    look();
  });
}

// The strip under the header that says whether the server answers.
export function connection(error, again) {
  const strip = document.getElementById('connection');
  strip.hidden = !error;
  strip.textContent = error
    ? `${error.message} Trying again in ${Math.round(again / 1000)} s.` : '';
}

// Call step until it returns null; the number it returns is the pause before
// the next call, in milliseconds. A busy or unreachable server is asked again
// after a growing pause; any other error ends the polling and is thrown.
export async function poll(signal, step) {
  let failures = 0;
  while (!signal.aborted) {
    let pause;
    try {
      pause = await step();
      if (failures > 0)
        connection(null);
      failures = 0;
    } catch (error) {
      if (signal.aborted)
        return;
      const busy = error instanceof ApiError && [429, 503].includes(error.status);
      if (!busy && !(error instanceof ConnectionError))
        throw error;
      failures++;
      pause = error.retryAfter ? error.retryAfter * 1000
        : Math.min(SLOWEST, 1000 * 2 ** failures);
      connection(error, pause);
    }
    if (pause === null)
      return;
    await sleep(pause, signal);
    await visible(signal);
  }
}
