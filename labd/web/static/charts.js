// Figures as the daemon draws them, in the colours of the page. plotly.js is fetched when the first one is shown.
import { el, setText } from "./dom.js";
import { colour, isDark, onTheme } from "./theme.js";

let library = null;

function plotly() {
  library ??= new Promise((done, failed) => {
    document.head.append(el("script", { src: "/static/plotly.min.js", onload: () => done(window.Plotly), onerror: () => {
      library = null;
      failed(new Error("plotly.js is not there"));
    } }));
  });
  return library;
}

/** A panel that shows one figure: `draw(figure)` as often as there is a newer one. */
export function chart(name) {
  const heading = el("h2");
  const plot = el("div", { class: "canvas" });
  const space = el("div", { class: "plot" }, plot);
  const state = el("p", { class: "empty" }, "Waiting for the figure…");
  const node = el("section", { class: "panel chart", "data-figure": name }, heading, state, space);
  let figure = null;
  let size = "";
  let busy = false;
  let again = false;

  async function show() {
    if (!figure || !node.isConnected) return;
    if (busy) { again = true; return; }
    busy = true;
    try {
      const { react } = await plotly();
      do {
        again = false;
        const layout = themed(figure, space.clientWidth);
        space.style.minHeight = `${layout.height}px`; // a neighbour may make it taller, and the figure fills it
        layout.height = Math.max(layout.height, space.clientHeight);
        size = sizeOf(space);
        if (layout.width) await react(plot, recoloured(figure.data), layout, CONFIG);
      } while (again);
      state.hidden = true;
    } catch (error) {
      state.hidden = false;
      setText(state, `The figure cannot be drawn: ${error.message}. The table below has the same data.`);
    } finally {
      busy = false;
    }
  }

  const untheme = onTheme(show);
  const resized = new ResizeObserver(() => { if (sizeOf(space) !== size) requestAnimationFrame(show); });
  resized.observe(space);
  return {
    node,
    draw(next) {
      figure = next;
      setText(heading, next.layout.title.text);
      show();
    },
    leave() {
      untheme();
      resized.disconnect();
      window.Plotly?.purge(plot);
    },
  };
}

const sizeOf = (node) => `${node.clientWidth} ${node.clientHeight}`;

/** On a dark ground blue and vermillion need more light; symbols tell them apart as before. */
const LIGHTER = { "#0072B2": "#4aa6e0", "#D55E00": "#ef7d33", "#009E73": "#2bbd92" };
const recoloured = (data) =>
  JSON.parse(isDark() ? JSON.stringify(data).replace(/#0072B2|#D55E00|#009E73/g, (each) => LIGHTER[each]) : JSON.stringify(data));

const CONFIG = { displayModeBar: false, responsive: false, scrollZoom: false, doubleClick: false, showTips: false };

/** The layout with the page's type and colours, and as many panels side by side as fit. */
function themed({ data, layout }, width) {
  const own = structuredClone(layout);
  delete own.title;
  const ink = colour("--ink");
  const soft = colour("--ink-soft");
  Object.assign(own, {
    width, dragmode: false,
    font: { family: getComputedStyle(document.body).fontFamily, size: 12.5, color: soft },
    hoverlabel: { bgcolor: colour("--panel"), bordercolor: colour("--line-strong"), font: { color: ink }, align: "left" },
  });
  own.margin = { ...own.margin, t: data.some((each) => each.showlegend !== false) ? 34 : 10, b: 46, l: 52, r: 14 };
  for (const key of Object.keys(own).filter((each) => /^[xy]axis\d*$/.test(each))) {
    own[key] = { gridcolor: colour("--line"), linecolor: colour("--line-strong"), automargin: true, fixedrange: true, ...own[key] };
    if (own[key].title) own[key].title.standoff = 8;
  }
  if (own.meta?.panels) arrange(own, own.meta.panels, width);
  return own;
}

function arrange(own, panels, width) {
  const fit = Math.min(panels, Math.max(1, Math.floor(width / 250)));
  const rows = Math.ceil(panels / fit);
  const columns = Math.ceil(panels / rows);
  own.height = 60 + rows * 218;
  own.grid = { ...own.grid, rows, columns, xgap: 0.14, ygap: 0.34 };
  for (let place = 1; place <= panels; place += 1) {
    if ((place - 1) % columns) delete own[`yaxis${place}`].title;
  }
}
