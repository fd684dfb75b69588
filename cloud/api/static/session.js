// Asking the API with the key of this tab or the session cookie of a signed-in user, and the sign-in
// that is shown while there is neither. The key is kept in the tab's session storage and sent in a
// header; it is never part of an address. A change with a cookie has the token of its session.

const KEY = "key";

export const ask = async (path, body) => {
  const key = sessionStorage.getItem(KEY);
  const headers = {
    ...(key ? { "x-api-key": key } : {}),
    ...(body ? { "content-type": "application/json" } : {}),
    ...(body && !key ? await csrfHeader() : {}),
  };
  const answer = await fetch(path, { headers, ...(body ? { method: "POST", body: JSON.stringify(body) } : {}) });
  const found = await answer.json();
  if (answer.status === 401) showSignIn(key !== null);
  if (!answer.ok) throw Object.assign(new Error(found.detail ?? answer.statusText), { status: answer.status });
  return found;
};

// The token for changes of a signed-in user; nothing where access is open or no user is signed in.
const csrfHeader = async () => {
  const answer = await fetch("/api/me");
  const token = answer.ok ? (await answer.json()).csrf_token : null;
  return token ? { "x-csrf-token": token } : {};
};

// A request of a person who has not signed in yet; throws its refusal in words.
export const post = async (path, body) => {
  const answer = await fetch(path, {
    method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error((await answer.json()).detail ?? answer.statusText);
};

export const forgetKey = () => sessionStorage.removeItem(KEY);

// A refusal in words; while the sign-in is shown there is nothing else to say.
export const refusalOf = (refused) => (refused.status === 401 ? "" : refused.message);

const showSignIn = (wasRefused) => {
  document.getElementById("unlock").hidden = false;
  document.querySelector("main").classList.add("locked");
  document.getElementById("unlock-refusal").textContent = wasRefused
    ? "This key does not open the page: check it, or ask for another where you got it." : "";
};

export const prepareSignIn = () => document.getElementById("unlock").addEventListener("submit", (event) => {
  event.preventDefault();
  sessionStorage.setItem(KEY, document.getElementById("key").value.trim());
  location.reload();
});

// How long ago, in words: "12 s ago", "4 min ago", "3 h ago", "2 days ago".
export const ago = (seconds) => {
  if (seconds < 90) return `${Math.max(0, Math.round(seconds))} s ago`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min ago`;
  if (seconds < 129600) return `${Math.round(seconds / 3600)} h ago`;
  return `${Math.round(seconds / 86400)} days ago`;
};

// What a price is based on, in one paragraph.
export const basisOf = (answer) => {
  const { reason, data_age_s: age, cameras_expected: expected, cameras_reporting: reporting, observed_share: share } = answer.basis;
  const data = age === null ? "no data measured here" : `newest data ${ago(age)} when the forecast was made`;
  const cameras = expected ? `${reporting} of ${expected} cameras report, ${Math.round(100 * share)} % of the last week observed` : "no camera is expected here";
  return `Based on ${reason}; ${data}; ${cameras}. Rate card ${answer.versions.rate_card}, forecast ${answer.versions.forecast}.`;
};
