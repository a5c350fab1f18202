// ---- Inspector: lines through stages, step by step --------------------------------------------------------------

const CHANGE_NAMES = { label: "label", extracted: "extracted", structured_metadata: "metadata", line: "line", timestamp: "timestamp" };

const valueText = (value) => (typeof value === "string" ? value : JSON.stringify(value));

function changeElement(change) {
  const parts = [element("span", { class: "what" }, CHANGE_NAMES[change.of] + " ")];
  if (change.name) parts.push(element("code", {}, change.name), " ");
  if ("before" in change) parts.push(element("del", {}, valueText(change.before)), " ");
  if ("after" in change) parts.push(element("ins", {}, valueText(change.after)));
  return element("div", { class: "change mono" }, parts);
}

function stepElement(step) {
  const what = [];
  if (step.outcome === "dropped") {
    what.push(pill("dropped", "bad"), step.drop_reason ? element("span", { class: "quiet" }, " counted as " + step.drop_reason) : "");
  }
  if (step.outcome === "held") what.push(pill("held back", "warn"));
  if (step.outcome === "released") what.push(pill("let go", "good"));
  what.push(...step.changes.map(changeElement));
  if (what.length === 0) what.push(element("span", { class: "quiet" }, "no change"));
  const place = step.place.line ? `YAML line ${step.place.line}` : "";
  return element("li", { class: "depth-" + Math.min(step.depth, 2) },
    element("div", {}, element("b", {}, step.stage), element("div", { class: "quiet" }, place)), element("div", {}, what));
}

function passageElement(passage) {
  const outcomes = { out: ["comes out", "good"], dropped: ["dropped", "bad"], held: ["held back", "warn"] };
  const [text, kind] = outcomes[passage.outcome];
  const steps = passage.steps.map(stepElement);
  if (passage.result) {
    steps.push(element("li", {}, element("b", {}, "Result"), element("div", { class: "mono" },
      element("div", { class: "change" }, passage.result.line),
      element("div", { class: "labels" }, labelsText(passage.result.labels)),
      element("div", { class: "labels" }, passage.result.timestamp))));
  }
  return element("article", { class: "card passage" },
    element("h2", {}, `Line ${passage.lines.join(", ")} `, pill(text, kind), element("code", {}, passage.start.line.slice(0, 400))),
    element("ol", { class: "steps" }, steps));
}

async function runInspector() {
  const lines = $("inspect-lines").value.split("\n").filter((line) => line !== "");
  $("inspect-error").textContent = "";
  if (lines.length === 0) {
    $("inspect-note").textContent = "A line is needed.";
    return;
  }
  const request = { lines, job: $("inspect-job").value, stages: $("inspect-stages").value };
  try {
    const answer = await ask("inspect", { method: "POST", body: JSON.stringify(request) });
    $("passages").replaceChildren(...answer.passages.map(passageElement));
    $("inspect-note").textContent = [plural(answer.passages.length, "entry", "entries"), ...answer.warnings].join(" · ");
  } catch (error) {
    const place = error.line ? `line ${error.line}, column ${error.column}: ` : "";
    $("inspect-error").textContent = place + error.message;
    $("inspect-note").textContent = "";
  }
}

function resetStages() {
  const job = agent.jobs.find((one) => one.name === $("inspect-job").value);
  $("inspect-stages").value = job ? job.stages : "";
  $("inspect-error").textContent = "";
}

// Waits for one line of the job as it comes, before its pipeline.
function pickLine() {
  const query = new URLSearchParams({ point: "before", rate: "1", job: $("inspect-job").value });
  const events = new EventSource("api/v1/tail?" + query);
  $("inspect-note").textContent = "Waiting for a line…";
  $("inspect-pick").disabled = true;
  const end = (note) => {
    events.close();
    $("inspect-pick").disabled = false;
    $("inspect-note").textContent = note;
  };
  events.onmessage = (event) => {
    $("inspect-lines").value = JSON.parse(event.data).line;
    end("Secrets that are known by name are hidden in a live line.");
    runInspector();
  };
  events.onerror = () => end(adminNote() || "No line can be had.");
  setTimeout(() => events.readyState !== EventSource.CLOSED && end("No line came within 30 s."), 30000);
}

views.inspector = {
  async open() {
    await fillJobs($("inspect-job"), []);
    if ($("inspect-stages").value === "") resetStages();
  },
  poll() {
    if (adminNote()) $("inspect-note").textContent = adminNote();
  },
};

$("inspect-form").addEventListener("submit", (event) => {
  event.preventDefault();
  runInspector();
});
$("inspect-job").addEventListener("change", resetStages);
$("inspect-reset").addEventListener("click", resetStages);
$("inspect-pick").addEventListener("click", pickLine);
