import { useEffect, useRef, useState, type PointerEvent, type RefObject } from "react";
import { moveView, type MapSize, type MapView } from "./projection";

const CLICK_PX = 4;

/** The width of an element in pixels, as it changes. */
export function useWidth(initial: number): readonly [RefObject<HTMLDivElement | null>, number] {
  const frame = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(initial);
  useEffect(() => {
    if (frame.current === null || typeof ResizeObserver === "undefined") return undefined;
    const observer = new ResizeObserver(([entry]) => entry && setWidth(Math.max(200, Math.round(entry.contentRect.width))));
    observer.observe(frame.current);
    return () => observer.disconnect();
  }, []);
  return [frame, width];
}

interface Start {
  x: number;
  y: number;
  view: MapView;
}

/** Moving a drawing with the pointer; a movement of a few pixels is still a click. */
export function useMapDrag(view: MapView, size: MapSize, onMove: (view: MapView) => void) {
  const start = useRef<Start>(undefined);
  const [isMoving, setMoving] = useState(false);
  const begin = (event: PointerEvent) => { start.current = { x: event.clientX, y: event.clientY, view }; };
  const move = (event: PointerEvent<SVGSVGElement>) => {
    const from = start.current;
    if (from === undefined || event.buttons === 0) return;
    const [dx, dy] = [event.clientX - from.x, event.clientY - from.y];
    if (!isMoving && Math.hypot(dx, dy) < CLICK_PX) return;
    if (!isMoving) { setMoving(true); event.currentTarget.setPointerCapture(event.pointerId); }
    onMove(moveView(from.view, dx, dy, size));
  };
  const end = () => { start.current = undefined; setMoving(false); };
  return { isMoving, handlers: { onPointerDown: begin, onPointerMove: move, onPointerUp: end, onPointerCancel: end } };
}
