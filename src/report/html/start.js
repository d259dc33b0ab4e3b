// The start: unpack, choose the kind of report, draw.

let report = {};
let texts = {};

const WORDS = { PASS: "good", FAIL: "bad", INVALID: "doubt" };
const KINDS = { "scimproof.report/1": runPages, "scimproof.proof/1": provePages, "scimproof.load/1": loadPages };

async function start() {
  [report, texts] = await Promise.all([unpack("data"), unpack("texts")]);
  const plain = document.getElementById("plain");
  KINDS[report.schema]();
  pages.push({ title: "Text", draw: () => plain });
  const target = report.target?.url || "the bundled server";
  document.getElementById("head").replaceChildren(
    el("h1", {}, el("span", { class: WORDS[texts.word] }, texts.word), " scimproof"),
    el("span", { class: "soft" }, `${target}  profile ${report.target?.profile ?? "–"}  seed ${report.seed ?? "–"}`));
  document.addEventListener("keydown", keys);
  show(Math.max(0, pages.findIndex((page) => `#${page.title}` === location.hash)));
  document.documentElement.dataset.ready = "true";
}

start().catch((error) => {
  // The text of the report is still there; only the drawing failed.
  document.getElementById("head").replaceChildren(el("p", { class: "bad" }, `This browser cannot draw the report: ${error.message}`));
});
