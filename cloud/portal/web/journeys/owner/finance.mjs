// Finance approves a credit note that sales asked for, refuses a make-good with a reason, and reads
// the uplift with its interval.

export default async function ({ open }) {
  const page = await open("finance");
  await page.goto("/sales/approvals?kind=credit_note&mine=yes");
  await page.getByRole("row", { name: /two hours without a picture/ }).getByRole("button", { name: "Decide" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Approve" }).click();
  await page.getByText("The decision is recorded").waitFor();
  await page.goto("/finance/invoices?kind=credit_note&status=final&account=acme");
  await page.getByRole("row", { name: /Credit note.*Final.*acme/ }).first().waitFor();

  await page.goto("/finance/make-goods?status=proposed");
  await page.getByRole("img", { name: "6,150 of 7,500 opportunities to see, P10 5,900 to P90 6,500" }).waitFor();
  await page.getByRole("row", { name: /autumn-kx-01/ }).getByRole("button", { name: "Reject" }).click();
  const decision = page.getByRole("alertdialog");
  await decision.getByLabel("Reason").fill("delivered by another line");
  await decision.getByRole("button", { name: "Reject" }).click();
  await decision.waitFor({ state: "detached" });

  await page.goto("/finance/revenue");
  await page.getByText("It is an association, not an experiment").waitFor();
  await page.getByRole("img", { name: /^\+\d+(\.\d)?%: \+.* to \+.* \(95%\)$/ }).waitFor();
  await page.getByRole("row", { name: /Unobserved hours/ }).waitFor();
}
