// ---- Ledger and configuration -----------------------------------------------------------------------------------

function flowElement(job) {
  const row = (name, amount, note) => element("li", {}, element("span", {}, name),
    bar(job.lines === 0 ? 0 : amount / job.lines, "track"), element("span", { class: "number" }, count(amount) + note));
  const stages = job.stages.map((stage) => {
    const gone = stage.taken - stage.given - stage.held;
    const notes = [];
    if (gone > 0) notes.push(`−${count(gone)}`);
    if (stage.held > 0) notes.push(`${count(stage.held)} held`);
    return row(stage.stage, stage.given, notes.length ? `  (${notes.join(", ")})` : "");
  });
  return element("article", { class: "card flow" },
    element("h3", {}, job.job, element("span", { class: "quiet" }, `${plural(job.lines, "line", "lines")} → ${plural(job.entries, "entry", "entries")}`)),
    element("ol", {}, row("read", job.lines, ""), stages));
}

const ACCOUNT = ["taken", "sent", "refused", "dropped", "unmatched", "spooled", "pending"];

views.ledger = {
  async poll() {
    const ledger = await ask("ledger");
    $("ledger-jobs").replaceChildren(...(ledger.jobs.length ? ledger.jobs.map(flowElement) : [empty("No line has been read yet.")]));
    $("ledger-clients").replaceChildren(
      element("thead", {}, element("tr", {}, element("th", { scope: "col" }, "Client"),
        ACCOUNT.map((name) => element("th", { scope: "col", class: "number" }, name)))),
      element("tbody", {}, ledger.clients.map((client) => element("tr", {}, element("td", {}, client.client),
        ACCOUNT.map((name) => number(count(client.entries[name])))))));
  },
};

views.configuration = {
  async open() {
    $("yaml").textContent = (await ask("config")).yaml;
  },
};
