import { useId } from 'preact/hooks';
import type { JsonMap } from '../../api/types.ts';
import { GroupField } from './field.tsx';
import type { Problems } from './problems.ts';
import { propertiesOf, resolve } from './schema.ts';

/** The fields of a JSON Schema object. Serves try-it and questions; settings use its fields one by one. */
export function SchemaForm(props: {
  readonly schema: JsonMap;
  readonly value: JsonMap;
  readonly problems: Problems;
  readonly disabled?: boolean;
  readonly onChange: (value: JsonMap) => void;
}) {
  const form = useId();
  const own = resolve(props.schema, props.schema);
  if (propertiesOf(own).length === 0) return <p class="empty">It takes no arguments.</p>;
  return (
    <div class="form">
      <GroupField
        name=""
        place=""
        schema={own}
        own={own}
        root={props.schema}
        value={props.value}
        required
        problems={props.problems}
        disabled={props.disabled}
        form={form}
        id={form}
        describedBy=""
        invalid={false}
        onChange={(value) => props.onChange(value as JsonMap)}
      />
    </div>
  );
}

/** Puts the focus on the first field with a message. */
export function focusOnProblem(within: HTMLElement | null): void {
  requestAnimationFrame(() => within?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus());
}
