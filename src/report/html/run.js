// What a run shows: the verdict with its blockers, requirements, scenarios with the timing of their steps, surroundings.

const summaryOf = (id) => texts.requirements?.[id]?.summary || "";

function requirementLink(id) {
  const link = texts.requirements?.[id]?.link;
  return link ? el("a", { href: link, rel: "noreferrer" }, id) : id;
}

function evidence(finding) {
  return finding.exchanges.map((id) => el("button", { class: "small", onclick: () => openExchange(id) }, id));
}

function findingCard(finding) {
  return el("div", { class: "card" },
    el("div", {}, chip(finding.outcome), " ", el("b", {}, requirementLink(finding.requirement)), ` ${finding.level}`),
    el("div", {}, summaryOf(finding.requirement)),
    difference(finding),
    el("p", { class: "soft mono" }, `${finding.position}  step ${finding.step}`), el("p", {}, evidence(finding)));
}

function clientRow(client) {
  const reasons = client.reasons.map((reason) => el("div", {}, el("b", {}, reason.subject), ` ${reason.text}`, reason.known ? " (known)" : ""));
  const told = reasons.length > 4
    ? el("details", {}, el("summary", {}, counted(reasons.length, "reason")), reasons) : reasons;
  return el("tr", {}, el("td", {}, client.id), el("td", {}, chip(client.readiness)),
    el("td", { class: "number" }, `${client.flows.completed}/${client.flows.required}`), el("td", {}, told));
}

function causeCard(cause, place) {
  const its = report.findings.filter((finding) => finding.cause === place);
  return el("div", { class: "card" },
    el("div", {}, el("b", {}, cause.what), el("span", { class: "soft" }, `  ${counted(cause.findings, "failure")}`)),
    cause.fix ? el("p", {}, "usual fix: ", cause.fix) : null,
    cause.breaks.length ? el("p", {}, "breaks: ", el("b", {}, cause.breaks.join(", "))) : null,
    el("p", { class: "soft" }, cause.requirements.join(", ")),
    el("details", {}, el("summary", {}, "evidence"), its.slice(0, 40).map(findingCard)));
}

function verdictPage() {
  const order = ["not-ready", "ready-with-warnings", "not-assessed", "ready"];
  const clients = report.clients.filter((it) => it.asked).sort((a, b) => order.indexOf(a.readiness) - order.indexOf(b.readiness));
  const open = report.findings.filter((it) => it.outcome === "fail" && it.cause === null || it.outcome === "inconclusive");
  const warned = report.findings.filter((it) => it.outcome === "warn");
  const problems = report.gate.problems;
  return [
    el("h2", {}, "Clients"), el("div", { class: "clients" }, table(["client", "readiness", "#flows", "why"], clients.map(clientRow))),
    el("h2", {}, "Gate"),
    el("p", {}, chip(report.gate.passed ? "pass" : "fail"), ` counts ${report.gate.fail_on}`),
    problems.length ? el("details", { open: problems.length < 9 }, el("summary", {}, counted(problems.length, "problem")),
      el("ul", {}, problems.map((text) => el("li", {}, text)))) : null,
    report.causes.length ? [el("h2", {}, "Causes, the most harmful first"), report.causes.map(causeCard)] : null,
    open.length ? [el("h2", {}, "Not judged, and failures for themselves"), open.slice(0, 60).map(findingCard)] : null,
    warned.length ? [el("h2", {}, "Warnings"), warned.slice(0, 60).map(findingCard)] : null,
    report.readings.length ? [el("h2", {}, "How the server reads what the standard leaves open"), readingsTable()] : null,
  ];
}

function readingsTable() {
  const row = (it) => {
    const point = texts.readings?.[it.id] || {};
    return el("tr", {}, el("td", {}, it.id), el("td", {}, point.question || ""),
      el("td", {}, `${it.reading}: ${(point.readings || [])[it.reading - 1] || ""}`), el("td", {}, (it.clients || []).join(", ")));
  };
  return stretched(report.readings, ["point", "question", "reading", "met by"], row);
}

// The worst first, as people look for it.
const BADNESS = ["fail", "inconclusive", "warn", "pass", "not-applicable", "not-observable"];
const requirementState = { text: "", source: "", level: "", outcome: "", proof: "" };

function requirementsPage() {
  const state = requirementState;
  const list = el("div");
  const judged = (it) => !["not-applicable", "not-observable"].includes(it.outcome);
  const proof = (it) => (it.proven ? "proven" : "not proven");
  const draw = () => {
    const text = state.text.toLowerCase();
    const found = report.requirements.filter((it) => (!state.source || it.source === state.source) && (!state.level || it.level === state.level)
      && (!state.outcome || it.outcome === state.outcome) && (!state.proof || proof(it) === state.proof)
      && (!text || `${it.id} ${summaryOf(it.id)}`.toLowerCase().includes(text)))
      .sort((a, b) => BADNESS.indexOf(a.outcome) - BADNESS.indexOf(b.outcome));
    const row = (it) => {
      const its = report.findings.filter((finding) => finding.requirement === it.id);
      return el("tr", {}, el("td", {}, requirementLink(it.id)), el("td", {}, it.level), el("td", {}, chip(it.outcome)),
        el("td", {}, proof(it)), el("td", {}, summaryOf(it.id), its.slice(0, 6).map(findingCard)));
    };
    const exercised = found.filter(judged).length;
    const proven = found.filter((it) => it.proven).length;
    list.replaceChildren(
      el("p", { class: "soft" }, `${counted(found.length, "requirement")}, ${exercised} judged in this run, ${proven} proven by a fault`),
      ...stretched(found, ["requirement", "level", "outcome", "check", "what it asks"], row));
  };
  const bar = filters(state, [["text", "search id or sentence"], ["source", "any source", unique(report.requirements.map((it) => it.source))],
    ["level", "any level", unique(report.requirements.map((it) => it.level))],
    ["outcome", "any outcome", unique(report.requirements.map((it) => it.outcome))], ["proof", "proven or not", ["proven", "not proven"]]], draw);
  draw();
  return [bar, list];
}

function scenarios() {
  const found = new Map();
  report.exchanges.filter((it) => it.scenario).forEach((it) => {
    if (!found.has(it.scenario)) found.set(it.scenario, []);
    found.get(it.scenario).push(it);
  });
  const bad = new Set(report.findings.filter((it) => it.outcome === "fail").map((it) => it.scenario));
  const outcome = (id, own) => (bad.has(id) ? "fail" : own.some((it) => it.error) ? "inconclusive" : "pass");
  return [...found].map(([id, own]) => {
    const begin = Math.min(...own.map((it) => it.started_ms));
    const end = Math.max(...own.map((it) => it.started_ms + it.duration_ms));
    return { id, own, begin, end, outcome: outcome(id, own) };
  });
}

const scenarioState = { text: "", outcome: "", open: null };

const endOf = (it) => it.started_ms + it.duration_ms;

// Exchanges on one line of time, from the first one's start to the last one's end.
function bars(own, columns, cells) {
  const failed = new Set(report.findings.filter((it) => it.outcome === "fail").flatMap((it) => it.exchanges));
  const begin = Math.min(...own.map((it) => it.started_ms));
  const length = Math.max(Math.max(...own.map(endOf)) - begin, 0.001);
  return table(["step", "answer", ...columns, "when"], own.map((it) => leads(() => openExchange(it.id), [
    el("td", {}, it.step), el("td", {}, `${it.response?.status ?? "none"}`), cells(it, begin).map((text) => el("td", { class: "number" }, text)),
    el("td", {}, el("div", { class: "track" }, el("i", {
      class: failed.has(it.id) ? "bad" : null,
      style: `left:${(100 * (it.started_ms - begin)) / length}%;width:${(100 * it.duration_ms) / length}%`,
    }))),
  ])));
}

const timeline = (scenario) => bars(scenario.own, ["#time"], (it) => [ms(it.duration_ms)]);

// What was under way at one time: each began before another had ended; with the rest of the step that they are of.
function races(scenario) {
  const stem = (it) => it.step.replace(/#\d+$/, "");
  const groups = [];
  [...scenario.own].sort((a, b) => a.started_ms - b.started_ms).forEach((it) => {
    const group = groups[groups.length - 1];
    const meets = group && it.started_ms < group.end;
    if (meets || group && stem(it) === stem(group.own[group.own.length - 1])) {
      group.own.push(it);
      group.end = Math.max(group.end, endOf(it));
      group.met ||= meets;
    } else {
      groups.push({ own: [it], end: endOf(it), met: false });
    }
  });
  return groups.filter((it) => it.met);
}

function raceCard(race) {
  const answered = [...race.own].sort((a, b) => endOf(a) - endOf(b));
  const cells = (it, begin) => [ms(it.started_ms - begin), ms(endOf(it) - begin), `${answered.indexOf(it) + 1}`];
  return el("div", { class: "card race" }, el("b", {}, `${race.own.length} at once`),
    bars(race.own, ["#sent", "#answered", "#place"], cells));
}

function scenariosPage() {
  const state = scenarioState;
  const all = scenarios();
  const list = el("div");
  const draw = () => {
    const text = state.text.toLowerCase();
    const found = all.filter((it) => (!state.outcome || it.outcome === state.outcome) && (!text || it.id.includes(text)));
    const row = (it) => {
      const toggle = () => { state.open = state.open === it.id ? null : it.id; draw(); };
      const line = leads(toggle, [el("td", {}, it.id), el("td", {}, chip(it.outcome)), el("td", { class: "number" }, `${it.own.length}`),
        el("td", { class: "number" }, ms(it.end - it.begin))], state.open === it.id);
      return state.open === it.id ? [line, el("tr", {}, el("td", { colspan: "4" }, timeline(it), races(it).map(raceCard)))] : [line];
    };
    list.replaceChildren(el("p", { class: "soft" }, counted(found.length, "scenario")), ...stretched(found, ["scenario", "outcome", "#requests", "#time"], row));
  };
  const bar = filters(state, [["text", "search scenarios"], ["outcome", "any outcome", unique(all.map((it) => it.outcome))]], draw);
  draw();
  const skipped = report.skipped.map((it) => el("tr", {}, el("td", {}, it.scenario), el("td", {}, it.reason), el("td", {}, it.text)));
  return [bar, list, skipped.length ? [el("h2", {}, "Not played"), table(["scenario", "kind", "why"], skipped)] : null];
}

function facts(rows) {
  return table(["", ""], rows.map(([name, value]) => el("tr", {}, el("td", {}, name), el("td", { class: "mono wide" }, `${value}`))));
}

function environmentPage() {
  const met = report.summary.met;
  const throttled = Object.entries(met.throttled).map(([status, count]) => `${status}: ${count}`).join(", ") || "none";
  return [
    facts([["scimproof", report.version], ["target", report.target.url || "the bundled server"], ["profile", report.target.profile], ["seed", report.seed],
      ["wall time", ms(report.duration_ms)], ["exchanges", report.summary.exchanges], ["leftovers", report.summary.leftovers],
      ["retired", report.summary.retired], ["answers that asked to slow down", throttled], ["waited for them", ms(met.waited_ms)],
      ["requests without answer", met.unanswered], ["exit code", report.exit_code], ...Object.entries(texts.environment || {})]),
    el("h2", {}, "What the server says of itself"), el("pre", {}, pretty(report.target.capabilities)),
  ];
}

function runPages() {
  pages.push({ title: "Verdict", draw: verdictPage }, { title: "Requirements", draw: requirementsPage },
    { title: "Scenarios", draw: scenariosPage }, { title: "Exchanges", draw: exchangesPage }, { title: "Environment", draw: environmentPage });
}
