import { useEffect, useId, useRef, useState } from 'preact/hooks';
import type uPlot from 'uplot';
import { scheme } from '../theme.ts';

export interface Line {
  readonly label: string;
  /** Class of the line's colour: c1, c2, c3. */
  readonly color: string;
  readonly values: readonly (number | null)[];
}

interface Props {
  readonly title: string;
  /** One sentence that says what the chart shows. */
  readonly summary: string;
  readonly at: readonly number[];
  readonly lines: readonly Line[];
  readonly format: (value: number) => string;
  readonly logarithmic?: boolean;
}

const HEIGHT = 150;
/** Rows of the table beside the chart. */
const TABLE = 12;

// Canvas knows no custom properties, so colours are read from elements that have them.
const colorOf = (parent: Element, name: string): string => getComputedStyle(parent.querySelector(`.${name}`) ?? parent).color;

function draw(Plot: typeof uPlot, parent: HTMLElement, props: Props): uPlot {
  const axis = {
    stroke: colorOf(parent, 'axis-color'),
    grid: { stroke: colorOf(parent, 'grid-color'), width: 1 },
    ticks: { show: false },
    font: '12px system-ui, sans-serif',
  };
  return new Plot(
    {
      width: parent.clientWidth,
      height: HEIGHT,
      legend: { show: false },
      cursor: { y: false, points: { size: 6 } },
      scales: {
        y: props.logarithmic ? { distr: 3 } : { range: (_, __, high) => [0, high > 0 ? high * 1.1 : 1] },
      },
      axes: [
        { ...axis, size: 28, values: '{HH}:{mm}', space: 60 },
        {
          ...axis,
          size: 56,
          space: 28,
          values: (_, splits) => splits.map((split) => (split === null ? '' : props.format(split))),
        },
      ],
      series: [
        {},
        ...props.lines.map(({ label, color }) => ({
          label,
          stroke: colorOf(parent, color),
          width: 1.5,
          points: { show: false },
          spanGaps: false,
        })),
      ],
    },
    [[...props.at], ...props.lines.map(({ values }) => [...values])],
    parent,
  );
}

/** A chart of lines over time, with a summary and a table of the same figures. The library is loaded with the first one. */
export function Chart(props: Props) {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  const [Plot, setPlot] = useState<typeof uPlot>();
  const [open, setOpen] = useState(false);
  const id = useId();
  const colors = scheme.value;

  useEffect(() => {
    let here = true;
    void import('uplot').then(({ default: loaded }) => here && setPlot(() => loaded));
    return () => {
      here = false;
    };
  }, []);
  useEffect(() => {
    const parent = box.current;
    if (!parent || !Plot) return;
    const mine = draw(Plot, parent, props);
    plot.current = mine;
    const watch = new ResizeObserver(() => mine.setSize({ width: parent.clientWidth, height: HEIGHT }));
    watch.observe(parent);
    return () => {
      watch.disconnect();
      mine.destroy();
      plot.current = undefined;
    };
  }, [Plot, colors, props.lines.map(({ label }) => label).join()]);
  useEffect(() => {
    plot.current?.setData([[...props.at], ...props.lines.map(({ values }) => [...values])]);
  }, [props.at, props.lines]);

  return (
    <figure class="chart" aria-labelledby={id}>
      <figcaption>
        <strong id={id}>{props.title}</strong>
        {props.lines.length > 1 && (
          <span class="legend">
            {props.lines.map(({ label, color }) => (
              <span key={label}>
                <i class={`swatch ${color}`} aria-hidden="true" /> {label}
              </span>
            ))}
          </span>
        )}
      </figcaption>
      <p>{props.summary}</p>
      <div ref={box} class="plot" aria-hidden="true">
        <span class="axis-color" />
        <span class="grid-color" />
        {props.lines.map(({ color }) => (
          <span key={color} class={color} />
        ))}
      </div>
      <details onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary>Figures</summary>
        {open && <Figures {...props} />}
      </details>
    </figure>
  );
}

function Figures({ title, at, lines, format }: Props) {
  const step = Math.max(1, Math.floor(at.length / TABLE));
  const rows = at.flatMap((time, i) => (i % step === step - 1 ? [{ time, i }] : [])).reverse();
  return (
    <table class="plain">
      <caption>{title}</caption>
      <thead>
        <tr>
          <th scope="col">Time</th>
          {lines.map(({ label }) => (
            <th key={label} scope="col" class="n">
              {label}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map(({ time, i }) => (
          <tr key={time}>
            <th scope="row">{new Date(time * 1000).toLocaleTimeString('en-GB')}</th>
            {lines.map(({ label, values }) => (
              <td key={label} class="n">
                {typeof values[i] === 'number' ? format(values[i]) : 'not known'}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
