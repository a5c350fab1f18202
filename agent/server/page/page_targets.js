// ---- Targets ----------------------------------------------------------------------------------------------------

const targetName = (target) => target.path || [target.kind, target.part].filter(Boolean).join(" ");

const TARGET_COLUMNS = [
  { name: "Target", key: targetName },
  { name: "Job", key: (target) => target.job },
  { name: "State", key: (target) => target.state },
  { name: "Lag", key: (target) => target.lag_bytes ?? -1, right: true },
  { name: "Behind for", key: (target) => target.lag_seconds ?? -1, right: true },
  { name: "Position", key: (target) => target.position ?? -1, right: true },
  { name: "Size", key: (target) => target.size ?? -1, right: true },
  { name: "Lines", key: (target) => target.lines ?? -1, right: true },
  { name: "Lines / s", key: (target) => target.lines_per_second ?? -1, right: true },
  { name: "Bytes / s", key: (target) => target.bytes_per_second ?? -1, right: true },
];
const targetSort = { column: 3, down: true };
const targetsNow = { targets: [], total: 0 };
const TARGET_STATES = { reading: "good", ready: "good", stuck: "bad", retired: "dim", unreadable: "bad", "not ready": "warn" };
const MOST_ROWS = 500;

// All words have to be in it, in whatever letters.
function targetMatches(target, words) {
  const text = [target.path, target.job, target.kind, target.part, target.state,
    ...Object.entries(target.labels || {}).map(([name, value]) => `${name}=${value}`)].join(" ").toLowerCase();
  return words.every((word) => text.includes(word));
}

function compareTargets(a, b) {
  const key = TARGET_COLUMNS[targetSort.column].key;
  const [left, right] = [key(a), key(b)];
  const order = left < right ? -1 : left > right ? 1 : 0;
  return (targetSort.down ? -order : order) || (a.path || "").localeCompare(b.path || "");
}

function targetHead() {
  return element("thead", {}, element("tr", {}, TARGET_COLUMNS.map((column, index) => {
    const sorted = targetSort.column === index ? (targetSort.down ? "descending" : "ascending") : undefined;
    const sort = () => {
      targetSort.down = targetSort.column === index ? !targetSort.down : Boolean(column.right);
      targetSort.column = index;
      showTargets();
      $("target-table").querySelectorAll("th button")[index].focus();
    };
    return element("th", { scope: "col", class: column.right ? "number" : undefined, "aria-sort": sorted },
      element("button", { type: "button", onclick: sort }, column.name));
  })));
}

// The path stands above them.
function shownLabels(target) {
  const { filename, ...others } = target.labels;
  return filename === target.path ? others : target.labels;
}

function targetRow(target) {
  const amount = (value, text) => number(value === undefined ? "–" : text(value));
  return element("tr", {},
    element("td", { class: "path" }, element("div", { class: "mono" }, targetName(target)),
      target.cursor ? element("div", { class: "labels" }, `at ${target.cursor}`) : null,
      target.labels ? element("div", { class: "labels" }, labelsText(shownLabels(target))) : null,
      target.error ? element("div", { class: "bad-text" }, target.error) : null),
    element("td", { class: "short" }, target.job),
    element("td", {}, pill(target.state, TARGET_STATES[target.state])),
    target.lag_messages === undefined ? amount(target.lag_bytes, bytes) : number(plural(target.lag_messages, "message", "messages")), amount(target.lag_seconds, duration), amount(target.position, count),
    amount(target.size, count), amount(target.lines, count),
    amount(target.lines_per_second, perSecond), amount(target.bytes_per_second, bytes));
}

function showTargets() {
  const words = $("target-filter").value.toLowerCase().split(/\s+/).filter(Boolean);
  const chosen = targetsNow.targets.filter((target) => targetMatches(target, words)).sort(compareTargets);
  const told = chosen.length > MOST_ROWS ? `the first ${MOST_ROWS} of ${count(chosen.length)}` : count(chosen.length);
  $("target-count").textContent = `${told} of ${plural(targetsNow.total, "target", "targets")}`;
  $("target-table").replaceChildren(targetHead(), element("tbody", {}, chosen.slice(0, MOST_ROWS).map(targetRow)));
}

function showDropped(answer) {
  if (answer.dropped.length === 0) {
    $("dropped").replaceChildren(empty("Nothing was dropped."));
    return;
  }
  $("dropped").replaceChildren(element("div", { class: "scroll", tabindex: "0" }, element("table", {},
    element("thead", {}, element("tr", {}, ["Job", "Dropped by", "Discovered labels"].map((name) => element("th", { scope: "col" }, name)))),
    element("tbody", {}, answer.dropped.map((target) => element("tr", {}, element("td", { class: "short" }, target.job),
      element("td", {}, element("code", {}, target.reason)),
      element("td", { class: "labels path" }, labelsText(target.discovered_labels))))))));
}

views.targets = {
  async poll() {
    const answer = await ask("targets");
    targetsNow.targets = answer.targets;
    targetsNow.total = answer.total;
    // A row that is being sorted or read is not taken away under the keyboard.
    if (!$("target-table").contains(document.activeElement)) showTargets();
    showDropped(answer);
  },
};

$("target-filter").addEventListener("input", showTargets);
