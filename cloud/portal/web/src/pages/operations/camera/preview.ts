// What the page does with a preview: how often it asks for the state, and the pixels of its blocks.

import type { Schema } from "../../../api/client";

export type Preview = Schema<"CameraPreviewResponse">;

const WHILE_AWAITED_MS = 1_500;
const WHILE_SHOWN_MS = 5_000;
const OTHERWISE_MS = 15_000;

/** A late picture may still come after "no answer"; one that is shown is removed after a minute. */
export function pollMs(preview: Preview | undefined): number {
  switch (preview?.status) {
    case "waiting": case "no_answer": return WHILE_AWAITED_MS;
    case "shown": return WHILE_SHOWN_MS;
    default: return OTHERWISE_MS;
  }
}

/** Whether the page offers to ask the camera. */
export const mayAsk = (preview: Preview): boolean =>
  preview.allowed === true && preview.status !== "waiting" && preview.status !== "offline";

/** RGBA of the blocks, for a canvas; null when the values are not those of the size. */
export function decodePixels(picture: { width: number; height: number; grey: string }): Uint8ClampedArray<ArrayBuffer> | null {
  const values = atob(picture.grey);
  if (values.length !== picture.width * picture.height) return null;
  const pixels = new Uint8ClampedArray(values.length * 4);
  for (let at = 0; at < values.length; at++) {
    pixels.fill(values.charCodeAt(at), at * 4, at * 4 + 3);
    pixels[at * 4 + 3] = 255;
  }
  return pixels;
}
