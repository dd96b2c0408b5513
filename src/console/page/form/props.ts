import type { Json, JsonMap } from '../../api/types.ts';
import type { Problems } from './problems.ts';

export interface FieldProps {
  readonly name: string;
  readonly place: string;
  readonly schema: Json | undefined;
  readonly root: JsonMap;
  readonly value: Json | undefined;
  readonly required: boolean;
  readonly problems: Problems;
  readonly disabled?: boolean | undefined;
  /** Prefix of the ids of this form. */
  readonly form: string;
  readonly onChange: (value: Json | undefined) => void;
}

/** What a control gets: the resolved schema, and the ids that label and describe it. */
export interface ControlProps extends FieldProps {
  readonly own: JsonMap;
  readonly id: string;
  readonly describedBy: string;
  readonly invalid: boolean;
}
