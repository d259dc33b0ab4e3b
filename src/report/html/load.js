// What a load run shows: rates, latencies by operation, the seconds as charts, errors, what was read back.

const SVG = "http://www.w3.org/2000/svg";
const LINES = ["var(--link)", "var(--bad)", "var(--good)", "var(--doubt)"];

function shape(name, attributes, ...children) {
  const node = document.createElementNS(SVG, name);
  Object.entries(attributes).forEach(([key, value]) => node.setAttribute(key, value));
  node.append(...children);
  return node;
}

// A chart of lines over seconds: `lines` are [label, values]. What was warming up lies in the shade.
function chart(title, unit, lines, seconds) {
  const [width, height, left, bottom] = [900, 220, 60, 26];
  const top = Math.max(1e-9, ...lines.flatMap(([, values]) => values.filter((value) => value !== null)));
  const last = Math.max(1, seconds[seconds.length - 1]);
  const x = (second) => left + ((width - left - 10) * second) / last;
  const y = (value) => height - bottom - ((height - bottom - 12) * value) / top;
  const warming = Math.min(report.window.warm_up_s, last);
  const shade = warming ? [shape("rect", { class: "warming", x: x(0), y: 12, width: x(warming) - x(0), height: height - bottom - 12 }),
    shape("text", { x: x(0) + 4, y: height - bottom - 4 }, "warming up")] : [];
  const grid = [0, 0.5, 1].flatMap((part) => [
    shape("line", { class: "grid", x1: left, x2: width - 10, y1: y(top * part), y2: y(top * part) }),
    shape("text", { x: left - 6, y: y(top * part) + 4, "text-anchor": "end" }, (top * part).toPrecision(3)),
  ]);
  const drawn = lines.flatMap(([label, values], place) => {
    const points = values.map((value, n) => (value === null ? null : `${x(seconds[n])},${y(value)}`)).filter(Boolean).join(" ");
    return [shape("polyline", { points, fill: "none", stroke: LINES[place % LINES.length], "stroke-width": 1.6 }),
      shape("text", { x: left + 8 + place * 130, y: 10, style: `fill:${LINES[place % LINES.length]}` }, label)];
  });
  const end = shape("text", { x: width - 10, y: height - 8, "text-anchor": "end" }, `${last} s`);
  return el("div", { class: "card" }, el("b", {}, title), el("span", { class: "soft" }, `  ${unit}`),
    shape("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": title, width: "100%" }, ...shade, ...grid, ...drawn, end));
}

const PERCENTILES = ["p50", "p90", "p95", "p99", "p99.9", "p99.99", "max"];

function latencies(title, pick) {
  const rows = [...report.operations, { name: "all", ...report.total }].filter((it) => pick(it));
  const row = (it) => el("tr", {}, el("td", {}, it.name), el("td", { class: "number" }, `${it.count}`),
    PERCENTILES.map((name) => el("td", { class: "number" }, pick(it)[name] === null ? "–" : pick(it)[name].toFixed(2))));
  return [el("h2", {}, title), table(["operation", "#answers", ...PERCENTILES.map((name) => `#${name}`)], rows.map(row))];
}

const numbers = (pairs) => el("div", { class: "numbers" }, pairs.map(([label, value]) => el("div", {}, el("b", {}, value), el("span", { class: "soft" }, label))));

// The rates that a search tried, in order.
function searched(search) {
  const best = search.best === null ? "no rate was held" : `${search.best.toFixed(1)}/s was held twice`;
  const limit = search.limited_by_tool ? "; above it this tool was the limit" : "";
  const row = (it) => el("tr", {}, el("td", { class: "number" }, it.rate.toFixed(1)), el("td", { class: "number" }, it.completed.toFixed(1)),
    el("td", { class: "number" }, it.p99_ms.toFixed(2)), el("td", { class: "number" }, `${it.errors}`), el("td", {}, chip(it.held ? "pass" : "fail"), ` ${it.crossed.join(", ")}`));
  return [el("h2", {}, "Search"), el("p", {}, best + limit),
    table(["#offered, 1/s", "#answered, 1/s", "#p99, ms", "#errors", ""], search.trials.map(row))];
}

function loadPage() {
  const rate = (value) => `${value.toFixed(1)}/s`;
  const seconds = report.series.map((it) => it.second);
  const of = (key) => report.series.map((it) => it[key]);
  return [
    report.validity.valid ? null : el("div", { class: "card" }, el("b", { class: "bad" }, "invalid: "), report.validity.reasons.join("; ")),
    numbers([["offered", rate(report.rates.offered)], ["sent", rate(report.rates.sent)], ["completed", rate(report.rates.completed)],
      ["errors", `${report.total.errors}`], ["measured", `${report.window.measured_s.toFixed(1)} s`], ["warm-up, cut", `${report.window.warm_up_s.toFixed(1)} s`]]),
    report.thresholds.length ? [el("h2", {}, "Thresholds"), table(["threshold", "seen", ""], report.thresholds.map((it) => el("tr", {},
      el("td", {}, it.expression), el("td", {}, it.value), el("td", {}, chip(it.kept ? "pass" : "fail")))))] : null,
    report.search ? searched(report.search) : null,
    latencies("Response time in milliseconds, from the planned start", (it) => it.response_ms),
    latencies("Service time in milliseconds, from the actual sending", (it) => it.service_ms),
    el("h2", {}, "Second by second"),
    chart("Rates", "requests per second", [["offered", of("offered")], ["sent", of("sent")], ["completed", of("completed")], ["errors", of("errors")]], seconds),
    chart("Response time", "milliseconds", [["p50", of("p50_ms")], ["p99", of("p99_ms")]], seconds),
    el("h2", {}, "Errors"),
    report.errors.length ? table(["kind", "#count", "example"], report.errors.map((it) => el("tr", {}, el("td", {}, it.kind),
      el("td", { class: "number" }, `${it.count}`), el("td", { class: "mono wide" }, it.example)))) : el("p", {}, "none"),
    el("h2", {}, "Read back at the end"), el("p", {}, `${counted(report.correctness.checked, "answer")} compared`
      + (report.correctness.unread ? `, ${report.correctness.unread} could not be read` : "")),
    report.correctness.problems.length ? table(["what", "#count", "examples"], report.correctness.problems.map((it) => el("tr", {},
      el("td", {}, it.what), el("td", { class: "number" }, `${it.count}`), el("td", { class: "mono wide" }, it.examples.join(", "))))) : null,
  ];
}

function loadPages() {
  const late = report.lateness_ms;
  const surroundings = () => facts([["scimproof", report.version], ["target", report.target.url || "the bundled server"], ["profile", report.target.profile],
    ["workload", `${report.workload.name}: ${report.workload.title}`], ["arrivals", report.workload.arrivals], ["engine", report.engine],
    ["seed", report.seed], ["requests", report.requests], ["never sent", report.unsent],
    ["part of a core that the busiest thread used", report.busy === null ? "unknown" : `${(report.busy * 100).toFixed(0)} %`], ["lateness of this tool, p50", ms(late.p50)], ["lateness of this tool, p99", ms(late.p99)],
    ["leftovers", report.leftovers], ["exit code", report.exit_code], ...Object.entries(texts.environment || {})]);
  pages.push({ title: "Load", draw: loadPage }, { title: "Environment", draw: surroundings });
}
