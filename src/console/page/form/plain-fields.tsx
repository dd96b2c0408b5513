import { useEffect, useRef, useState } from 'preact/hooks';
import type { ControlProps } from './props.ts';
import { choicesOf, constantOf } from './schema.ts';

/** Texts up to this length get one line. */
const ONE_LINE = 120;

const shared = ({ id, describedBy, invalid, disabled }: ControlProps) => ({
  id,
  disabled,
  'aria-describedby': invalid ? `${id}-problem ${describedBy}` : describedBy,
  'aria-invalid': invalid,
});

export function TextField(props: ControlProps) {
  const { own, value, onChange } = props;
  const text = typeof value === 'string' ? value : value === undefined ? '' : JSON.stringify(value);
  const short = own.format !== undefined || (typeof own.maxLength === 'number' && own.maxLength <= ONE_LINE);
  // A field of one line would drop line feeds.
  if (short && !text.includes('\n'))
    return (
      <input
        {...shared(props)}
        type="text"
        autocomplete="off"
        spellcheck={false}
        value={text}
        onInput={(event) => onChange(event.currentTarget.value)}
      />
    );
  return <textarea {...shared(props)} rows={1} spellcheck={false} value={text} onInput={(event) => onChange(event.currentTarget.value)} />;
}

/** Text that is not a number stays on screen and is a text in the value, so that the check finds it. */
export function NumberField(props: ControlProps) {
  const { value, onChange } = props;
  const [text, setText] = useState(value === undefined ? '' : String(value));
  const sent = useRef(value);
  useEffect(() => {
    if (sent.current === value) return;
    sent.current = value;
    setText(value === undefined ? '' : String(value));
  }, [value]);
  const change = (next: string) => {
    const number = Number(next.replace(',', '.'));
    setText(next);
    sent.current = next.trim() === '' ? undefined : Number.isFinite(number) ? number : next;
    onChange(sent.current);
  };
  return (
    <input
      {...shared(props)}
      type="text"
      inputMode="decimal"
      autocomplete="off"
      value={text}
      onInput={(event) => change(event.currentTarget.value)}
    />
  );
}

export function YesNoField(props: ControlProps) {
  const { value, onChange } = props;
  const box = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (box.current) box.current.indeterminate = value === undefined;
  }, [value]);
  return (
    <span class="yes-no">
      <input
        {...shared(props)}
        ref={box}
        type="checkbox"
        checked={value === true}
        onChange={(event) => onChange(event.currentTarget.checked)}
      />
      <span aria-hidden="true">{value === undefined ? '–' : value === true ? 'yes' : 'no'}</span>
    </span>
  );
}

export function ChoiceField(props: ControlProps) {
  const { own, value, required, onChange } = props;
  const choices = choicesOf(own);
  const at = value === undefined ? -1 : choices.findIndex((choice) => JSON.stringify(choice.value) === JSON.stringify(value));
  return (
    <select {...shared(props)} value={at} onChange={(event) => onChange(choices[Number(event.currentTarget.value)]?.value)}>
      <option value={-1}>{required ? 'Choose…' : '(left out)'}</option>
      {choices.map(({ label }, i) => (
        <option key={label} value={i}>
          {label}
        </option>
      ))}
    </select>
  );
}

export function ConstantField(props: ControlProps) {
  const { own, value, onChange } = props;
  return (
    <span class="yes-no">
      <input
        {...shared(props)}
        type="checkbox"
        checked={value !== undefined}
        onChange={(event) => onChange(event.currentTarget.checked ? constantOf(own) : undefined)}
      />
      <code>{JSON.stringify(constantOf(own))}</code>
    </span>
  );
}
