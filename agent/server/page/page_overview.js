// ---- Overview ---------------------------------------------------------------------------------------------------

const MOST_RATES = 90;  // three minutes

// Rates of the last minutes, from the differences of totals.
const rates = {
  lines: [],
  bytes: [],
  last: null,
  add(status) {
    const now = Date.parse(status.now) / 1000;
    const last = this.last;
    this.last = { now, started: status.started, lines: status.lines_total, bytes: status.sent_bytes_total };
    if (!last || last.started !== status.started || now <= last.now) return;
    for (const name of ["lines", "bytes"]) {
      this[name].push(Math.max(0, (this.last[name] - last[name]) / (now - last.now)));
      if (this[name].length > MOST_RATES) this[name].shift();
    }
  },
};

function plot(target, values) {
  const width = 360, height = 92, most = MOST_RATES;
  target.setAttribute("viewBox", `0 0 ${width} ${height}`);
  target.setAttribute("preserveAspectRatio", "none");
  target.replaceChildren(svg("line", { class: "plot-base", x1: 0, x2: width, y1: height - 1, y2: height - 1 }));
  if (values.length < 2) return;
  const top = Math.max(...values, 1e-9);
  const x = (index) => ((most - values.length + index) / (most - 1)) * width;
  const y = (value) => height - 2 - (value / top) * (height - 8);
  const points = values.map((value, index) => `${x(index).toFixed(1)},${y(value).toFixed(1)}`).join(" ");
  target.prepend(svg("polygon", { class: "plot-area", points: `${x(0)},${height} ${points} ${width},${height}` }));
  target.append(svg("polyline", { class: "plot-line", points }));
}

function showRate(now, peak, values, text) {
  now.textContent = values.length ? text(values.at(-1)) + " / s" : "–";
  peak.textContent = values.length ? `peak ${text(Math.max(...values))}` : "";
}

function verdict(status, clients) {
  const failing = clients.filter((client) => client.state === "failing");
  $("verdict-mark").className = "mark " + (status.healthy ? "good" : "bad");
  $("verdict").textContent = status.healthy ? "Healthy" : "Not ready";
  $("verdict-reason").textContent = status.healthy
    ? `Reads ${plural(status.files, "file", "files")} for ${plural(status.jobs, "job", "jobs")}` +
      ` and delivers to ${plural(clients.length, "client", "clients")}.` +
      (status.stuck_targets ? ` ${plural(status.stuck_targets, "file makes", "files make")} no progress.` : "")
    : status.reason.replace(/^Not ready: /, "") || failing.map((client) => client.trouble).join("; ");
}

function facts(status) {
  const share = status.bytes_in_flight / Math.max(1, status.bytes_in_flight_limit);
  const fact = (name, ...value) => element("div", {}, element("dt", {}, name), element("dd", {}, value));
  $("facts").replaceChildren(
    fact("In flight", `${bytes(status.bytes_in_flight)} of ${bytes(status.bytes_in_flight_limit)}`, bar(share)),
    fact("Lines read", count(status.lines_total)),
    fact("Entries delivered", count(status.sent_entries_total)),
    fact("Memory", bytes(status.memory_bytes)),
    fact("Running for", duration(status.uptime_seconds)));
}

const STATES = { delivering: "good", failing: "bad", idle: "dim", standby: "dim" };

function clientRow(client) {
  const answer = client.last_answer;
  const said = answer ? `${answer.status || "none"} at ${clock(answer.time)}` : "–";
  return element("tr", {},
    element("td", { class: "wide" }, element("div", {}, client.name), element("div", { class: "labels" }, client.url)),
    element("td", { class: "wide" }, pill(client.state, STATES[client.state]), client.trouble ? element("div", { class: "bad-text quiet" }, client.trouble) : null),
    element("td", { class: "short" }, said),
    number(plural(client.queued_pushes, "push", "pushes")),
    number(duration(client.lag_seconds)),
    number(count(client.entries.sent)),
    number(count(client.entries.refused + client.entries.dropped)));
}

function showClients(clients) {
  const heads = [["Client"], ["State"], ["Last answer"], ["Waiting", 1], ["Lag", 1], ["Sent", 1], ["Refused, dropped", 1]];
  $("clients").replaceChildren(
    element("thead", {}, element("tr", {}, heads.map(([name, right]) => element("th", { scope: "col", class: right ? "number" : undefined }, name)))),
    element("tbody", {}, clients.map(clientRow)));
}

// Those that bite at present stand out.
const LIMIT_BITES_SECONDS = 30;

function limitRow(limit) {
  const value = limit.unit === "bytes" ? bytes(limit.value) : `${limit.value < 10 ? limit.value : count(limit.value)} ${limit.unit}`;
  const since = limit.last_hit ? (Date.parse(agent.status.now) - Date.parse(limit.last_hit)) / 1000 : Infinity;
  const state = since <= LIMIT_BITES_SECONDS ? pill("bites", "warn") : pill(limit.hits ? "has bitten" : "not reached", "dim");
  return element("tr", {},
    element("td", { class: "mono" }, limit.limit), number(value), element("td", {}, state),
    element("td", { class: "short" }, limit.effect), number(count(limit.hits)),
    number(limit.last_hit ? `${duration(Math.max(since, 0))} ago` : "–"));
}

function showLimits(limits) {
  const heads = [["Limit"], ["Value", 1], ["State"], ["Then"], ["Times", 1], ["Last", 1]];
  $("limits").replaceChildren(
    element("thead", {}, element("tr", {}, heads.map(([name, right]) => element("th", { scope: "col", class: right ? "number" : undefined }, name)))),
    element("tbody", {}, limits.map(limitRow)));
}

function showBehind(targets) {
  const behind = targets.filter((target) => target.lag_bytes > 0 || ["unreadable", "stuck"].includes(target.state)).slice(0, 5);
  if (behind.length === 0) {
    $("behind").replaceChildren(empty("Nothing: all that was written is delivered."));
    return;
  }
  const table = element("table", {}, element("tbody", {}, behind.map((target) => element("tr", {},
    element("td", { class: "path mono" }, target.path, target.error ? element("div", { class: "bad-text" }, target.error) : null),
    element("td", {}, target.job, target.state === "stuck" ? [" ", pill("stuck", "bad")] : null),
    number(target.lag_bytes === undefined ? "–" : bytes(target.lag_bytes)),
    number(target.lag_seconds === undefined ? "–" : duration(target.lag_seconds))))));
  $("behind").replaceChildren(element("div", { class: "scroll" }, table));
}

views.overview = {
  async poll() {
    const [{ clients }, { targets }] = await Promise.all([ask("clients"), ask("targets?limit=5")]);
    verdict(agent.status, clients);
    facts(agent.status);
    showRate($("lines-now"), $("lines-peak"), rates.lines, perSecond);
    showRate($("bytes-now"), $("bytes-peak"), rates.bytes, bytes);
    plot($("lines-plot"), rates.lines);
    plot($("bytes-plot"), rates.bytes);
    showClients(clients);
    showBehind(targets);
    showLimits(agent.status.limits);
  },
};
