import { useEffect, useState } from 'preact/hooks';
import type { Json, JsonMap, SettingRow } from '../../../api/types.ts';
import { plain } from '../../data/hidden.ts';
import { atDay } from '../../data/words.ts';
import { Field } from '../../form/field.tsx';
import type { Problems } from '../../form/problems.ts';

interface Props {
  readonly row: SettingRow;
  readonly schema: Json | undefined;
  readonly root: JsonMap;
  readonly form: string;
  readonly closed: boolean;
  readonly value: Json | undefined;
  /** Text to store, null to remove, undefined to leave. */
  readonly secret: string | null | undefined;
  readonly problems: Problems;
  readonly onValue: (value: Json | undefined) => void;
  readonly onSecret: (text: string | null | undefined) => void;
}

/** One setting: a field, a secret that is never shown, or what mcp.json says. */
export function Setting(props: Props) {
  const { row, schema, root, closed, value, problems, form, onValue } = props;
  if (row.fixed || (closed && row.source === 'file')) return <FromFile row={row} />;
  if (row.secret) return <Secret {...props} />;
  return (
    <div class="setting">
      <Field
        name={row.title ?? row.key}
        place={row.key}
        schema={schema}
        root={root}
        value={value}
        required={row.required && row.source === 'missing'}
        problems={problems}
        disabled={closed}
        form={form}
        onChange={onValue}
      />
      {row.source === 'console' && row.since !== undefined && <p class="small">saved here {atDay(row.since)}</p>}
    </div>
  );
}

function FromFile({ row }: { row: SettingRow }) {
  const id = `fixed-${row.key}`;
  const shown = row.secret ? '' : row.value === undefined ? '' : typeof row.value === 'string' ? row.value : JSON.stringify(row.value);
  return (
    <div class="field">
      <label for={id}>{row.title ?? row.key}</label>
      <input
        id={id}
        type="text"
        value={plain(shown)}
        placeholder={row.secret && row.source !== 'missing' ? 'set' : ''}
        disabled
        aria-describedby={`${id}-about`}
      />
      <p class="small" id={`${id}-about`}>
        {row.fixed === 'only-file' && row.source !== 'file' && row.source !== 'environment'
          ? 'only mcp.json can set it'
          : `${row.source === 'environment' ? 'from the environment, named' : 'set'} in ${row.at ?? 'mcp.json'} – change it there`}
        {row.description && <span class="description">{row.description}</span>}
      </p>
    </div>
  );
}

const SOURCES: { readonly [source in SettingRow['source']]: string } = {
  file: 'set in mcp.json',
  environment: 'from the environment',
  console: 'set',
  default: 'default',
  unset: 'not set',
  missing: 'missing',
};

function Secret({ row, closed, secret, problems, form, onSecret }: Props) {
  const [replaces, setReplaces] = useState(false);
  const open = replaces || row.source === 'missing' || row.source === 'unset';
  // What was stored is no longer being typed.
  useEffect(() => setReplaces(false), [row.since]);
  const id = `${form}-${row.key}`;
  const problem = problems.get(row.key);
  const typing = (open && secret !== null) || typeof secret === 'string';
  return (
    <div class="field">
      {typing ? <label for={id}>{row.title ?? row.key}</label> : <strong>{row.title ?? row.key}</strong>}
      <div class="secret">
        {typing ? (
          <input
            id={id}
            type="password"
            autocomplete="off"
            disabled={closed}
            value={secret ?? ''}
            aria-invalid={problem !== undefined}
            aria-describedby={`${id}-about`}
            onInput={(event) => onSecret(event.currentTarget.value === '' ? undefined : event.currentTarget.value)}
          />
        ) : (
          <span>
            {secret === null
              ? 'will be removed'
              : `••••••• ${SOURCES[row.source]}${row.since === undefined ? '' : `, ${atDay(row.since)}`}`}
          </span>
        )}
        {!closed && row.source === 'console' && (
          <>
            <button
              type="button"
              onClick={() => {
                setReplaces(!typing);
                onSecret(undefined);
              }}
            >
              {typing || secret === null ? 'Keep it' : 'Replace'} <span class="unseen">{row.key}</span>
            </button>
            {secret !== null && !typing && (
              <button type="button" class="danger" onClick={() => onSecret(null)}>
                Remove <span class="unseen">{row.key}</span>
              </button>
            )}
          </>
        )}
      </div>
      {problem !== undefined && (
        <p class="problem">
          {row.title ?? row.key} {problem}
        </p>
      )}
      <p class="small" id={`${id}-about`}>
        {typing && `${SOURCES[row.source]}${row.required ? ' · required' : ''} · it is stored sealed and never shown again`}
        {row.description && <span class="description">{row.description}</span>}
      </p>
    </div>
  );
}
