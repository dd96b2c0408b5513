import type { SchemaForm } from '../core/schema-form.ts';
import type { Approval } from '../core/tool.ts';
import type { RuledBy, Terms } from '../policy/policy.ts';
import type { ToolEntry } from '../registry/catalogue.ts';
import { type Shape, shapeOf } from '../registry/schemas/shape.ts';
import type { ActiveMiddleware } from './middleware.ts';

/** What a profile makes of a tool. `timeoutMs` and `capMs` are its time limits, `maxChars` the longest text of a result. */
export interface ToolRules {
  readonly entry: ToolEntry;
  readonly approval: Approval;
  readonly ruledBy: RuledBy;
  readonly timeoutMs: number;
  readonly capMs: number;
  readonly maxChars: number;
  readonly schemas: SchemaForm;
  /** Whether texts are fenced where the tool says that strangers wrote them. */
  readonly fence: boolean;
  /** Who has a say in its calls; one list for all tools of a view. */
  readonly middleware: readonly ActiveMiddleware[];
  readonly terms: Terms;
}

/** A tool as one profile has it. */
export interface VisibleTool extends ToolRules {
  /** Its schema as clients get it; built when somebody first asks. */
  readonly shape: Shape;
}

/** Completes a tool for a view. */
export function createVisibleTool(rules: ToolRules): VisibleTool {
  return new LazyShape(rules);
}

class LazyShape implements VisibleTool {
  readonly entry: ToolEntry;
  readonly approval: Approval;
  readonly ruledBy: RuledBy;
  readonly timeoutMs: number;
  readonly capMs: number;
  readonly maxChars: number;
  readonly schemas: SchemaForm;
  readonly fence: boolean;
  readonly middleware: readonly ActiveMiddleware[];
  readonly terms: Terms;
  #shape: Shape | undefined;

  constructor(rules: ToolRules) {
    this.entry = rules.entry;
    this.approval = rules.approval;
    this.ruledBy = rules.ruledBy;
    this.timeoutMs = rules.timeoutMs;
    this.capMs = rules.capMs;
    this.maxChars = rules.maxChars;
    this.schemas = rules.schemas;
    this.fence = rules.fence;
    this.middleware = rules.middleware;
    this.terms = rules.terms;
  }

  get shape(): Shape {
    this.#shape ??= shapeOf(this.entry, this.schemas);
    return this.#shape;
  }
}
