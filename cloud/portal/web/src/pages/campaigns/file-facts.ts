// What a creative's file is: its fingerprint, size and length, computed in the browser.

export interface FileFacts {
  sha256: string | null;
  mediaType: string;
  widthPx: number | null;
  heightPx: number | null;
  durationS: number | null;
}

const TIMEOUT_MS = 10_000;

export function toHex(digest: ArrayBuffer): string {
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** A name of a player: letters, digits and a few signs; of the file's name without its ending. */
export function nameOf(fileName: string): string {
  return fileName.replace(/\.[^.]*$/, "").replace(/[^A-Za-z0-9._:/-]+/g, "-").replace(/^[^A-Za-z0-9]+/, "").slice(0, 64);
}

/** Never fails: what cannot be read is null. */
export async function readFile(file: File): Promise<FileFacts> {
  const size = file.type.startsWith("video/") ? readVideo(file) : readImage(file);
  const [sha256, facts] = await Promise.all([fingerprint(file), size.catch(() => NOTHING)]);
  return { sha256, mediaType: file.type, ...facts };
}

const NOTHING = { widthPx: null, heightPx: null, durationS: null };

/** SHA-256; null where the browser offers none, which is on pages without https. */
async function fingerprint(file: File): Promise<string | null> {
  const subtle = crypto.subtle as SubtleCrypto | undefined;
  return subtle === undefined ? null : toHex(await subtle.digest("SHA-256", await file.arrayBuffer()));
}

async function readImage(file: File) {
  const image = await createImageBitmap(file);
  const found = { widthPx: image.width, heightPx: image.height, durationS: null };
  image.close();
  return found;
}

function readVideo(file: File): Promise<Omit<FileFacts, "sha256" | "mediaType">> {
  const video = document.createElement("video");
  const address = URL.createObjectURL(file);
  const read = new Promise<Omit<FileFacts, "sha256" | "mediaType">>((resolve, reject) => {
    const timer = setTimeout(reject, TIMEOUT_MS, new Error("the video has no readable head"));
    video.onerror = () => reject(new Error("the video cannot be read"));
    video.onloadedmetadata = () => {
      clearTimeout(timer);
      resolve({ widthPx: video.videoWidth, heightPx: video.videoHeight, durationS: Number.isFinite(video.duration) ? video.duration : null });
    };
    video.preload = "metadata";
    video.src = address;
  });
  return read.finally(() => URL.revokeObjectURL(address));
}
