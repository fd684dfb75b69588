// One request to the API, with the headers of a change and a second attempt after a new sign-in.

import { NO_ANSWER, ApiProblem, readProblem } from "./problem";
import { session, type SessionStore } from "./session";
import { newKey } from "./key";
import { common } from "../text/en";

const CSRF_HEADER = "X-CSRF-Token";
const KEY_HEADER = "Idempotency-Key";
const READS = new Set(["GET", "HEAD"]);
const SIGN_IN = "/api/sign-in";

type Send = (request: Request) => Promise<Response>;

/** Throws ApiProblem for every answer that is not a success. */
export async function sendRequest(
  request: Request,
  send: Send = (one) => fetch(one),
  store: SessionStore = session,
): Promise<Response> {
  if (!READS.has(request.method) && !request.headers.has(KEY_HEADER)) request.headers.set(KEY_HEADER, newKey());
  const again = request.clone();
  let response = await attempt(request, send, store);
  if (response.status === 401 && !isSignIn(request) && (await store.renew())) {
    response = await attempt(again, send, store);
  }
  if (!response.ok) throw await readProblem(response);
  return response;
}

async function attempt(request: Request, send: Send, store: SessionStore): Promise<Response> {
  if (!READS.has(request.method) && store.csrfToken !== null) request.headers.set(CSRF_HEADER, store.csrfToken);
  try {
    return await send(request);
  } catch (error) {
    if (request.signal.aborted) throw error;
    throw new ApiProblem({ status: NO_ANSWER, title: common.noAnswer, detail: common.noAnswerDetail });
  }
}

function isSignIn(request: Request): boolean {
  return new URL(request.url).pathname === SIGN_IN;
}
