import type { SchemaForm } from '../../core/contract/schema-form.ts';
import type { Approval, Hints } from '../../core/contract/tool.ts';
import type { ApprovalSource, ProfileSettings } from '../../policy/policy.ts';
import type { ToolEntry } from '../../registry/catalogue/catalogue.ts';
import { type Shape, shapeOf } from '../../registry/schemas/shape.ts';
import type { TimeSource } from '../call/call-time.ts';
import type { ActiveMiddleware } from '../call/middleware.ts';

/** The rules of a profile for a tool. `timeoutMs` and `capMs` are its time limits, `maxChars` the longest text of a result. */
export interface ToolRules {
  readonly entry: ToolEntry;
  readonly approval: Approval;
  readonly approvalSource: ApprovalSource;
  /** The effects that its format declares, overridden by the operator. */
  readonly hints: Hints | undefined;
  readonly timeoutMs: number;
  readonly capMs: number;
  readonly timeFrom: TimeSource;
  readonly maxChars: number;
  readonly schemas: SchemaForm;
  /** The scopes that its callers need beyond `use`, if any. */
  readonly scopes?: readonly string[] | undefined;
  /** Whether untrusted texts are fenced. */
  readonly fence: boolean;
  /** Whether hidden characters in its results are escaped. */
  readonly clean: boolean;
  /** The middleware for its calls; one list for all tools of a view. */
  readonly middleware: readonly ActiveMiddleware[];
  readonly settings: ProfileSettings;
}

/** A tool with the rules of one profile. */
export interface VisibleTool extends ToolRules {
  /** Its schema in the form for clients; built on first use. */
  readonly shape: Shape;
}

/** Completes a tool for a view. */
export function createVisibleTool(rules: ToolRules): VisibleTool {
  return Object.assign(Object.create(SHAPED) as Pick<VisibleTool, 'shape'>, rules);
}

const SHAPED = {
  get shape(): Shape {
    const { entry, schemas } = this as unknown as ToolRules;
    return shapeOf(entry, schemas);
  },
};
