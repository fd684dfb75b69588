// Whether the API can answer, and how old its newest report is; asked every ten seconds.

const EVERY_MS = 10_000;
const STALE_S = 120;

// How long ago, in words: "12 s ago", "4 min ago", "3 h ago", "2 days ago".
const ago = (seconds) => {
  if (seconds < 90) return `${Math.max(0, Math.round(seconds))} s ago`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min ago`;
  if (seconds < 129600) return `${Math.round(seconds / 3600)} h ago`;
  return `${Math.round(seconds / 86400)} days ago`;
};

const row = (name, value) => {
  const [term, description] = [document.createElement("dt"), document.createElement("dd")];
  term.textContent = name;
  description.textContent = value;
  return [term, description];
};

const show = (state, rows) => {
  document.getElementById("state").textContent = state;
  document.getElementById("figures").replaceChildren(...rows.flatMap(([name, value]) => row(name, value)));
};

const refresh = async () => {
  try {
    const answer = await fetch("/readyz");
    const body = await answer.json();
    if (!answer.ok) {
      show("The database cannot be reached", [["API", "answers"], ["database", body.detail ?? answer.statusText]]);
      return;
    }
    const age = body.latest_report_age_s;
    const state = age === null ? "Ready; no report has come yet" : age < STALE_S ? "Ready" : "Ready; no new reports";
    show(state, [
      ["API", "answers"], ["database", "answers"], ["places", String(body.locations)],
      ["newest report", age === null ? "none" : ago(age)],
    ]);
  } catch {
    show("The API cannot be reached", [["API", "does not answer"]]);
  }
};

refresh();
setInterval(refresh, EVERY_MS);
