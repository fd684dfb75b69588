// The session of this browser: the caller, the token for changes, and the wait for a new sign-in.
//
// A request that is answered with 401 does not fail at once: a dialog asks for the password, and the
// request is sent again afterwards. So an expired session loses nothing that was typed.

import type { components } from "./schema";

export type Me = components["schemas"]["MeResponse"];
export type Role = components["schemas"]["Role"];

type Listener = () => void;
type Waiting = (signedIn: boolean) => void;

export class SessionStore {
  #me: Me | undefined;
  #waiting: Waiting[] = [];
  #listeners = new Set<Listener>();

  readonly subscribe = (listener: Listener): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly getMe = (): Me | undefined => this.#me;
  readonly isExpired = (): boolean => this.#waiting.length > 0;

  get csrfToken(): string | null {
    return this.#me?.csrf_token ?? null;
  }

  /** A caller was identified: requests that wait are sent again. */
  begin(me: Me): void {
    this.#me = me;
    this.#settle(true);
  }

  /** The user has signed out. */
  end(): void {
    this.#me = undefined;
    this.#settle(false);
  }

  /** The user does not want to sign in again: requests that wait fail. */
  abandon(): void {
    this.#settle(false);
  }

  /** Whether there is a new session; asks for one. Without an earlier session there is nothing to renew. */
  renew(): Promise<boolean> {
    if (this.#me === undefined) return Promise.resolve(false);
    const renewed = new Promise<boolean>((resolve) => this.#waiting.push(resolve));
    this.#announce();
    return renewed;
  }

  #settle(signedIn: boolean): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve(signedIn);
    this.#announce();
  }

  #announce(): void {
    for (const listener of this.#listeners) listener();
  }
}

export const session = new SessionStore();
