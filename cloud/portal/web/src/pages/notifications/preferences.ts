// The preferences as a form edits them: every value is a text or a choice.

import type { Schema } from "../../api/client";

export type Stored = Schema<"NotificationPreferencesResponse">;
export type Sent = Schema<"NotificationPreferences">;
export type Topic = Schema<"NoticeTopic">;
export type Channel = Schema<"NoticeChannel">;
export type Mode = Schema<"NoticeMode">;

export interface PreferencesForm {
  zone: string;
  hasQuiet: boolean;
  from: string;
  until: string;
  digestAt: string;
  phone: string;
  webhook: string;
  choices: Readonly<Record<string, Readonly<Record<string, Mode>>>>;
}

export const CHANNELS: readonly Channel[] = ["email", "sms", "webhook"];

/** The digest is an e-mail. */
export const modesOf = (channel: Channel): readonly Mode[] => (channel === "email" ? ["immediate", "digest", "off"] : ["immediate", "off"]);

export function toForm(stored: Stored): PreferencesForm {
  return {
    zone: stored.time_zone,
    hasQuiet: stored.quiet !== null && stored.quiet !== undefined,
    from: stored.quiet?.from ?? "22:00",
    until: stored.quiet?.until ?? "07:00",
    digestAt: stored.digest_at,
    phone: stored.phone ?? "",
    webhook: stored.webhook ?? "",
    choices: stored.choices as PreferencesForm["choices"],
  };
}

export function toBody(form: PreferencesForm): Sent {
  return {
    time_zone: form.zone,
    quiet: form.hasQuiet ? { from: form.from, until: form.until } : null,
    digest_at: form.digestAt,
    phone: form.phone.trim() || null,
    webhook: form.webhook.trim() || null,
    choices: form.choices as Sent["choices"],
  };
}

export function setMode(form: PreferencesForm, topic: string, channel: Channel, mode: Mode): PreferencesForm {
  return { ...form, choices: { ...form.choices, [topic]: { ...form.choices[topic], [channel]: mode } } };
}

/** Channels that are chosen and cannot be used: without a number, or an address. */
export function findMissing(form: PreferencesForm): readonly Channel[] {
  const isChosen = (channel: Channel) => Object.values(form.choices).some((one) => (one[channel] ?? "off") !== "off");
  const given: Partial<Record<Channel, string>> = { sms: form.phone.trim(), webhook: form.webhook.trim() };
  return CHANNELS.filter((channel) => given[channel] === "" && isChosen(channel));
}
