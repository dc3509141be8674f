// Small helpers that build DOM nodes.
//
// Text enters the page only as text nodes and attribute values: nothing here
// parses markup, so a name like "<img>" is shown as it is written.

const SVG = 'http://www.w3.org/2000/svg';

function fill(node, props, children) {
  for (const [key, value] of Object.entries(props ?? {})) {
    if (value === null || value === undefined || value === false)
      continue;
    if (key.startsWith('on'))
      node.addEventListener(key.slice(2), value);
    else
      node.setAttribute(key, value === true ? '' : value);
  }
  node.append(...children.flat(Infinity)
    .filter((c) => c !== null && c !== undefined && c !== false));
  return node;
}

// An element: attributes and on... listeners in props; strings become text.
export function h(tag, props, ...children) {
  return fill(document.createElement(tag), props, children);
}

// The same for SVG.
export function svg(tag, props, ...children) {
  return fill(document.createElementNS(SVG, tag), props, children);
}

// Set a node's text only where it differs, so that screen readers and
// selections are left alone by refreshes that change nothing.
export function setText(node, text) {
  if (node.textContent !== text)
    node.textContent = text;
}

// A list of terms and values: pairs of [term, value]; empty values are left out.
export function terms(pairs, cls = 'terms') {
  return h('dl', { class: cls }, pairs
    .filter(([, value]) => value !== null && value !== undefined && value !== '')
    .map(([term, value]) => h('div', {}, h('dt', {}, term), h('dd', {}, value))));
}

// A section of a page with its heading; more goes beside the heading.
export function section(title, more, ...children) {
  return h('section', { class: 'card', 'aria-label': title },
    h('div', { class: 'card-head' }, h('h2', {}, title), more), children);
}

// Wide content that scrolls sideways on narrow screens, by keyboard too.
export function scroller(label, ...children) {
  return h('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': label },
    children);
}

// A button that copies text; where the clipboard is closed to the page (plain
// HTTP on another host) it says so.
export function copyButton(text, label = 'Copy') {
  const button = h('button', { type: 'button', class: 'quiet' }, label);
  button.addEventListener('click', async () => {
    try {
      await navigator.clipboard.writeText(typeof text === 'function' ? text() : text);
      button.textContent = 'Copied';
    } catch {
      button.textContent = 'Copying is not allowed here';
    }
    setTimeout(() => { button.textContent = label; }, 1500);
  });
  return button;
}

// Ask before something that cannot be undone; resolves to true or false.
export function confirmed(question, detail, action) {
  return new Promise((resolve) => {
    const finish = (answer) => {
      dialog.remove();
      resolve(answer);
    };
    const keep = h('button', { type: 'button', onclick: () => finish(false) }, 'Keep');
    const dialog = h('dialog', { 'aria-labelledby': 'question',
      oncancel: () => finish(false) },
      h('h2', { id: 'question' }, question),
      h('p', {}, detail),
      h('div', { class: 'actions' }, keep,
        h('button', { type: 'button', class: 'danger', onclick: () => finish(true) },
          action)));
    document.body.append(dialog);
    dialog.showModal();
    keep.focus();
  });
}
