// Where in a JSON text a JSON pointer (RFC 6901) points.
//
// The text may be wrong further on: what was read up to there is still found.

const STRING = /"(?:[^"\\]|\\.)*"/y;
const SCALAR = /[^\s,\]}]+/y;

class Scanner {
  constructor(text) {
    this.text = text;
    this.at = 0;
    this.found = new Map();	// pointer to [start, end]
  }

  space() {
    while (/\s/.test(this.text[this.at] ?? ''))
      this.at++;
  }

  // Take what pattern matches here; its text, or null.
  take(pattern) {
    pattern.lastIndex = this.at;
    const match = pattern.exec(this.text);
    if (!match)
      return null;
    this.at = pattern.lastIndex;
    return match[0];
  }

  // A value; start is where it is said to begin (its key, for a member).
  // False where the text is no longer JSON.
  value(pointer, start) {
    this.space();
    start ??= this.at;
    this.found.set(pointer, [start, start]);
    const open = this.text[this.at];
    const good = open === '{' ? this.members(pointer)
      : open === '[' ? this.entries(pointer)
        : this.take(open === '"' ? STRING : SCALAR) !== null;
    this.found.set(pointer, [start, this.at]);
    return good;
  }

  // After an opening bracket: call one for each part until the closing one.
  parts(close, one) {
    this.at++;
    this.space();
    if (this.text[this.at] === close) {
      this.at++;
      return true;
    }
    for (let i = 0; ; i++) {
      if (!one(i))
        return false;
      this.space();
      const next = this.text[this.at++];
      if (next === close)
        return true;
      if (next !== ',')
        return false;
    }
  }

  members(pointer) {
    return this.parts('}', () => {
      this.space();
      const start = this.at;
      const key = this.take(STRING);
      this.space();
      if (key === null || this.text[this.at++] !== ':')
        return false;
      let name = key.slice(1, -1);
      try {
        name = JSON.parse(key);
      } catch {
        // A key with a bad escape is known by its spelling.
      }
      return this.value(
        `${pointer}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`, start);
    });
  }

  entries(pointer) {
    return this.parts(']', (i) => this.value(`${pointer}/${i}`));
  }
}

// [start, end] of what pointer names, or of the nearest thing around it.
export function locate(text, pointer) {
  const scanner = new Scanner(text);
  scanner.value('', 0);
  for (let p = pointer; p !== ''; p = p.slice(0, p.lastIndexOf('/'))) {
    if (scanner.found.has(p))
      return scanner.found.get(p);
  }
  return scanner.found.get('');
}

// What is wrong with a text as JSON: {detail, at}, or null.
export function syntaxFault(text) {
  try {
    JSON.parse(text);
    return null;
  } catch (error) {
    const said = /position (\d+)/.exec(error.message);
    const at = said ? Number(said[1]) : text.length;
    const lines = text.slice(0, at).split('\n');
    return {
      at,
      detail: `This is not JSON: something is wrong in line ${lines.length}, `
        + `column ${lines.at(-1).length + 1}.`,
    };
  }
}
