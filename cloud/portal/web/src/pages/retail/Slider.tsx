import { useId } from "react";

export interface SliderProps {
  label: string;
  value: number;
  min: number;
  max: number;
  step: number;
  /** The value in words. */
  text: string;
  onChange: (value: number) => void;
}

/** The browser's own slider: it has keys, and screen readers read the value in words. */
export function Slider({ label, value, min, max, step, text, onChange }: SliderProps) {
  const id = useId();
  return (
    <div className="retail-slider">
      <label className="label" htmlFor={id}>{label}</label>
      <input id={id} type="range" value={value} min={min} max={max} step={step} aria-valuetext={text} onChange={(event) => onChange(event.target.valueAsNumber)} />
      <span className="value" aria-hidden="true">{text}</span>
    </div>
  );
}
