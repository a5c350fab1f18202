// The agent's page. No framework and no build step: what each view needs stands in page_<view>.js, behind this file.
"use strict";

const POLL_MILLISECONDS = 2000;

// ---- Elements ---------------------------------------------------------------------------------------------------

const $ = (id) => document.getElementById(id);

// An element with its attributes, and texts or elements in it. Text is never taken for HTML.
function element(name, attributes = {}, ...content) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue;
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...content.flat().filter((item) => item !== null && item !== undefined));
  return made;
}

function svg(name, attributes) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

const pill = (text, kind = "") => element("span", { class: "pill " + kind }, text);
const number = (text) => element("td", { class: "number" }, text);
const empty = (text) => element("p", { class: "empty" }, text);

// A bar of which a share from 0 to 1 is filled.
function bar(share, kind = "progress") {
  const filled = element("i");
  filled.style.width = Math.round(100 * Math.min(1, Math.max(0, share))) + "%";
  return element("span", { class: kind }, filled);
}

function labelsText(labels) {
  return "{" + Object.entries(labels || {}).map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(", ") + "}";
}

// ---- Numbers ----------------------------------------------------------------------------------------------------

function count(value) {
  return Math.round(value).toLocaleString("en").replaceAll(",", "\u202f");
}

function bytes(value) {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) value /= 1024, ++unit;
  return (unit === 0 ? Math.round(value) : value.toFixed(value < 10 ? 1 : 0)) + "\u202f" + units[unit];
}

function perSecond(value) {
  return value >= 10 || value < 0.05 ? count(value) : value.toFixed(1);
}

function duration(seconds) {
  if (seconds < 1) return "0 s";
  if (seconds < 120) return Math.round(seconds) + " s";
  if (seconds < 7200) return Math.round(seconds / 60) + " min";
  if (seconds < 172800) return Math.round(seconds / 3600) + " h";
  return Math.round(seconds / 86400) + " d";
}

const clock = (time) => new Date(time).toLocaleTimeString("en-GB");
const plural = (amount, one, many) => `${count(amount)} ${amount === 1 ? one : many}`;

// ---- The agent --------------------------------------------------------------------------------------------------

// Addresses are relative, so that the page works below a path prefix.
async function ask(path, options) {
  const response = await fetch("api/v1/" + path, options);
  const text = await response.text();
  let answer;
  try {
    answer = JSON.parse(text);
  } catch {
    answer = { error: text.trim() };
  }
  if (!response.ok) throw Object.assign(new Error(answer.error || `status ${response.status}`), answer);
  return answer;
}

// What all views know. `admin`: whether lines may be seen.
const agent = { status: null, jobs: [] };

function showConnection(works) {
  $("connection").hidden = works;
}

// ---- Views ------------------------------------------------------------------------------------------------------

// Each has open(), called when it is shown, and poll(), called now and then while it is.
const views = {};
let shown = null;

function viewOfAddress() {
  const name = location.hash.slice(1);
  if (views[name]) return name;
  const last = location.pathname.split("/").pop();
  return last === "targets" || last === "service-discovery" ? "targets" : "overview";
}

function show(name) {
  if (shown && shown !== name) views[shown].close?.();
  shown = name;
  for (const key of Object.keys(views)) $(key).hidden = key !== name;
  for (const link of document.querySelectorAll("nav a")) {
    if (link.hash === "#" + name) {
      link.setAttribute("aria-current", "page");
      link.scrollIntoView({ block: "nearest", inline: "center" });
    } else {
      link.removeAttribute("aria-current");
    }
  }
  document.title = name === "overview" ? "lokitail" : `${$(name).querySelector("h1").textContent} · lokitail`;
  Promise.resolve(views[name].open?.()).catch(() => showConnection(false));
  poll();
}

let polling = false;

async function poll() {
  if (polling || document.hidden) return;
  polling = true;
  try {
    const status = await ask("status");
    agent.status = status;
    $("agent").textContent = `${status.host} · version ${status.version} · up ${duration(status.uptime_seconds)}`;
    rates.add(status);
    await views[shown].poll?.();
    showConnection(true);
  } catch {
    showConnection(false);
  } finally {
    polling = false;
  }
}

// What is told where lines may not be seen.
function adminNote() {
  if (!agent.status || agent.status.admin) return "";
  return "Lines are shown only where server.admin is true in the agent's configuration.";
}

async function fillJobs(select, first) {
  if (agent.jobs.length === 0) agent.jobs = (await ask("config")).jobs;
  const chosen = select.value;
  select.replaceChildren(...first, ...agent.jobs.map((job) => element("option", { value: job.name }, job.name)));
  if (chosen) select.value = chosen;
}

// ---- Light and dark ---------------------------------------------------------------------------------------------

const THEMES = ["auto", "light", "dark"];

function setTheme(theme) {
  if (theme === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  $("theme").textContent = "Theme: " + theme;
  try {
    localStorage.setItem("theme", theme);
  } catch {
    // Not kept where the browser keeps nothing.
  }
}

function storedTheme() {
  try {
    const theme = localStorage.getItem("theme");
    return THEMES.includes(theme) ? theme : "auto";
  } catch {
    return "auto";
  }
}

setTheme(storedTheme());
$("theme").addEventListener("click", () => setTheme(THEMES[(THEMES.indexOf(storedTheme()) + 1) % THEMES.length]));

document.addEventListener("DOMContentLoaded", () => {
  show(viewOfAddress());
  setInterval(poll, POLL_MILLISECONDS);
});
window.addEventListener("hashchange", () => {
  show(viewOfAddress());
  $("main").focus({ preventScroll: true });
  window.scrollTo(0, 0);
});
document.addEventListener("visibilitychange", poll);
