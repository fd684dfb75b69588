// Asks for a link by e-mail, or sets a password with the token of one. The token is behind # in the
// address, which a browser sends to no server; it leaves the address and the history at once.

import { post } from "/static/session.js";

const $ = (id) => document.getElementById(id);
const token = location.hash.slice(1);
history.replaceState(null, "", location.pathname);
addEventListener("hashchange", () => location.reload()); // a link that is opened in this tab

const answer = async (form, send, done) => {
  $("answer").textContent = "";
  try {
    await send();
    form.hidden = true;
    $("answer").textContent = done;
  } catch (refused) {
    $("answer").textContent = refused.message;
  }
};

$(token ? "choose" : "ask").hidden = false;

$("ask").addEventListener("submit", (event) => {
  event.preventDefault();
  answer($("ask"), () => post("/api/password/reset", { email: $("email").value }),
    "If a user has this address, a link is on its way. It works for 30 minutes.");
});

$("choose").addEventListener("submit", (event) => {
  event.preventDefault();
  answer($("choose"), () => post("/api/password/token", { token, password: $("password").value }),
    "The password is set: sign in with it.");
});
