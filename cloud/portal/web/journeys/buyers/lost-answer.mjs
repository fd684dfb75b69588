// The answer of the payment provider is lost after the payment was made: the page says that it is being
// checked, the provider's webhook settles it, and the order is booked. One payment is made.

import assert from "node:assert/strict";
import { fillBasket, holdBasket, orderBasket } from "../lib/basket.mjs";

export default async function ({ open, parameters }) {
  const act = async (name) => (await fetch(`${parameters.controls}/${name}`, { method: "POST" })).json();
  const before = await act("charges");
  const page = await open("agency", { expects: /\/api\/payments\/[0-9a-f]+\/confirm$/ });
  await page.goto("/basket");
  await page.getByRole("main").getByRole("button", { name: "Acme" }).click();
  await fillBasket(page, { location: "LS-01", days: 5, hours: [9], client: "acme" });
  await holdBasket(page);
  await orderBasket(page, "Rose tea");
  const order = new URL(page.url()).pathname.split("/").at(-1);

  await act("lose-answer");
  await page.getByLabel("Payment method").click();
  await page.getByRole("option", { name: "Card that is accepted" }).click();
  await page.getByRole("button", { name: /^Pay / }).click();
  await page.getByRole("heading", { name: "The payment is being checked" }).waitFor();
  await page.getByRole("heading", { name: "The order is booked" }).waitFor();

  const options = await (await page.request.get(`/api/orders/${order}/payment-options`)).json();
  assert.deepEqual(options.payments.map((one) => one.status), ["succeeded"]);
  assert.equal(options.due_minor, 0);
  assert.equal((await act("charges")).length, before.length + 1);
}
