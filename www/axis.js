// The axes of a chart: what range they show, where their ticks are, and how values
// that have no place on them are drawn. Rows and series are those of chart.js.

const MINUS = '\u2212';
const LOG_DECADES = 12;		// a log axis shows no more

export function tickLabel(v) {
  const size = Math.abs(v);
  if (v !== 0 && (size >= 1e6 || size < 1e-3))
    return v.toExponential().replace('e+', 'e').replaceAll('-', MINUS);
  return String(Number(v.toPrecision(12))).replaceAll('-', MINUS);
}

// Ticks of a log axis: decades, with 2 and 5 between them when few decades are
// seen, and equal steps when it is less than one.
export function logTicks(low, high, pixels, options, graph) {
  const decades = Math.log10(high / low);
  if (!(decades > 0.7))
    return Dygraph.numericLinearTicks(low, high, pixels, options, graph);
  const room = Math.max(2, Math.floor(pixels / 36));
  const every = Math.max(1, Math.ceil(decades / room));
  const within = decades * 3 <= room ? [1, 2, 5] : [1];
  const ticks = [];
  const first = Math.floor(Math.log10(low) / every) * every;
  for (let e = first; 10 ** e <= high; e += every) {
    for (const m of within) {
      const v = Number(`${m}e${e}`);
      if (v >= low && v <= high)
        ticks.push({ v, label: tickLabel(v) });
    }
  }
  return ticks;
}

// The lowest and highest of a part of the cells (0 and 2 are a band's ends, 1 is
// the value) of the visible series, no higher than cap.
function extent(rows, series, parts, { log, cap }) {
  let low = Infinity;
  let high = -Infinity;
  for (const row of rows) {
    for (let i = 0; i < series.length; i++) {
      const cell = row[i + 1];
      if (series[i].hidden || cell === null || cell === undefined)
        continue;
      for (const part of parts) {
        const v = Array.isArray(cell) ? cell[part] : cell;
        if (Number.isFinite(v) && v <= cap && (!log || v > 0)) {
          low = Math.min(low, v);
          high = Math.max(high, v);
        }
      }
    }
  }
  return low <= high ? [low, high] : null;
}

// Lines decide the range. Bands widen it by at most so much that the lines keep
// most of the height, and may end beyond it; so may a line that falls by more
// decades than can be told apart.
function logRange([low, high], band) {
  low = Math.max(low, high * 10 ** -LOG_DECADES);
  const room = Math.max(2, (high / low) ** 0.3);
  if (band) {
    low = Math.max(Math.min(low, band[0]), low / room);
    high = Math.min(Math.max(high, band[1]), high * room);
  }
  const margin = Math.max(1.06, (high / low) ** 0.05);
  return [Math.max(low / margin, Number.MIN_VALUE),
    Math.min(high * margin, Number.MAX_VALUE)];
}

function linearRange([low, high], band) {
  const span = high - low;
  if (band) {
    low = Math.max(Math.min(low, band[0]), low - span);
    high = Math.min(Math.max(high, band[1]), high + span);
  }
  const margin = (high - low) * 0.05 || Math.abs(high) * 0.05 || 1;
  return [low >= 0 ? Math.max(0, low - margin) : low - margin,
    Math.min(high + margin, Number.MAX_VALUE)];
}

export function valueRange(rows, series, how) {
  const lines = extent(rows, series, [1], how);
  if (!lines)
    return how.log ? [0.1, 1] : [0, 1];
  const band = how.bands ? extent(rows, series, [0, 2], how) : null;
  return how.log ? logRange(lines, band) : linearRange(lines, band);
}

// A log axis has no place for zero and below: a line has a gap there, a band
// goes on beyond the axis. So does one whose quantile is infinite.
export function drawable(rows, [low, high], log) {
  const below = log ? low / 10 : low - (high - low);
  const above = log ? high * 10 : high + (high - low);
  const shown = (v) => Number.isFinite(v) && (!log || v > 0);
  const part = (v) => (shown(v) ? v : v > 0 ? above : below);
  return rows.map((row) => row.map((cell, i) => {
    if (i === 0 || cell === null || cell === undefined)
      return cell ?? null;
    if (!Array.isArray(cell))
      return shown(cell) ? cell : null;
    return shown(cell[1]) ? [part(cell[0]), cell[1], part(cell[2])] : null;
  }));
}
