import { describe, expect, test } from "vitest";
import { sendRequest } from "./fetch";
import { ApiProblem, NO_ANSWER } from "./problem";
import { SessionStore, type Me } from "./session";

const ME: Me = { name: "Ann", user: "u", account: "acme", clients: [], roles: ["sales"], sees_all: false, manages_users: false, csrf_token: "token-1" };
const post = (path = "/api/holds") => new Request(new URL(path, "http://localhost"), { method: "POST", body: "{}" });
const problem = (status: number, detail: string) => Response.json({ title: "Refused", detail, status }, { status });

function answering(...answers: readonly Response[]) {
  const sent: Request[] = [];
  const waiting = [...answers];
  const send = (request: Request) => { sent.push(request); return Promise.resolve(waiting.shift() ?? problem(500, "no more")); };
  return { send, sent };
}

function signedIn(): SessionStore {
  const store = new SessionStore();
  store.begin(ME);
  return store;
}

describe("a change", () => {
  test("has the token of the session and an idempotency key", async () => {
    const { send, sent } = answering(new Response("{}"));
    await sendRequest(post(), send, signedIn());
    expect(sent[0]?.headers.get("x-csrf-token")).toBe("token-1");
    expect(sent[0]?.headers.get("idempotency-key")).toMatch(/^[0-9a-f]{32}$/);
  });

  test("is sent again with the new token and the same key after a new sign-in", async () => {
    const store = signedIn();
    const { send, sent } = answering(problem(401, "ended"), new Response("{}"));
    const answer = sendRequest(post(), send, store);
    await expect.poll(() => store.isExpired()).toBe(true);
    store.begin({ ...ME, csrf_token: "token-2" });
    expect((await answer).ok).toBe(true);
    expect(sent[1]?.headers.get("x-csrf-token")).toBe("token-2");
    expect(sent[1]?.headers.get("idempotency-key")).toBe(sent[0]?.headers.get("idempotency-key"));
    expect(await sent[1]?.text()).toBe("{}");
  });

  test("fails when the user does not sign in again", async () => {
    const store = signedIn();
    const answer = sendRequest(post(), answering(problem(401, "ended")).send, store);
    await expect.poll(() => store.isExpired()).toBe(true);
    store.abandon();
    await expect(answer).rejects.toMatchObject({ status: 401 });
  });
});

describe("a refusal", () => {
  test("of a sign-in opens no dialog", async () => {
    const store = signedIn();
    await expect(sendRequest(post("/api/sign-in"), answering(problem(401, "wrong")).send, store)).rejects.toThrow("wrong");
    expect(store.isExpired()).toBe(false);
  });

  test("has the words and the members of the problem", async () => {
    const body = { title: "Not available", detail: "3 slots are taken", blockers: ["KX-01"] };
    const found: unknown = await sendRequest(post(), answering(Response.json(body, { status: 409 })).send, signedIn()).catch((error: unknown) => error);
    expect(found).toBeInstanceOf(ApiProblem);
    expect(found).toMatchObject({ status: 409, message: "3 slots are taken", members: { blockers: ["KX-01"] } });
  });

  test("without an answer is temporary", async () => {
    const broken = () => Promise.reject(new TypeError("Failed to fetch"));
    await expect(sendRequest(post(), broken, signedIn())).rejects.toMatchObject({ status: NO_ANSWER, isTemporary: true });
  });
});
