// Sales propose a make-good for a line that delivered too little, finance approve it, and the advertiser
// finds it with its order.

import assert from "node:assert/strict";

const LINE = "summer-lb-01";

export default async function ({ open }) {
  const sales = await open("sales");
  await sales.goto("/finance/make-goods");
  await sales.getByRole("button", { name: "Look for shortfalls" }).click();
  const proposal = sales.getByRole("dialog");
  await proposal.getByLabel("Campaign").click();
  await sales.getByRole("option", { name: /Summer at London Bridge/ }).click();
  await proposal.getByRole("button", { name: "Save" }).click();
  await sales.getByText("One make-good is proposed.").waitFor();
  const row = sales.getByRole("row", { name: new RegExp(LINE) });
  await row.getByText("Proposed", { exact: true }).waitFor();
  assert.equal(await row.getByRole("button", { name: "Approve" }).count(), 0);

  const finance = await open("finance");
  await finance.goto("/finance/make-goods?status=proposed");
  await finance.getByRole("row", { name: new RegExp(LINE) }).getByRole("button", { name: "Approve" }).click();
  const decision = finance.getByRole("alertdialog");
  await decision.getByLabel("Reason").fill("measured by the camera of the screen");
  await decision.getByRole("button", { name: "Approve" }).click();
  await decision.waitFor({ state: "detached" });

  const advertiser = await open("advertiser");
  await advertiser.goto("/orders");
  await advertiser.getByRole("link", { name: "Summer at London Bridge" }).click();
  const seen = advertiser.getByRole("row", { name: new RegExp(`${LINE}.*approved`) });
  await seen.waitFor();
  assert.match(await seen.innerText(), /of 20,000 ots[\s\S]*£/);
}
