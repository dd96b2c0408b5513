import { useEffect, useRef, useState } from 'preact/hooks';
import type { Json } from '../../api/types.ts';
import { asJson } from '../data/hidden.ts';
import type { ControlProps } from './props.ts';

const format = (value: Json | undefined): string => (value === undefined ? '' : asJson(value));

/** JSON as text. While it cannot be read, `onChange` gets undefined and the message is shown. */
export function JsonText(props: {
  readonly id: string;
  readonly value: Json | undefined;
  readonly rows?: number;
  readonly disabled?: boolean | undefined;
  readonly describedBy?: string;
  readonly onChange: (value: Json | undefined, fault: string | undefined) => void;
}) {
  const { id, value, rows = 3, disabled, describedBy, onChange } = props;
  const [text, setText] = useState(format(value));
  const [fault, setFault] = useState<string>();
  const sent = useRef(value);
  useEffect(() => {
    if (JSON.stringify(sent.current) === JSON.stringify(value)) return;
    sent.current = value;
    setText(format(value));
    setFault(undefined);
  }, [value]);
  const change = (next: string) => {
    setText(next);
    let read: Json | undefined;
    let wrong: string | undefined;
    try {
      if (next.trim() !== '') read = JSON.parse(next) as Json;
    } catch (error) {
      wrong = error instanceof Error ? error.message : String(error);
    }
    sent.current = read;
    setFault(wrong);
    onChange(read, wrong);
  };
  return (
    <>
      <textarea
        id={id}
        class="mono"
        rows={rows}
        spellcheck={false}
        disabled={disabled}
        aria-describedby={fault ? `${id}-fault` : describedBy}
        aria-invalid={fault !== undefined}
        value={text}
        onInput={(event) => change(event.currentTarget.value)}
      />
      {fault && (
        <p class="problem" id={`${id}-fault`}>
          This is not JSON: {fault}
        </p>
      )}
    </>
  );
}

/** For values that no other field fits, such as maps with free names. */
export function JsonField({ id, describedBy, value, disabled, onChange }: ControlProps) {
  return <JsonText id={id} describedBy={describedBy} value={value} disabled={disabled} onChange={(next) => onChange(next)} />;
}
