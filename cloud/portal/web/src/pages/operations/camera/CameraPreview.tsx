import { useEffect, useRef } from "react";
import { useChange, useGet } from "../../../api/client";
import { Button, DataView, Notice, ProblemNotice } from "../../../design";
import { instantWithZone } from "../../../format/time";
import { camera as t } from "../../../text/en/operations/fleet";
import { decodePixels, mayAsk, pollMs, type Preview } from "./preview";

const PATH = "/api/fleet/devices/{device}/preview";

/** A coarse picture that an operator asks for, where the camera's own settings allow it. */
export function CameraPreview({ device }: { device: string }) {
  const params = { path: { device } };
  const query = useGet(PATH, { params }, { refetchInterval: (one) => pollMs(one.state.data) });
  const ask = useChange("post", PATH, { invalidates: [PATH, "/api/fleet/audit"] });
  return (
    <DataView query={query}>
      {(preview) => (
        <div className="stack">
          <p className="quiet">{t.pictureLead}</p>
          <Content preview={preview} />
          <ProblemNotice error={ask.error} />
          {mayAsk(preview) && <div><Button onPress={() => ask.mutate({ params })} isDisabled={ask.isPending}>{preview.asked_at === null ? t.askPicture : t.askAgain}</Button></div>}
        </div>
      )}
    </DataView>
  );
}

function Content({ preview }: { preview: Preview }) {
  switch (preview.status) {
    case "shown": return preview.picture && <Blocks picture={preview.picture} />;
    case "waiting": return <p role="status">{t.pictureAwaited}</p>;
    case "no_answer": return <Notice tone="warn" title={t.noAnswer} isAnnounced>{preview.reason ?? t.noAnswerDetail}</Notice>;
    case "refused": return <Notice tone="bad" title={t.pictureRefused} isAnnounced>{preview.reason}</Notice>;
    case "offline": return <Notice tone="warn" title={t.cameraOffline}>{t.cameraOfflineDetail}</Notice>;
    case "not_allowed": return <NotAllowed isReported={preview.allowed !== null} />;
    default: return null;
  }
}

/** Previews are switched on at the camera alone: this says how. */
function NotAllowed({ isReported }: { isReported: boolean }) {
  return (
    <Notice tone="neutral" title={isReported ? t.pictureNotAllowed : t.pictureNotReported}>
      <ol>{t.pictureHow.map((one) => <li key={one}>{one}</li>)}</ol>
    </Notice>
  );
}

function Blocks({ picture }: { picture: NonNullable<Preview["picture"]> }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const pixels = decodePixels(picture);
    const context = canvas.current?.getContext("2d");
    if (pixels && context) context.putImageData(new ImageData(pixels, picture.width, picture.height), 0, 0);
  }, [picture]);
  const { width, height } = picture;
  return (
    <figure className="blocks">
      <canvas ref={canvas} width={width} height={height} role="img" aria-label={t.pictureOf(width, height)} />
      <figcaption className="quiet">{t.pictureTaken(instantWithZone(picture.taken_at), instantWithZone(picture.until))}</figcaption>
    </figure>
  );
}
