// The inspector: a request and its answer side by side, what was expected of it, and the request in three forms to take away.

const pretty = (body) => (body === null ? "" : typeof body === "string" ? body : JSON.stringify(body, null, 2));
const compact = (body) => (body === null ? "" : typeof body === "string" ? body : JSON.stringify(body));
const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;
const ENDED = new Set(["content-length", "transfer-encoding"]);
const own = (headers) => headers.filter(([name]) => !ENDED.has(name.toLowerCase()));

// The recorded request has no credentials: each form takes the token from where its tool keeps one.
function curl(it) {
  const parts = [`curl -sS -X ${it.request.method} ${quoted(it.request.url)}`, '  -H "Authorization: Bearer $SCIMPROOF_TOKEN"'];
  own(it.request.headers).forEach(([name, value]) => parts.push(`  -H ${quoted(`${name}: ${value}`)}`));
  if (it.request.body !== null) parts.push(`  --data-raw ${quoted(compact(it.request.body))}`);
  return parts.join(" \\\n");
}

function hurl(it) {
  const lines = [`${it.request.method} ${it.request.url}`, "Authorization: Bearer {{token}}"];
  own(it.request.headers).forEach(([name, value]) => lines.push(`${name}: ${value}`));
  if (it.request.body !== null) lines.push(pretty(it.request.body));
  if (it.response) lines.push("", `HTTP ${it.response.status}`);
  return `${lines.join("\n")}\n`;
}

function har(it, began) {
  const pairs = (headers) => headers.map(([name, value]) => ({ name, value }));
  const type = (headers) => (headers.find(([name]) => name.toLowerCase() === "content-type") || ["", ""])[1];
  const query = [...new URL(it.request.url, "http://unknown").searchParams].map(([name, value]) => ({ name, value }));
  const body = it.request.body === null ? {} : { postData: { mimeType: type(it.request.headers), text: compact(it.request.body) } };
  const answer = it.response || { status: 0, headers: [], body: null };
  const text = compact(answer.body);
  const entry = {
    startedDateTime: new Date(began + it.started_ms).toISOString(), time: it.duration_ms,
    request: { method: it.request.method, url: it.request.url, httpVersion: "HTTP/1.1", cookies: [], headers: pairs(it.request.headers),
      queryString: query, headersSize: -1, bodySize: compact(it.request.body).length, ...body },
    response: { status: answer.status, statusText: "", httpVersion: "HTTP/1.1", cookies: [], headers: pairs(answer.headers),
      content: { size: text.length, mimeType: type(answer.headers), text }, redirectURL: "", headersSize: -1, bodySize: text.length },
    cache: {}, timings: { send: 0, wait: it.duration_ms, receive: 0 }, comment: it.id,
  };
  return JSON.stringify({ log: { version: "1.2", creator: { name: "scimproof", version: report.version }, entries: [entry] } }, null, 2);
}

const headerLines = (headers) => el("pre", { class: "soft" }, headers.map(([name, value]) => `${name}: ${value}\n`));

function judgement(finding) {
  return el("div", { class: "card" },
    el("div", {}, chip(finding.outcome), " ", el("b", {}, finding.requirement), ` ${finding.level}  `, el("span", { class: "soft" }, finding.check)),
    el("div", {}, summaryOf(finding.requirement)),
    difference(finding),
    el("div", { class: "soft mono" }, `${finding.position}  step ${finding.step}`));
}

function inspector(it) {
  if (!it) return el("p", { class: "soft" }, "Choose an exchange.");
  const take = (label, text) => el("button", { class: "small", onclick: (event) => copied(event.target, text()) }, label);
  const rests = report.findings.filter((finding) => finding.exchanges.includes(it.id));
  return [
    el("h2", { class: "mono" }, `${it.request.method} ${it.request.url}`),
    el("p", { class: "soft" }, `${it.id}  ${it.scenario || "set-up and cleanup"}  step ${it.step}  at ${ms(it.started_ms)}, took ${ms(it.duration_ms)}`),
    el("p", {}, take("copy as curl", () => curl(it)), " ", take("copy as hurl", () => hurl(it)), " ", take("copy as HAR", () => har(it, 0))),
    rests.map(judgement),
    el("div", { class: "pair" },
      el("div", {}, el("h3", {}, "Request"), headerLines(it.request.headers), el("pre", {}, pretty(it.request.body))),
      el("div", {}, el("h3", {}, it.response ? `Answer ${it.response.status}` : "No answer"),
        it.response ? [headerLines(it.response.headers), el("pre", {}, pretty(it.response.body))] : el("pre", { class: "bad" }, it.error))),
  ];
}

const exchangeState = { text: "", status: "", scenario: "", chosen: null };

function exchangesPage() {
  const state = exchangeState;
  const list = el("div", { class: "list" });
  const detail = el("div", { class: "inspector" });
  const status = (it) => (it.response ? `${Math.floor(it.response.status / 100)}xx` : "no answer");
  const draw = () => {
    const text = state.text.toLowerCase();
    const found = report.exchanges.filter((it) => (!state.status || status(it) === state.status)
      && (!state.scenario || it.scenario === state.scenario)
      && (!text || `${it.id} ${it.step} ${it.request.method} ${it.request.url} ${it.response?.status}`.toLowerCase().includes(text)));
    const row = (it) => {
      const choose = (event) => {
        list.querySelectorAll(".chosen").forEach((other) => other.classList.remove("chosen"));
        event.currentTarget.classList.add("chosen");
        state.chosen = it;
        detail.replaceChildren(...[inspector(it)].flat(9));
        detail.scrollTop = 0;
      };
      return leads(choose, [
        el("td", { class: "mono" }, it.request.method), el("td", {}, `${it.response?.status ?? "–"}`),
        el("td", {}, el("span", { class: "mono" }, path(it.request.url)), el("br"), el("span", { class: "soft" }, `${it.id}  ${it.step}`)),
        el("td", { class: "number" }, ms(it.duration_ms)),
      ], it === state.chosen);
    };
    list.replaceChildren(el("p", { class: "soft" }, counted(found.length, "exchange")), ...stretched(found, ["", "", "request", "#time"], row));
  };
  const bar = filters(state, [["text", "search id, path, status"], ["status", "any status", unique(report.exchanges.map(status))],
    ["scenario", "any scenario", unique(report.exchanges.map((it) => it.scenario).filter(Boolean))]], draw);
  draw();
  detail.replaceChildren(...[inspector(state.chosen)].flat(9));
  return [bar, el("div", { class: "split" }, list, detail)];
}

const path = (url) => url.replace(/^[a-z]+:\/\/[^/]+/, "");

function openExchange(id) {
  Object.assign(exchangeState, { text: "", status: "", chosen: report.exchanges.find((it) => it.id === id) });
  exchangeState.scenario = exchangeState.chosen?.scenario || "";
  goTo("Exchanges");
}
