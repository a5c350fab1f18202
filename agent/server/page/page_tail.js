// ---- Live tail --------------------------------------------------------------------------------------------------

const MOST_LINES = 500;
let tailEvents = null;

function lineElement(entry) {
  const metadata = entry.structured_metadata ? " " + labelsText(entry.structured_metadata) : "";
  return element("li", {},
    element("time", { datetime: entry.timestamp, title: entry.timestamp }, entry.timestamp.slice(11, 23).replace("Z", "")),
    element("span", { class: "text" }, entry.line),
    element("span", { class: "labels" }, labelsText(entry.labels) + metadata));
}

function addLine(line) {
  const list = $("tail-lines");
  const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 40;
  list.append(line);
  while (list.childElementCount > MOST_LINES) list.firstElementChild.remove();
  if (atEnd) list.scrollTop = list.scrollHeight;
}

function stopTail(note) {
  tailEvents?.close();
  tailEvents = null;
  $("tail-button").textContent = "Follow";
  if (note) $("tail-note").textContent = note;
}

// Why it cannot be followed: an event source does not say, an ordinary request does.
async function tellWhy(address) {
  const abort = new AbortController();
  try {
    const response = await fetch(address, { signal: abort.signal });
    if (response.ok) return "The agent has ended the tail.";
    const text = await response.text();
    try {
      return JSON.parse(text).error;
    } catch {
      return adminNote() || text.trim();
    }
  } catch {
    return "The agent does not answer.";
  } finally {
    abort.abort();
  }
}

function follow() {
  const query = new URLSearchParams({ point: $("tail-point").value, job: $("tail-job").value, selector: $("tail-selector").value });
  const address = "api/v1/tail?" + query;
  const events = new EventSource(address);
  tailEvents = events;
  $("tail-lines").replaceChildren();
  $("tail-button").textContent = "Stop";
  events.onopen = () => ($("tail-note").textContent = "Following.");
  events.onmessage = (event) => addLine(lineElement(JSON.parse(event.data)));
  events.addEventListener("skipped", (event) => {
    addLine(element("li", { class: "skipped" }, `… ${plural(Number(event.data), "entry", "entries")} more than the rate allows`));
  });
  events.onerror = async () => {
    if (tailEvents !== events) return;
    stopTail();
    $("tail-note").textContent = await tellWhy(address);
  };
}

views.tail = {
  open: () => fillJobs($("tail-job"), [element("option", { value: "" }, "all")]),
  poll() {
    if (adminNote()) $("tail-note").textContent = adminNote();
  },
  close: () => stopTail(),
};

$("tail-form").addEventListener("submit", (event) => {
  event.preventDefault();
  if (tailEvents) stopTail("Stopped.");
  else follow();
});
