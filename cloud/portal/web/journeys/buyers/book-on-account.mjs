// An advertiser holds hours, books them on account, follows the running campaign and finds the invoice.

import assert from "node:assert/strict";
import { fillBasket, holdBasket, orderBasket } from "../lib/basket.mjs";

export default async function ({ open, parameters }) {
  const page = await open("advertiser");
  await page.goto("/orders");
  await fillBasket(page, { location: "LS-01", days: 3, hours: [10, 11] });
  for (const hour of ["10:00", "11:00"]) await page.getByRole("row", { name: new RegExp(`Liverpool Street.*${hour}`) }).waitFor();
  await holdBasket(page);
  await orderBasket(page, "Mint tea");

  await page.getByRole("button", { name: "Book on account" }).click();
  await page.getByRole("heading", { name: "The order is booked" }).waitFor();
  await page.getByRole("link", { name: "Open the order" }).last().click();
  await page.waitForURL("**/orders/*");
  await page.getByRole("heading", { name: "Mint tea" }).waitFor();

  await page.getByRole("button", { name: "Cancel lines" }).click();
  const dialog = page.getByRole("alertdialog");
  await dialog.getByText("after the cancellation").waitFor();
  await dialog.getByRole("button", { name: "Keep the lines" }).click();

  await page.goto(`/campaigns/${parameters.campaign}`);
  await page.getByText("Live: updated every 5 seconds").waitFor();
  await page.getByText("Not reported by any camera").or(page.getByText("View obstructed")).first().waitFor();
  await page.getByRole("tab", { name: "Receipts" }).click();
  await page.getByText("Verified: nothing is wrong").waitFor();
  await page.getByRole("region", { name: "Sums of verified receipts" }).or(page.getByText("Sums of verified receipts")).first().waitFor();

  await page.goto(`/invoices/${parameters.invoice}`);
  await page.getByRole("link", { name: "PDF" }).waitFor();
  const pdf = await page.request.get(`/api/invoices/${parameters.invoice}.pdf`);
  assert.equal(pdf.headers()["content-type"], "application/pdf");
}
