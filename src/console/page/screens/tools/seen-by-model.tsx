import type { ToolDetails } from '../../../api/tool-types.ts';
import { asJson } from '../../data/hidden.ts';
import { tokens } from '../../data/words.ts';
import { Copy } from '../../parts/copy.tsx';

const CLIENTS = {
  native: 'Clients that take any JSON Schema',
  portable: 'Most clients',
  gemini: 'Gemini',
} as const;

/** The definition as each kind of client gets it, with what gets lost. */
export function Forms({ tool }: { tool: ToolDetails }) {
  return (
    <>
      {tool.forms.map(({ dialect, schema, losses, tokens: size }) => (
        <section key={dialect} aria-label={CLIENTS[dialect]}>
          <h2>
            {CLIENTS[dialect]}{' '}
            <small>
              {dialect}, {tokens(size)} tokens
            </small>
          </h2>
          {losses.length === 0 ? (
            <p class="small">Nothing is lost.</p>
          ) : (
            <ul class="small">
              {losses.map((loss) => (
                <li key={loss}>{loss}</li>
              ))}
            </ul>
          )}
          <Json value={{ name: tool.name, description: tool.description, inputSchema: schema }} />
        </section>
      ))}
    </>
  );
}

export function Schemas({ tool }: { tool: ToolDetails }) {
  const own = tool.forms.find(({ dialect }) => dialect === 'native') ?? tool.forms[0];
  return (
    <>
      <h2>Arguments</h2>
      {own ? <Json value={own.schema} /> : <p class="empty">Not known.</p>}
      <h2>Result</h2>
      {tool.output ? <Json value={tool.output} /> : <p class="empty">The tool does not say what it returns.</p>}
    </>
  );
}

/** JSON to read and to copy. */
export function Json({ value }: { value: unknown }) {
  const text = asJson(value);
  return (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by keys */}
      <pre tabIndex={0}>{text}</pre>
      <Copy text={text} />
    </>
  );
}
