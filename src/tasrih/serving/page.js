// The page: texts go to /page/read, which draws them; here they are shown, filtered, translated and copied.
"use strict";

const $ = (id) => document.getElementById(id);

const ENGLISH = {
  skip: "To the reading", name: "Tasrih", tagline: "What a story says, to whom, and on what condition",
  heading: "Reading Arabic news", label: "The story",
  hint: "Paste an Arabic story here, or drop one or more text files. It is read on this server alone and not kept.",
  go: "Read the story", choose: "Choose files", example: "Example", title: "The reading", articles: "Stories",
  acts: "Show one act", copyJson: "Copy JSON", copyHtml: "Copy HTML", copyLink: "Copy link", api: "For programs:",
  caution: "The models can be wrong: go back to the sentence before you quote its tag. The weights are non-commercial.",
  all: "All", reading: "Reading…", done: "Read.", copied: "Copied.", empty: "Paste a story first.",
  notCopied: "The browser did not let the page copy.", tooLong: "The text is too long to read at once.",
  tooLongLink: "The text is too long for a link.", tooMany: "Too many files at once.", notText: "Not a text file:",
  busy: "The server is busy: try again in a moment.", late: "Reading took too long: send less at once.",
  unfit: "The server could not take this text.", away: "The server does not answer.", story: "Story",
  why: "Why?", explained: "Explained.",
};
const ARABIC = {
  all: "الكل", reading: "تُقرأ الآن…", done: "تمّت القراءة.", copied: "نُسخ.", empty: "ألصِق خبرًا أولًا.",
  notCopied: "لم يسمح المتصفح بالنسخ.", tooLong: "النص أطول مما يُقرأ دفعة واحدة.",
  tooLongLink: "النص أطول مما يحمله رابط.", tooMany: "ملفات كثيرة دفعة واحدة.", notText: "ليس ملفًا نصيًا:",
  busy: "الخادم مشغول: أعد المحاولة بعد قليل.", late: "طالت القراءة: أرسل أقل دفعة واحدة.",
  unfit: "لم يقبل الخادم هذا النص.", away: "الخادم لا يجيب.", story: "خبر",
  why: "لماذا؟", explained: "شُرح الوسم.",
};
const PROBLEMS = { 408: "late", 413: "tooLong", 422: "unfit", 503: "busy", 504: "late" };
const LONGEST_LINK = 16000;

let facts = { english: {}, characters: 100000, texts: 64, body: 2097152 };
let language = "ar";
let readings = []; // {name, document, body, page}
let current = 0;
let act = null;
let exampleText = null;
let asked = 0;

// --- language ---------------------------------------------------------------------------------

const say = (key) => (language === "en" ? ENGLISH : ARABIC)[key];

function setLanguage(wanted) {
  language = wanted;
  document.documentElement.lang = wanted;
  document.documentElement.dir = wanted === "ar" ? "rtl" : "ltr";
  for (const element of document.querySelectorAll("[data-t]")) {
    const key = element.dataset.t;
    ARABIC[key] ??= element.textContent;
    element.textContent = say(key);
  }
  for (const element of document.querySelectorAll("[data-label-t]")) {
    const key = element.dataset.labelT;
    ARABIC[key] ??= element.getAttribute("aria-label");
    element.setAttribute("aria-label", say(key));
  }
  const other = $("language");
  [other.textContent, other.lang, other.dir] = wanted === "ar" ? ["English", "en", "ltr"] : ["العربية", "ar", "rtl"];
  document.title = say("name");
  tell("");
  try { localStorage.setItem("language", wanted); } catch { /* a browser may forbid storage */ }
  if (readings.length) show(current);
}

// What `render` writes is Arabic: a label, or a phrase with a sign before it or a figure behind.
function translated(phrase) {
  const parts = /^(\s*(?:[+−=] |[([] ?|، ?)*)(.*?)([\s:.()[\]،\d]*)$/su.exec(phrase);
  if (!parts) return phrase;
  const found = parts[2].split("، ").map((part) => facts.english[part]);
  return found.every(Boolean) ? parts[1] + found.join(", ") + parts[3].replaceAll("،", ",") : phrase;
}

function translateDrawing(root) {
  for (const element of root.querySelectorAll("[title],[aria-label],[data-label],[data-head]"))
    for (const name of ["title", "aria-label", "data-label", "data-head"])
      if (element.hasAttribute(name)) element.setAttribute(name, translated(element.getAttribute(name)));
  for (const element of root.querySelectorAll("[data-english]")) element.textContent = element.dataset.english;
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode())
    // what the article itself says stays
    if (!node.parentElement.closest(".article,.sentence,.panel>p,td bdi,.who bdi")) node.data = translated(node.data);
  // an English name beside its translation would say it twice: "politics government (politics_government)"
  for (const element of root.querySelectorAll(".legend bdi[lang=en],:scope>p>bdi[lang=en]")) {
    const [before, after] = [element.previousSibling, element.nextSibling];
    if (before?.data?.endsWith("(") && after?.data?.startsWith(")")) {
      before.data = before.data.slice(0, -2);
      after.data = after.data.slice(1);
    }
    element.remove();
  }
}

// --- reading ----------------------------------------------------------------------------------

function tell(words, wrong = false) {
  $("status").textContent = words;
  $("status").classList.toggle("wrong", wrong);
}

async function read(articles) {
  if (!articles.some((article) => article.text.trim())) return tell(say("empty"), true);
  if (articles.length > facts.texts) return tell(say("tooMany"), true);
  if (articles.some((article) => article.text.length > facts.characters)) return tell(say("tooLong"), true);
  const turn = ++asked;
  $("go").disabled = true;
  tell(say("reading"));
  try {
    const answer = await fetch("/page/read", {
      method: "POST", headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ texts: articles.map((article) => article.text) }),
    });
    if (turn !== asked) return;
    if (!answer.ok) return tell(say(PROBLEMS[answer.status] ?? "away"), true);
    readings = (await answer.json()).map((reading, i) => ({ ...reading, name: articles[i].name }));
    act = null;
    show(0);
    tell(say("done"));
    $("reading").focus({ preventScroll: true });
    $("reading").scrollIntoView({ block: "start" });
  } catch {
    if (turn === asked) tell(say("away"), true);
  } finally {
    if (turn === asked) $("go").disabled = false;
  }
}

function button(words, pressed, onclick) {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = words;
  if (pressed !== null) made.setAttribute("aria-pressed", pressed);
  made.addEventListener("click", onclick);
  return made;
}

function show(index) {
  current = index;
  $("reading").hidden = false;
  $("articles").hidden = readings.length < 2;
  $("articles").replaceChildren(...readings.map((reading, i) => {
    const made = button(reading.name || `${say("story")} ${i + 1}`, null, () => { act = null; show(i); $("articles").children[i].focus(); });
    if (i === index) made.setAttribute("aria-current", "true");
    return made;
  }));
  // the server escaped every text in it, and the page's policy runs no script but page.js
  $("drawn").innerHTML = readings[index].body;
  for (const element of $("drawn").querySelectorAll(".article,.sentence")) element.lang = "ar";
  if (language === "en") translateDrawing($("drawn"));
  offerReasons();
  showActs();
  filter();
}

// --- filter -----------------------------------------------------------------------------------

const statements = () => readings[current].document.statements;

function showActs() {
  const counts = new Map();
  for (const statement of statements())
    for (const tag of statement.tags) counts.set(tag, (counts.get(tag) ?? 0) + 1);
  const names = [...counts.keys()].sort((a, b) => counts.get(b) - counts.get(a));
  const arabic = new Map(Object.entries(facts.english).map(([name, english]) => [english, name]));
  $("acts").replaceChildren(...(names.length ? [null, ...names] : []).map((name) => {
    const english = name?.replaceAll("_", " ");
    const words = name === null ? say("all") : language === "en" ? english : arabic.get(english) ?? english;
    const made = button(words, name === act, () => { act = name; filter(); });
    made.dataset.act = name ?? "";
    if (name !== null) {
      const count = document.createElement("span");
      count.textContent = counts.get(name);
      made.append(count);
      const chip = $("drawn").querySelector(`.chip.tag[title^="${name}"]`);
      if (chip) { made.classList.add("tag"); made.dataset.h = chip.dataset.h; }
    }
    return made;
  }));
}

function filter() {
  for (const made of $("acts").children) made.setAttribute("aria-pressed", made.dataset.act === (act ?? ""));
  const rows = statementRows();
  statements().forEach((statement, i) => {
    const off = act !== null && !statement.tags.includes(act);
    if (rows[i]) rows[i].hidden = off;
    const mark = $(`s${i + 1}`);
    mark?.classList.toggle("off", off);
    for (let chip = mark?.nextElementSibling; chip?.matches(".chip"); chip = chip.nextElementSibling) chip.hidden = off;
  });
  for (const row of $("drawn").querySelectorAll("tr.why")) row.hidden = row.previousElementSibling.hidden;
  for (const row of $("drawn").querySelectorAll(".who tr:has([data-act])")) {
    const items = [...row.querySelectorAll("[data-act]")];
    for (const item of items) item.hidden = act !== null && item.dataset.act !== act;
    row.hidden = items.every((item) => item.hidden);
  }
  for (const body of $("drawn").querySelectorAll(".who tbody"))
    body.hidden = !body.querySelector("tr:has([data-act]):not([hidden])");
}

// --- why a label ------------------------------------------------------------------------------

const statementRows = () => $("drawn").querySelectorAll(".sentences tbody tr:not(.why)");

// A button beside each tag of a statement, and of its condition; the tags stand in the order of the document's.
function offerReasons() {
  statementRows().forEach((row, i) => {
    const statement = statements()[i];
    const labels = statement.conditional ? [...statement.tags, "conditional"] : statement.tags;
    row.querySelectorAll("li:has(.chip)").forEach((item, j) => {
      const made = button(say("why"), null, () => explain(made, row, statement.text, labels[j]));
      made.className = "why";
      made.setAttribute("aria-expanded", "false");
      made.setAttribute("aria-label", `${say("why")} ${item.querySelector(".chip").textContent}`);
      item.append(" ", made);
    });
  });
}

function foldReason(row) {
  if (row.nextElementSibling?.matches(".why")) row.nextElementSibling.remove();
  for (const made of row.querySelectorAll("button.why")) made.setAttribute("aria-expanded", "false");
}

async function explain(pressed, row, text, label) {
  const open = pressed.getAttribute("aria-expanded") === "true";
  foldReason(row);
  if (open) return;
  const turn = asked;
  try {
    const answer = await fetch("/page/explain", {
      method: "POST", headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ text, label, task: "statement" }),
    });
    if (turn !== asked || !row.isConnected) return;
    if (!answer.ok) return tell(say(PROBLEMS[answer.status] ?? "away"), true);
    const told = document.createElement("tr");
    told.className = "why";
    told.append(document.createElement("td"));
    told.firstChild.colSpan = row.cells.length;
    // the server escaped the text in it, as in the drawn article
    told.firstChild.innerHTML = (await answer.json()).body;
    for (const element of told.querySelectorAll(".sentence")) element.lang = "ar";
    if (language === "en") translateDrawing(told);
    foldReason(row);
    row.after(told);
    pressed.setAttribute("aria-expanded", "true");
    tell(say("explained"));
  } catch {
    if (turn === asked) tell(say("away"), true);
  }
}

// --- copying and links ------------------------------------------------------------------------

async function copy(words) {
  try {
    await navigator.clipboard.writeText(words);
    tell(say("copied"));
  } catch {
    tell(say("notCopied"), true);
  }
}

function link() {
  const text = readings[current].document.text;
  const place = text === exampleText ? "#example" : `#text=${encodeURIComponent(text)}`;
  if (place.length > LONGEST_LINK) return tell(say("tooLongLink"), true);
  history.replaceState(null, "", place);
  return copy(location.href);
}

async function fromLink() {
  const fields = new URLSearchParams(location.hash.slice(1));
  if (fields.has("example")) return example();
  if (fields.get("text")) {
    $("text").value = fields.get("text");
    return read([{ text: $("text").value }]);
  }
}

async function example() {
  exampleText ??= await (await fetch("/example.txt")).text();
  $("text").value = exampleText;
  history.replaceState(null, "", "#example");
  return read([{ text: exampleText }]);
}

// --- files ------------------------------------------------------------------------------------

async function fileText(file) {
  const bytes = new Uint8Array(await file.arrayBuffer());
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return new TextDecoder("utf-16le").decode(bytes);
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return new TextDecoder("utf-16be").decode(bytes);
  if (bytes.includes(0)) return null;
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder("windows-1256").decode(bytes); // what older Arabic text files are in
  }
}

async function readFiles(files) {
  if (files.length > facts.texts) return tell(say("tooMany"), true);
  const articles = [];
  for (const file of files) {
    if (file.size > facts.body) return tell(`${say("tooLong")} ${file.name}`, true);
    const text = await fileText(file);
    if (text === null) return tell(`${say("notText")} ${file.name}`, true);
    articles.push({ text, name: file.name });
  }
  if (articles.length === 1) $("text").value = articles[0].text;
  if (articles.length) return read(articles);
}

// --- what the reader does ---------------------------------------------------------------------

$("form").addEventListener("submit", (event) => { event.preventDefault(); read([{ text: $("text").value }]); });
$("text").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && !$("go").disabled) $("form").requestSubmit();
});
$("example").addEventListener("click", example);
$("choose").addEventListener("click", () => $("files").click());
$("files").addEventListener("change", async () => { await readFiles([...$("files").files]); $("files").value = ""; });
$("language").addEventListener("click", () => setLanguage(language === "ar" ? "en" : "ar"));
$("copy-json").addEventListener("click", () => copy(JSON.stringify(readings[current].document, null, 1)));
$("copy-html").addEventListener("click", () => copy(readings[current].page));
$("copy-link").addEventListener("click", link);
for (const kind of ["dragenter", "dragover"])
  addEventListener(kind, (event) => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    $("form").classList.add("over");
  });
addEventListener("dragleave", (event) => { if (!event.relatedTarget) $("form").classList.remove("over"); });
addEventListener("drop", (event) => {
  $("form").classList.remove("over");
  if (!event.dataTransfer?.files.length) return;
  event.preventDefault();
  readFiles([...event.dataTransfer.files]);
});
addEventListener("hashchange", fromLink);

(async () => {
  let kept = null;
  try { kept = localStorage.getItem("language"); } catch { /* a browser may forbid storage */ }
  try { facts = await (await fetch("/page.json")).json(); } catch { tell(say("away"), true); }
  setLanguage(kept === "en" ? "en" : "ar");
  await fromLink();
})();
