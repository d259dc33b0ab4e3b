// The tools that every part uses, and the shell of the page: tabs, keys, rows that lead somewhere.
// Text from a server only ever becomes a text node.

function el(name, attributes, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else node.setAttribute(key, value === true ? "" : value);
  }
  node.append(...children.flat(9).filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

const TONES = {
  pass: "good", holds: "good", ready: "good", fail: "bad", "not-ready": "bad", warn: "doubt", inconclusive: "doubt",
  "ready-with-warnings": "doubt", "not-assessed": "doubt",
};
const tone = (word) => TONES[word] || "soft";
const chip = (word) => el("span", { class: `chip ${tone(word)}` }, word);
const ms = (value) => (value === null ? "–" : value >= 1000 ? `${(value / 1000).toFixed(2)} s` : `${value.toFixed(value < 10 ? 2 : 0)} ms`);
const counted = (count, noun) => `${count} ${noun}${count === 1 ? "" : "s"}`;

function table(columns, rows) {
  const head = el("tr", {}, columns.map((column) => el("th", { class: column.startsWith("#") ? "number" : null }, column.replace("#", ""))));
  return el("table", {}, el("thead", {}, head), el("tbody", {}, rows));
}

// The longest list that is drawn at once; the rest comes by a button, so that ten thousand rows stay quick.
const STRETCH = 300;

function stretched(items, columns, row) {
  const body = table(columns, []);
  const more = el("p");
  let shown = 0;
  const draw = () => {
    const next = items.slice(shown, shown + STRETCH);
    shown += next.length;
    body.tBodies[0].append(...next.map(row).flat());
    more.replaceChildren();
    if (shown < items.length) {
      more.append(el("button", { class: "small", onclick: draw }, `${items.length - shown} more`));
    }
  };
  draw();
  return [body, more];
}

// A row that opens something: with the mouse, or with j, k and Enter.
function leads(go, cells, chosen) {
  return el("tr", { "data-go": true, tabindex: "0", class: chosen ? "chosen" : null, onclick: go }, cells);
}

const difference = (finding) => el("pre", {}, el("span", { class: "good" }, "expected  "), finding.expected, "\n",
  el("span", { class: "bad" }, "got       "), finding.got);

function filters(state, words, redraw) {
  const later = { timer: 0 };
  const parts = words.map(([key, label, options]) => {
    if (!options) {
      return el("input", {
        type: "search", placeholder: label, "aria-label": label, value: state[key] || "", id: "filter",
        oninput: (event) => {
          state[key] = event.target.value;
          clearTimeout(later.timer);
          later.timer = setTimeout(redraw, 120);
        },
      });
    }
    const choose = (event) => { state[key] = event.target.value; redraw(); };
    const option = (value) => el("option", { value, selected: state[key] === value }, value || label);
    return el("select", { "aria-label": label, onchange: choose }, ["", ...options].map(option));
  });
  return el("div", { class: "filters" }, parts);
}

const unique = (values) => [...new Set(values)].sort();

// The pages of the report, in order, and the one that is shown.
const pages = [];
let current = 0;

function show(number) {
  if (!pages[number]) return;
  current = number;
  document.getElementById("tabs").replaceChildren(...pages.map((page, place) => el("button", {
    role: "tab", "aria-selected": String(place === current), title: `key ${place + 1}`, onclick: () => show(place),
  }, page.title)));
  // A part that has nothing to show is null, which a document would write out.
  document.getElementById("page").replaceChildren(...[pages[current].draw()].flat(9).filter((part) => part ?? false));
  window.scrollTo(0, 0);
  location.replace(`#${pages[current].title}`);
}

function goTo(title) {
  show(pages.findIndex((page) => page.title === title));
}

function move(step) {
  const rows = [...document.querySelectorAll("tr[data-go]")];
  const place = rows.indexOf(document.activeElement);
  const next = rows[Math.max(0, Math.min(rows.length - 1, place + step))];
  if (next) next.focus();
}

function keys(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName);
  if (typing && event.key !== "Escape") return;
  const act = {
    j: () => move(1), k: () => move(-1), "/": () => document.getElementById("filter")?.focus(),
    Escape: () => document.activeElement?.blur(), Enter: () => document.activeElement?.closest?.("tr[data-go]")?.click(),
  }[event.key];
  if (/^[1-9]$/.test(event.key)) show(Number(event.key) - 1);
  else if (act) act();
  else return;
  if (event.key !== "Enter") event.preventDefault();
}

function copied(button, text) {
  const done = () => { button.textContent = "copied"; };
  const area = el("textarea", {}, text);
  document.body.append(area);
  area.select();
  // A page from a file has no clipboard interface in every browser; this old way has one everywhere.
  if (document.execCommand("copy")) done();
  else navigator.clipboard?.writeText(text).then(done);
  area.remove();
}

async function unpack(id) {
  const bytes = Uint8Array.from(atob(document.getElementById(id).textContent), (character) => character.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return JSON.parse(await new Response(stream).text());
}
