// Signs in with a password. The session is a cookie that no script can read.

import { forgetKey, post } from "/static/session.js";

const $ = (id) => document.getElementById(id);

const showWays = async () => {
  const ways = await (await fetch("/api/sign-in")).json();
  $("with-mail").hidden = !ways.reset_by_mail;
  $("with-openid").hidden = !ways.openid;
};

showWays();

$("form").addEventListener("submit", async (event) => {
  event.preventDefault();
  $("answer").textContent = "";
  try {
    await post("/api/sign-in", { email: $("email").value, password: $("password").value });
    forgetKey();
    location.assign("/");
  } catch (refused) {
    $("answer").textContent = refused.message;
  }
});
