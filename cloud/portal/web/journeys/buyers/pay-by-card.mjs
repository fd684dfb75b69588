// A card is declined, another one is confirmed at the bank: the order is paid once, also over reloads.

import assert from "node:assert/strict";
import { fillBasket, holdBasket, orderBasket } from "../lib/basket.mjs";

const DECLINED = "Card that is declined";
const CONFIRMED = "Card that asks for a confirmation (3-D Secure)";

export default async function ({ open }) {
  const page = await open("agency");
  await page.goto("/basket");
  await page.getByRole("main").getByRole("button", { name: "Acme" }).click();
  await fillBasket(page, { location: "LS-01", days: 4, hours: [10], client: "acme" });
  await holdBasket(page);
  await orderBasket(page, "Ginger tea");
  const order = new URL(page.url()).pathname.split("/").at(-1);

  await pay(page, DECLINED);
  await page.getByText("The payment was declined").waitFor();
  await page.reload();
  await page.getByText("The payment was declined").waitFor();
  await pay(page, CONFIRMED);
  const bank = await page.getByRole("link", { name: "Open the page of the bank" }).getAttribute("href");
  await page.reload();
  await page.getByRole("link", { name: "Open the page of the bank" }).waitFor();
  await page.request.get(`${bank}?outcome=accept`);
  await page.getByRole("heading", { name: "The order is booked" }).waitFor();

  const options = await (await page.request.get(`/api/orders/${order}/payment-options`)).json();
  assert.deepEqual(options.payments.map((one) => one.status), ["succeeded"]);
  assert.equal(options.due_minor, 0);
}

async function pay(page, method) {
  await page.getByLabel("Payment method").click();
  await page.getByRole("option", { name: method }).click();
  await page.getByRole("button", { name: /^Pay / }).click();
}
