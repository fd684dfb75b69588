// An administrator creates an account, sees an invalid field beside it, and changes the roles of a user.

export default async function ({ open }) {
  const page = await open("admin");
  await page.goto("/admin/accounts");
  await page.getByRole("button", { name: "New account" }).click();
  const form = page.getByRole("dialog");
  await form.getByLabel("Id").fill("Copper Ltd");
  await form.getByLabel("Name").fill("Copper Ltd");
  await form.getByRole("button", { name: "Save" }).click();
  await form.getByText("String should match pattern").waitFor();
  await form.getByLabel("Id").fill("copper");
  await form.getByRole("button", { name: "Save" }).click();
  await page.getByRole("row", { name: /Copper Ltd.*copper.*Advertiser.*Open/ }).waitFor();

  await page.goto("/admin/users?account=owner");
  await page.getByRole("row", { name: /^Operations/ }).getByRole("button", { name: "Change roles" }).click();
  const roles = page.getByRole("dialog");
  await roles.getByText("Finance", { exact: true }).click();
  await roles.getByRole("button", { name: "Save" }).click();
  await page.getByRole("row", { name: /Operations.*Finance, Operations/ }).waitFor();
}
