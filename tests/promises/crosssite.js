// What a hostile page tries, in all the ways a browser has.  attack(base, changes,
// reads) gives back {attempts, readable}: readable lists what it could see of
// answers.  A change is {method, path, body, kind}.
'use strict';

const settle = (promise) => Promise.race([promise,
  new Promise((done) => setTimeout(done, 8000, 'late'))]);

async function attack(base, changes, reads) {
  let attempts = 0;
  const readable = [], statuses = [];

  async function ask(how, path, options) {
    attempts++;
    const answer = await settle(fetch(base + path, options).catch(() => null));
    if (!answer || answer === 'late' || answer.type.startsWith('opaque'))
      return;
    statuses.push(answer.status);
    if (answer.ok)
      readable.push(`${how} ${path}: ${answer.status}`);
  }

  function xhr(method, path, body, headers) {
    attempts++;
    return settle(new Promise((done) => {
      const request = new XMLHttpRequest();
      request.onloadend = () => {
        if (request.status !== 0)
          statuses.push(request.status);
        if (request.status >= 200 && request.status < 400)
          readable.push(`xhr ${path}: ${request.status}`);
        done();
      };
      request.open(method, base + path);
      for (const [name, value] of Object.entries(headers))
        request.setRequestHeader(name, value);
      request.send(body);
    }));
  }

  function form(path, body, enctype) {
    attempts++;
    return settle(new Promise((done) => {
      const frame = document.createElement('iframe');
      frame.name = `f${attempts}`;
      document.body.append(frame);
      const node = document.createElement('form');
      Object.assign(node, { method: 'post', action: base + path, enctype,
        target: frame.name });
      // With text/plain the body is NAME=VALUE: all of the JSON but its end.
      const input = document.createElement('input');
      input.type = 'hidden';
      input.name = body.replace(/}$/, ',"notes":"');
      input.value = '"}';
      node.append(input);
      document.body.append(node);
      let loads = 0;
      frame.onload = () => loads++ > 0 ? done() : null;
      node.submit();
      setTimeout(done, 300);
    }));
  }

  function include(tag, attribute, path, more = {}) {
    attempts++;
    return settle(new Promise((done) => {
      const node = Object.assign(document.createElement(tag), more);
      node.onerror = done;
      node.onload = () => {
        if (tag !== 'iframe' && tag !== 'object')
          readable.push(`${tag} ${path}`);
        try {
          if (node.contentDocument && node.contentDocument.body &&
              node.contentDocument.body.textContent !== '' &&
              node.contentDocument.location.href !== 'about:blank' &&
              !/not answer to the name/.test(node.contentDocument.body.textContent))
            readable.push(`${tag} ${path}`);
        } catch { /* as it should be */ }
        done();
      };
      node[attribute] = base + path;
      document.body.append(node);
      setTimeout(done, 2000);
    }));
  }

  function stream(make) {
    attempts++;
    return settle(new Promise((done) => {
      try {
        const one = make();
        one.onopen = () => (readable.push(`stream ${one.url}`), done());
        one.onerror = () => (one.close(), done());
      } catch {
        done();
      }
    }));
  }

  for (const { method, path, body, kind } of changes) {
    const kinds = ['text/plain', 'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x', kind];
    for (const mode of ['no-cors', 'cors', 'same-origin'])
      for (const type of kinds)
        for (const credentials of ['omit', 'include'])
          await ask(`fetch ${mode} ${type}`, path, { method, mode, body, credentials,
            headers: { 'Content-Type': type } });
    await ask('fetch keepalive', path, { method, mode: 'no-cors', body,
      keepalive: true });
    await ask('fetch override', path, { method: 'POST', body, mode: 'cors',
      headers: { 'X-HTTP-Method-Override': method, 'Content-Type': kind } });
    await xhr(method, path, body, { 'Content-Type': kind });
    await xhr(method, path, body, { 'X-Requested-With': 'XMLHttpRequest' });
    await xhr('POST', path, body, {});
    for (const type of kinds) {
      attempts++;
      navigator.sendBeacon(base + path, new Blob([body], { type }));
    }
    for (const enctype of ['text/plain', 'application/x-www-form-urlencoded',
      'multipart/form-data'])
      await form(path, body, enctype);
  }
  for (const path of reads) {
    for (const mode of ['no-cors', 'cors', 'same-origin'])
      await ask(`fetch ${mode}`, path, { mode, credentials: 'include' });
    await xhr('GET', path, null, {});
    await include('img', 'src', path);
    await include('script', 'src', path);
    await include('link', 'href', path, { rel: 'stylesheet' });
    await include('iframe', 'src', path);
    await include('object', 'data', path);
    await stream(() => new EventSource(base + path));
    await stream(() => new WebSocket(base.replace(/^http/, 'ws') + path));
  }
  return { attempts, readable, statuses };
}
