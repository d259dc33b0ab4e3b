// What a proof shows: every law with its state, the counter-examples, the histories behind them.

const lawState = { text: "", outcome: "" };

function counterExample(found) {
  return el("div", { class: "card" },
    el("p", {}, `${counted(found.requests, "request")}, suite ${found.suite}, seed ${found.seed}${found.file ? `, kept in ${found.file}` : ""}`),
    found.findings.map((finding) => el("div", {}, el("b", {}, finding.requirement), ` step ${finding.step}`,
      difference(finding))),
    el("h3", {}, "As a scenario, to be played again"), el("pre", {}, found.scenario));
}

function lawsPage() {
  const state = lawState;
  const list = el("div");
  const order = ["fail", "inconclusive", "not-observable", "pass"];
  const laws = [...report.laws].sort((a, b) => order.indexOf(a.outcome) - order.indexOf(b.outcome));
  const draw = () => {
    const text = state.text.toLowerCase();
    const found = laws.filter((it) => (!state.outcome || it.outcome === state.outcome)
      && (!text || `${it.id} ${summaryOf(it.id)}`.toLowerCase().includes(text)));
    const row = (it) => el("tr", {}, el("td", {}, it.id), el("td", {}, chip(it.outcome)), el("td", { class: "number" }, `${it.judged}`),
      el("td", {}, summaryOf(it.id), it.reason ? el("p", { class: "soft" }, it.reason) : null,
        it.counter_example ? counterExample(it.counter_example) : null));
    list.replaceChildren(el("p", { class: "soft" }, counted(found.length, "law")), ...stretched(found, ["law", "outcome", "#judged", ""], row));
  };
  const bar = filters(state, [["text", "search laws"], ["outcome", "any outcome", unique(laws.map((it) => it.outcome))]], draw);
  draw();
  return [bar, list];
}

function suitesPage() {
  const row = (it) => el("tr", {}, el("td", {}, it.name), el("td", {}, it.title, it.skipped ? el("p", { class: "soft" }, it.skipped) : null),
    el("td", { class: "number" }, `${it.histories}`), el("td", {}, it.exhaustive ? "all there are" : "drawn from the seed"));
  const said = report.readings.map((it) => el("tr", {}, el("td", {}, it.id), el("td", {}, `${it.reading}: ${it.name || ""}`), el("td", {}, it.switch || "")));
  return [el("h2", {}, "Suites"), table(["suite", "", "#histories", ""], report.suites.map(row)),
    said.length ? [el("h2", {}, "What the server chose"), table(["choice", "reading", "switch of the profile"], said)] : null];
}

function provePages() {
  const surroundings = () => facts([["target", report.target.url || "the bundled server"], ["profile", report.target.profile], ["seed", report.seed],
    ["histories", report.summary.histories], ["leftovers", report.summary.leftovers], ["exit code", report.exit_code],
    ...Object.entries(texts.environment || {})]);
  pages.push({ title: "Laws", draw: lawsPage }, { title: "Suites", draw: suitesPage }, { title: "Environment", draw: surroundings });
}
