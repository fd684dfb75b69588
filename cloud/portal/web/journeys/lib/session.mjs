// One Chromium, and pages in which a user of a role has signed in.

import { chromium } from "playwright-core";
import { trackRequests } from "./settle.mjs";

const WIDE = { width: 1280, height: 900 };
const SIGNED_OUT = /\/api\/me$/;

/** What a run knows: `address`, `chromium`, `users` by role, `parameters` of routes. */
export class Session {
  #browser;
  #cookies = new Map();
  #pages = new Map();

  constructor(config) {
    this.config = config;
    this.address = config.address;
    this.parameters = config.parameters;
  }

  async start() {
    const args = ["--disable-dev-shm-usage", "--disable-gpu", "--force-prefers-reduced-motion"];
    this.#browser = await chromium.launch({ executablePath: this.config.chromium, args: ["--no-sandbox", ...args] });
  }

  async stop() {
    await this.#browser.close();
  }

  /** The page of a role in which one page after the other is visited. */
  async pageOf(role) {
    if (!this.#pages.has(role)) this.#pages.set(role, await this.newPage(role));
    return this.#pages.get(role);
  }

  /**
   * A page of a role; null: no user has signed in. `faults` of the page lists what a user must never meet.
   * `expects` matches addresses whose answers of 500 and more belong to the journey.
   */
  async newPage(role, { viewport = WIDE, colorScheme = "light", expects } = {}) {
    const context = await this.#browser.newContext({ viewport, colorScheme, baseURL: this.address, locale: "en-GB", timezoneId: "Europe/London", reducedMotion: "reduce" });
    if (role !== null) await context.addCookies(await this.#signIn(role));
    const page = await context.newPage();
    page.setDefaultTimeout(60_000);
    const faults = watch(page, this.address, expects);
    trackRequests(page);
    return { page, faults, close: () => context.close() };
  }

  async #signIn(role) {
    if (!this.#cookies.has(role)) {
      const body = JSON.stringify(this.config.users[role]);
      const answer = await fetch(`${this.address}/api/sign-in`, { method: "POST", headers: { "content-type": "application/json" }, body });
      if (!answer.ok) throw new Error(`the ${role} cannot sign in: ${answer.status} ${await answer.text()}`);
      this.#cookies.set(role, answer.headers.getSetCookie().map((one) => readCookie(one, this.address)));
    }
    return this.#cookies.get(role);
  }
}

function readCookie(header, url) {
  const [name, value] = header.split(";")[0].split("=");
  return { name, value, url };
}

/** Errors of scripts and policies, answers of 500 and more, requests to another server. */
function watch(page, address, expects) {
  const faults = [];
  page.on("pageerror", (error) => faults.push(`exception: ${error.message}`));
  page.on("console", (message) => {
    if (message.type() === "error" && !message.text().startsWith("Failed to load resource")) faults.push(`console: ${message.text()}`);
  });
  page.on("request", (request) => {
    if (!/^(data|blob):/.test(request.url()) && new URL(request.url()).origin !== address) faults.push(`another server: ${request.url()}`);
  });
  page.on("response", (response) => {
    if (response.status() >= 500 && !expects?.test(response.url())) faults.push(`answer ${response.status()}: ${response.url()}`);
    if (response.status() >= 400 && response.status() < 500 && !SIGNED_OUT.test(response.url())) faults.refused?.push(`answer ${response.status()}: ${response.url()}`);
  });
  faults.refused = [];
  return faults;
}
