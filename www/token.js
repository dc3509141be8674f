// The server's token, for pages that are not of the server's own user on its own
// machine: asked for once, kept by this tab until it is closed, sent with every
// request.

import { h } from './dom.js';

const NAME = 'l2ld-token';

function stored() {
  try {
    return sessionStorage.getItem(NAME) ?? '';
  } catch {
    return '';              // a browser that keeps nothing
  }
}

let token = stored();

export function haveToken() {
  return token !== '';
}

// Headers that show the token, if there is one.
export function authorization() {
  return token === '' ? {} : { Authorization: `Bearer ${token}` };
}

function keep(text) {
  token = text;
  try {
    if (text === '')
      sessionStorage.removeItem(NAME);
    else
      sessionStorage.setItem(NAME, text);
  } catch {
    // It is kept until the page is loaded anew.
  }
}

// What stands in place of a page that the server does not show without a token;
// done is called when one was given.
export function askToken(done) {
  const wrong = haveToken();
  keep('');
  const input = h('input', { type: 'password', id: 'token', autocomplete: 'off',
    spellcheck: 'false', required: true, 'aria-describedby': 'token-help' });
  const form = h('form', { class: 'token', onsubmit: (event) => {
    event.preventDefault();
    // What a header cannot hold is no token.
    const text = input.value.replace(/[^\x21-\x7e]/g, '');
    if (text === '')
      return;
    keep(text);
    done();
  } },
  h('label', { for: 'token' }, 'Token'), input,
  h('button', { type: 'submit', class: 'primary' }, 'Go on'));
  return h('div', { class: 'card empty' },
    h('h1', {}, 'This server asks for its token'),
    wrong && h('p', { class: 'alert', role: 'alert' }, 'That is not the token.'),
    h('p', { id: 'token-help' }, 'It stands in a file that the command ',
      h('code', {}, 'l2ld token'), ', run by the user who runs the server, names. '
      + 'This tab forgets it when it is closed.'),
    form);
}
