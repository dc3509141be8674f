// Charts, drawn by dygraphs.
//
// Two things are ours. The legend plugin of dygraphs writes style attributes,
// which the page's content security policy forbids, so it is left out and
// legend.js stands in. And lines, bands and dots are drawn by plotters of our
// own, because a log axis makes dygraphs break lines at every missing point.
//
// A series is {key, colour, width, dash, alpha, kind, connect, emphasis, hidden}:
// key is its label inside dygraphs, colour the name of a --series-... property in
// style.css, kind "line" or "dots"; connect draws across missing points. A row is [x, v, v, ...], or with bands
// [x, [low, value, high] or null, ...].

const MINUS = '\u2212';
const dark = matchMedia('(prefers-color-scheme: dark)');

function property(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

function tickLabel(v) {
  const size = Math.abs(v);
  if (v !== 0 && (size >= 1e6 || size < 1e-3))
    return v.toExponential().replace('e+', 'e').replaceAll('-', MINUS);
  return String(Number(v.toPrecision(12))).replaceAll('-', MINUS);
}

// Ticks of a log axis: decades, with 2 and 5 between them when few decades are
// seen, and equal steps when it is less than one.
function logTicks(low, high, pixels, options, graph) {
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

function plotBand(e, series) {
  const ctx = e.drawingContext;
  const y = (normal) => normal * e.plotArea.h + e.plotArea.y;
  let run = [];
  const close = () => {
    if (run.length > 1) {
      ctx.beginPath();
      run.forEach((p) => ctx.lineTo(p.canvasx, y(p.y_top)));
      run.reverse().forEach((p) => ctx.lineTo(p.canvasx, y(p.y_bottom)));
      ctx.fill();
    }
    run = [];
  };
  // Many bands over one another must not end as one grey.
  ctx.globalAlpha = Number(property('--band-alpha'))
    * (series.emphasis ? 1 : Math.min(1, 4 / e.seriesCount));
  ctx.fillStyle = e.color;
  for (const p of e.points) {
    if (Number.isFinite(p.y_top) && Number.isFinite(p.y_bottom))
      run.push(p);
    else
      close();
  }
  close();
}

function plotLine(e, series) {
  const ctx = e.drawingContext;
  ctx.globalAlpha = series.alpha ?? 1;
  ctx.lineJoin = 'round';
  ctx.setLineDash(series.dash ?? []);
  ctx.beginPath();
  let pen = false;
  for (const p of e.points) {
    if (Number.isFinite(p.canvasy)) {
      if (pen)
        ctx.lineTo(p.canvasx, p.canvasy);
      else
        ctx.moveTo(p.canvasx, p.canvasy);
      pen = true;
    } else if (!series.connect) {
      pen = false;
    }
  }
  ctx.stroke();
}

function plotDots(e, series) {
  const ctx = e.drawingContext;
  ctx.fillStyle = e.color;
  ctx.lineWidth = 1.5;
  ctx.strokeStyle = property('--card');
  for (const p of e.points) {
    if (Number.isFinite(p.canvasy)) {
      ctx.beginPath();
      ctx.arc(p.canvasx, p.canvasy, series.width, 0, 2 * Math.PI);
      ctx.fill();
      ctx.stroke();
    }
  }
}

// The lowest and highest value that the visible series show, no higher than cap.
function extent(rows, series, { log, bands, cap }) {
  let low = Infinity;
  let high = -Infinity;
  for (const row of rows) {
    for (let i = 0; i < series.length; i++) {
      const cell = row[i + 1];
      if (series[i].hidden || cell === null || cell === undefined)
        continue;
      const values = !Array.isArray(cell) ? [cell] : bands ? cell : [cell[1]];
      for (const v of values) {
        if (Number.isFinite(v) && v <= cap && (!log || v > 0)) {
          low = Math.min(low, v);
          high = Math.max(high, v);
        }
      }
    }
  }
  return low <= high ? [low, high] : null;
}

function valueRange(rows, series, how) {
  const found = extent(rows, series, how);
  if (!found)
    return how.log ? [0.1, 1] : [0, 1];
  const [low, high] = found;
  if (how.log) {
    const factor = Math.max(1.06, (high / low) ** 0.05);
    return [Math.max(low / factor, Number.MIN_VALUE),
      Math.min(high * factor, Number.MAX_VALUE)];
  }
  const room = (high - low) * 0.05 || Math.abs(high) * 0.05 || 1;
  return [low >= 0 ? Math.max(0, low - room) : low - room,
    Math.min(high + room, Number.MAX_VALUE)];
}

// A log axis has no place for zero and below: a line has a gap there, a band
// goes on beyond the axis. So does one whose quantile is infinite.
function drawable(rows, [low, high], log) {
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

export class Chart {
  // onhover(x, row index) while the pointer is over the chart, onhover(null) after.
  constructor(host, { xlabel, ylabel, bands = false, onhover, onzoom }) {
    Object.assign(this, { host, xlabel, ylabel, bands, onhover, onzoom });
    this.graph = null;
    this.log = true;
    this.cap = Infinity;	// values above it do not stretch the axis
    this.showBands = bands;
    this.themed = () => this.redraw();
    dark.addEventListener('change', this.themed);
  }

  // Show other rows or series; a zoom stays as it is.
  set(rows, series) {
    const keys = (list) => JSON.stringify(list?.map((s) => s.key));
    const same = keys(this.series) === keys(series);
    this.rows = rows;
    this.series = series;
    if (!same)
      this.close();
    this.redraw();
  }

  redraw() {
    if (!this.rows)
      return;
    if (this.graph)
      this.graph.updateOptions(this.options());
    else if (this.rows.length > 0)
      this.open();
  }

  options() {
    const { rows, series, log } = this;
    const range = valueRange(rows, series,
      { log, bands: this.showBands, cap: this.cap });
    return {
      file: drawable(rows, range, log),
      labels: ['x', ...series.map((s) => s.key)],
      colors: series.map((s) => property(`--series-${s.colour}`)),
      visibility: series.map((s) => !s.hidden),
      series: Object.fromEntries(series.map((s) => [s.key, {
        strokeWidth: s.width,
        plotter: this.plotter(s),
      }])),
      ylabel: this.ylabel,
      gridLineColor: property('--line'),
      axisLineColor: property('--line-strong'),
      axes: {
        x: { drawGrid: false, pixelsPerLabel: 55, axisLabelFormatter: (v) => tickLabel(v) },
        y: { valueRange: range, logscale: log, axisLabelWidth: 58,
          axisLabelFormatter: (v) => tickLabel(v),
          ticker: log ? logTicks : Dygraph.numericLinearTicks },
      },
    };
  }

  plotter(series) {
    const own = series.kind === 'dots' ? plotDots : plotLine;
    return (e) => {
      if (this.bands && this.showBands) {
        e.drawingContext.save();
        plotBand(e, series);
        e.drawingContext.restore();
      }
      own(e, series);
    };
  }

  open() {
    this.host.replaceChildren();
    // Touching a chart must scroll the page, so dygraphs' own touch handling,
    // which keeps every touch to itself, is left out.
    const { mousedown, dblclick, willDestroyContextMyself }
      = Dygraph.defaultInteractionModel;
    const { file, ...options } = this.options();
    this.graph = new Dygraph(this.host, file, {
      ...options,
      customBars: this.bands,
      resizable: 'passive',
      interactionModel: { mousedown, dblclick, willDestroyContextMyself },
      xlabel: this.xlabel,
      rightGap: 12,
      xRangePad: 4,
      labelsDiv: document.createElement('div'),
      highlightCircleSize: 3,
      axisLabelFontSize: 12,
      xLabelHeight: 22,
      yLabelWidth: 20,
      highlightCallback: (event, x, points, row) => this.onhover?.(x, row),
      unhighlightCallback: () => this.onhover?.(null),
      zoomCallback: () => this.onzoom?.(this.graph.isZoomed()),
    });
  }

  resetZoom() {
    this.graph?.resetZoom();
  }

  close() {
    this.graph?.destroy();
    this.graph = null;
  }

  // For good: forget the theme listener, too.
  destroy() {
    dark.removeEventListener('change', this.themed);
    this.close();
  }
}

// Whether dygraphs was loaded; without its plugin that writes style attributes.
export function available() {
  if (!globalThis.Dygraph)
    return false;
  Dygraph.PLUGINS = Dygraph.PLUGINS.filter((p) => p !== Dygraph.Plugins.Legend);
  return true;
}
