import { expect, it } from "vitest";
import { findMissing, modesOf, setMode, toBody, toForm, type Stored } from "./preferences";

const STORED = {
  user: "u", time_zone: "Europe/London", quiet: { from: "22:00", until: "07:00" }, digest_at: "08:00", phone: null, webhook: null,
  webhook_disabled_at: null, webhook_secret: null,
  choices: { hold_expiring: { email: "immediate", sms: "off", webhook: "off" }, price_drop: { email: "off", sms: "off", webhook: "off" } },
} as unknown as Stored;

it("what is not changed is sent as it was read", () => {
  expect(toBody(toForm(STORED))).toEqual({
    time_zone: "Europe/London", quiet: { from: "22:00", until: "07:00" }, digest_at: "08:00", phone: null, webhook: null, choices: STORED.choices,
  });
});

it("without quiet hours null is sent", () => expect(toBody({ ...toForm(STORED), hasQuiet: false }).quiet).toBeNull());

it("a text message needs a number", () => {
  const form = setMode(toForm(STORED), "price_drop", "sms", "immediate");
  expect(findMissing(form)).toEqual(["sms"]);
  expect(findMissing({ ...form, phone: "+447700900123" })).toEqual([]);
});

it("only e-mail has a digest", () => expect(modesOf("sms")).not.toContain("digest"));
