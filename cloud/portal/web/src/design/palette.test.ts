// The colours of charts with normal vision, protanopia, deuteranopia and tritanopia, on both papers.

import { describe, expect, test } from "vitest";
import { readFileSync } from "node:fs";

type Rgb = readonly [number, number, number];
type Matrix = readonly [Rgb, Rgb, Rgb];

/** Machado, Oliveira and Fernandes (2009), severity 1, for linear RGB. */
const VISIONS: Readonly<Record<string, Matrix>> = {
  normal: [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
  protanopia: [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
  deuteranopia: [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
  tritanopia: [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]],
};
const TOKENS = readFileSync("src/design/tokens.css", "utf8");
const SCHEMES = ["light", "dark"] as const;
const HEAT = [0, 1, 2, 3, 4, 5].map((step) => `heat-${step}`);
const SERIES = [1, 2, 3, 4, 5].map((number) => `series-${number}`);

function token(name: string, scheme: (typeof SCHEMES)[number]): Rgb {
  const found = new RegExp(`--${name}: (?:light-dark\\((#\\w{6}), (#\\w{6})\\)|(#\\w{6}));`).exec(TOKENS);
  const hex = found?.[3] ?? found?.[scheme === "light" ? 1 : 2] ?? "";
  expect(hex, name).toMatch(/^#\w{6}$/);
  const linear = (at: number) => {
    const part = parseInt(hex.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  };
  return [linear(1), linear(3), linear(5)];
}

const dot = (a: Rgb, b: Rgb) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
const clip = (value: number) => Math.min(1, Math.max(0, value));
const asSeen = (colour: Rgb, matrix: Matrix): Rgb => [clip(dot(matrix[0], colour)), clip(dot(matrix[1], colour)), clip(dot(matrix[2], colour))];
const luminance = (colour: Rgb) => dot([0.2126, 0.7152, 0.0722], colour);
const contrast = (a: Rgb, b: Rgb) => (Math.max(luminance(a), luminance(b)) + 0.05) / (Math.min(luminance(a), luminance(b)) + 0.05);

/** Distance in Oklab, in hundredths: 2 is just seen. */
function distance(a: Rgb, b: Rgb): number {
  const [one, other] = [oklab(a), oklab(b)];
  return 100 * Math.hypot(one[0] - other[0], one[1] - other[1], one[2] - other[2]);
}

function oklab(c: Rgb): Rgb {
  const l = Math.cbrt(dot([0.4122214708, 0.5363325363, 0.0514459929], c));
  const m = Math.cbrt(dot([0.2119034982, 0.6806995451, 0.1073969566], c));
  const s = Math.cbrt(dot([0.0883024619, 0.2817188376, 0.6299787005], c));
  const lms: Rgb = [l, m, s];
  return [dot([0.2104542553, 0.793617785, -0.0040720468], lms), dot([1.9779984951, -2.428592205, 0.4505937099], lms), dot([0.0259040371, 0.7827717662, -0.808675766], lms)];
}

describe.each(SCHEMES)("%s colours", (scheme) => {
  test.each(Object.entries(VISIONS))("heat is ordered by lightness with %s", (_, matrix) => {
    const steps = HEAT.map((name) => luminance(asSeen(token(name, scheme), matrix)));
    const ordered = steps.toSorted((a, b) => (scheme === "light" ? b - a : a - b));
    expect(steps).toEqual(ordered);
    for (let at = 1; at < HEAT.length; at += 1) {
      const [low, high] = [HEAT[at - 1] ?? "", HEAT[at] ?? ""];
      expect(distance(asSeen(token(low, scheme), matrix), asSeen(token(high, scheme), matrix)), `${low} and ${high}`).toBeGreaterThan(5);
    }
  });

  test.each(Object.entries(VISIONS))("the lowest heat differs from what is behind it with %s", (_, matrix) => {
    for (const back of ["card", "map-land", "map-around"]) {
      expect(distance(asSeen(token("heat-0", scheme), matrix), asSeen(token(back, scheme), matrix)), back).toBeGreaterThan(4);
    }
  });

  test.each(Object.entries(VISIONS))("series can be distinguished with %s", (vision, matrix) => {
    for (const [at, one] of SERIES.entries()) {
      for (const other of SERIES.slice(at + 1)) {
        const seen = distance(asSeen(token(one, scheme), matrix), asSeen(token(other, scheme), matrix));
        expect(seen, `${one} and ${other} with ${vision}`).toBeGreaterThan(3);
      }
    }
  });

  test.each(["ink", "quiet", "link", "good", "warn", "bad", "info"])("the text colour %s has 4.5:1 on paper and card", (name) => {
    for (const back of ["paper", "card"]) expect(contrast(token(name, scheme), token(back, scheme))).toBeGreaterThan(4.5);
  });

  test.each([...SERIES, "edge", "up", "down"])("the graphic colour %s has 3:1 on cards", (name) => {
    expect(contrast(token(name, scheme), token("card", scheme))).toBeGreaterThan(3);
  });
});
