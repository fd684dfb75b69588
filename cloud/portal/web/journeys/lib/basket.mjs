// Hours in the basket of a signed-in user, as the explorer adds them.

const DAY_MS = 86_400_000;

/** Some hours of a screen, days from now, as the storage of the browser has them; of a client of an agency. */
export async function fillBasket(page, { location, days, hours, client }) {
  const midnight = new Date(Date.now() + days * DAY_MS).setUTCHours(0, 0, 0, 0);
  const slots = hours.map((hour) => ({ location, startsAt: new Date(midnight + hour * 3_600_000).toISOString(), positions: 1 }));
  await page.evaluate(async ([found, account]) => {
    const me = await (await fetch("/api/me")).json();
    localStorage.setItem(`onlooker.baskets.${me.user}${account ? `:${account}` : ""}`, JSON.stringify([{ id: `basket-${found[0].startsAt}`, slots: found }]));
  }, [slots, client]);
  await page.goto("/basket");
}

/** Waits for the prices of the basket and holds its hours. */
export async function holdBasket(page) {
  await page.getByText("Total without VAT").waitFor();
  await page.getByRole("button", { name: "Hold these hours" }).click();
  await page.getByRole("button", { name: "Continue to the order" }).waitFor();
}

/** Makes an order of the held hours; ends on its checkout. */
export async function orderBasket(page, name) {
  await page.getByRole("button", { name: "Continue to the order" }).click();
  await page.getByLabel("Name of the campaign").fill(name);
  await page.getByRole("button", { name: "Create the order" }).click();
  await page.waitForURL("**/checkout/*");
}
