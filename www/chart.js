// Charts, drawn by dygraphs.
//
// Two things are ours. The legend plugin of dygraphs writes style attributes,
// which the page's content security policy forbids, so it is left out and
// legend.js stands in. And lines, bands and dots are drawn by plotters of our
// own, because a log axis makes dygraphs break lines at every missing point.
//
// A series is {key, colour, width, dash, alpha, kind, connect, emphasis, hidden}:
// key is its label inside dygraphs, colour the name of a --series-... property in
// style.css, kind "line" or "dots"; connect draws across missing points. A row is
// [x, v, v, ...], or with bands [x, [low, value, high] or null, ...].

import { drawable, logTicks, tickLabel, valueRange } from './axis.js';

const dark = matchMedia('(prefers-color-scheme: dark)');

function property(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
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
