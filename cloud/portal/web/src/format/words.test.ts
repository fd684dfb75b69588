import { expect, test } from "vitest";
import { mediaText, toSentence, toWords } from "./words";

test("names of the API are written as words", () => {
  expect(toWords("professionals_25_45")).toBe("professionals 25–45");
  expect(toSentence("ticket_hall")).toBe("Ticket hall");
  expect(toSentence("camera.clock")).toBe("Camera clock");
});

test("a media type is written as format and kind", () => {
  expect(mediaText("video/mp4")).toBe("MP4 video");
  expect(mediaText("image/png")).toBe("PNG image");
  expect(mediaText("other")).toBe("other");
});
