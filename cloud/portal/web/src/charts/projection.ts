// From degrees to pixels of a drawing: an equirectangular projection around its centre, which is
// accurate enough for one city.

export interface Place {
  latitude: number;
  longitude: number;
}

/** What a drawing shows: its centre, and how many degrees of latitude its height has. */
export interface MapView extends Place {
  height: number;
}

export interface MapSize {
  width: number;
  height: number;
}

const MARGIN = 1.35;
const LEAST_DEGREES = 0.06;
export const LEAST_ZOOM = 0.005;
export const MOST_ZOOM = 5;

const shrink = (latitude: number) => Math.cos((latitude * Math.PI) / 180);

/** The view that holds all places with a margin. */
export function fitView(places: readonly Place[], size: MapSize): MapView {
  const [south, north] = extent(places.map((one) => one.latitude));
  const [west, east] = extent(places.map((one) => one.longitude));
  const latitude = (south + north) / 2;
  const width = (east - west) * shrink(latitude);
  const height = Math.max(north - south, (width * size.height) / size.width, LEAST_DEGREES) * MARGIN;
  return { latitude, longitude: (west + east) / 2, height };
}

function extent(values: readonly number[]): readonly [number, number] {
  return values.length === 0 ? [0, 0] : [Math.min(...values), Math.max(...values)];
}

export function project({ latitude, longitude }: Place, view: MapView, size: MapSize): readonly [x: number, y: number] {
  const scale = size.height / view.height;
  const x = (longitude - view.longitude) * shrink(view.latitude) * scale;
  return [size.width / 2 + x, size.height / 2 - (latitude - view.latitude) * scale];
}

/** The view after the drawing was moved by some pixels. */
export function moveView(view: MapView, dx: number, dy: number, size: MapSize): MapView {
  const degrees = view.height / size.height;
  return { ...view, longitude: view.longitude - (dx * degrees) / shrink(view.latitude), latitude: view.latitude + dy * degrees };
}

/** Nearer for a factor above 1. */
export function zoomView(view: MapView, factor: number): MapView {
  return { ...view, height: Math.min(MOST_ZOOM, Math.max(LEAST_ZOOM, view.height / factor)) };
}
