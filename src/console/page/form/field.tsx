import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import type { Json } from '../../api/types.ts';
import { hiddenIn } from '../data/hidden.ts';
import { many } from '../data/words.ts';
import { JsonField } from './json-field.tsx';
import { ChoiceField, ConstantField, NumberField, TextField, YesNoField } from './plain-fields.tsx';
import { problemsOf } from './problems.ts';
import type { ControlProps, FieldProps } from './props.ts';
import { hintOf, isMap, kindOf, propertiesOf, requiredOf, resolve, startOf, variantsOf } from './schema.ts';

const NESTED = new Set(['list', 'group', 'union']);

/** One field by its schema, with label, description, "leave out" and message. */
export function Field(props: FieldProps) {
  const own = resolve(props.schema, props.root);
  const kind = kindOf(own);
  const id = `${props.form}-${props.place}`;
  const problem = props.problems.get(props.place);
  const control: ControlProps = { ...props, own, id, describedBy: `${id}-about`, invalid: problem !== undefined };
  const out = props.value === undefined;
  const label = (
    <>
      {typeof own.title === 'string' ? own.title : props.name}
      {props.required && (
        <span class="star" title="required">
          {' '}
          *<span class="unseen"> required</span>
        </span>
      )}
    </>
  );
  const body = (
    <>
      {out && NESTED.has(kind) ? <Fill {...control} /> : <Control kind={kind} {...control} />}
      <About {...control} out={out} problem={problem} />
    </>
  );
  if (NESTED.has(kind))
    return (
      <fieldset class="field" aria-describedby={`${id}-about`}>
        <legend>{label}</legend>
        {body}
      </fieldset>
    );
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {body}
    </div>
  );
}

/** A nested field that is left out has one button. */
function Fill({ schema, root, onChange, disabled, id, name }: ControlProps) {
  return (
    <button type="button" id={id} disabled={disabled} onClick={() => onChange(startOf(schema, root, true) ?? null)}>
      Fill in <span class="unseen">{name}</span>
    </button>
  );
}

function About({
  own,
  id,
  name,
  required,
  value,
  out,
  problem,
  disabled,
  onChange,
}: ControlProps & { out: boolean; problem: string | undefined }) {
  const said: ComponentChildren[] = [];
  // A field shows its text as it is, since it can be edited.
  const hidden = typeof value === 'string' ? hiddenIn(value) : 0;
  if (out) said.push(required ? 'not filled in' : 'left out');
  else if (value === '') said.push('empty text');
  if (out && own.default !== undefined) said.push(`default: ${JSON.stringify(own.default)}`);
  return (
    <div class="about">
      {problem !== undefined && (
        <p class="problem" id={`${id}-problem`}>
          {typeof own.title === 'string' ? own.title : name} {problem}
        </p>
      )}
      <p id={`${id}-about`} class="small">
        {[hintOf(own), ...said].join(' · ')}
        {typeof own.description === 'string' && <span class="description">{own.description}</span>}
      </p>
      {hidden > 0 && (
        <p class="small">
          It has {many(hidden, 'hidden character')}, shown escaped here: {value as string}
        </p>
      )}
      {!out && !required && (
        <button type="button" class="quiet" disabled={disabled} onClick={() => onChange(undefined)}>
          Leave out <span class="unseen">{name}</span>
        </button>
      )}
    </div>
  );
}

function Control({ kind, ...props }: ControlProps & { kind: ReturnType<typeof kindOf> }) {
  switch (kind) {
    case 'choice':
      return <ChoiceField {...props} />;
    case 'constant':
      return <ConstantField {...props} />;
    case 'text':
      return <TextField {...props} />;
    case 'number':
      return <NumberField {...props} />;
    case 'yes-no':
      return <YesNoField {...props} />;
    case 'list':
      return <ListField {...props} />;
    case 'group':
      return <GroupField {...props} />;
    case 'union':
      return <UnionField {...props} />;
    default:
      return <JsonField {...props} />;
  }
}

/** Items one below the other, with Add and Remove. */
function ListField(props: ControlProps) {
  const { own, root, place, disabled, onChange, name } = props;
  const items = Array.isArray(props.value) ? (props.value as readonly (Json | undefined)[]) : [];
  const full = typeof own.maxItems === 'number' && items.length >= own.maxItems;
  // An item that is not filled in yet is null in JSON.
  const put = (next: readonly (Json | undefined)[]) => onChange(next.map((item) => item ?? null));
  return (
    <div class="list">
      {items.map((item, i) => (
        <div class="item" key={i}>
          <Field
            {...props}
            name={`${name} ${i + 1}`}
            place={`${place}/${i}`}
            schema={own.items}
            value={item === null && !allowsNull(own.items) ? undefined : item}
            required
            onChange={(value) => put(items.with(i, value))}
          />
          <button type="button" disabled={disabled} onClick={() => put(items.toSpliced(i, 1))}>
            Remove <span class="unseen">{`${name} ${i + 1}`}</span>
          </button>
        </div>
      ))}
      <button type="button" disabled={disabled || full} onClick={() => put([...items, startOf(own.items, root, true)])}>
        Add <span class="unseen">to {name}</span>
      </button>
    </div>
  );
}

const allowsNull = (schema: Json | undefined): boolean =>
  isMap(schema) && (schema.type === 'null' || JSON.stringify(schema).includes('"null"'));

/** The fields of an object. */
export function GroupField(props: ControlProps) {
  const { own, place, onChange } = props;
  const values = isMap(props.value) ? props.value : {};
  const change = (name: string, value: Json | undefined) => {
    const { [name]: _, ...others } = values;
    onChange(value === undefined ? others : { ...values, [name]: value });
  };
  return (
    <>
      {propertiesOf(own).map(([name, schema]) => (
        <Field
          {...props}
          key={name}
          name={name}
          place={place === '' ? name : `${place}/${name}`}
          schema={schema}
          value={values[name]}
          required={requiredOf(own).includes(name)}
          onChange={(value) => change(name, value)}
        />
      ))}
    </>
  );
}

/** One of several forms: first which, then its field. */
function UnionField(props: ControlProps) {
  const { own, root, value, name, disabled, onChange } = props;
  const variants = variantsOf(own, root);
  const fitting = variants.findIndex(({ schema }) => value !== undefined && problemsOf(value, schema, root).size === 0);
  const [picked, setPicked] = useState(Math.max(0, fitting));
  const variant = variants[picked] ?? variants[0];
  if (!variant) return null;
  const pick = (i: number) => {
    setPicked(i);
    onChange(startOf(variants[i]?.schema, root, true) ?? (variants[i]?.schema.type === 'null' ? null : undefined));
  };
  return (
    <>
      <select
        aria-label={`Form of ${name}`}
        disabled={disabled}
        value={picked}
        onChange={(event) => pick(Number(event.currentTarget.value))}
      >
        {variants.map(({ title }, i) => (
          <option key={i} value={i}>
            {title}
          </option>
        ))}
      </select>
      <Field {...props} key={picked} schema={variant.schema} name={variant.title} required />
    </>
  );
}
