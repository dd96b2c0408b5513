import { useState } from 'preact/hooks';
import type { TryAnswer } from '../../../api/tool-types.ts';
import type { Json as Value } from '../../../api/types.ts';
import { bytes, lasting } from '../../data/words.ts';
import { isMap } from '../../form/schema.ts';
import { imageOf } from './image.ts';
import { Json } from './seen-by-model.tsx';

type View = 'Readable' | 'Data' | 'Raw';

/** What a call returned: to read, as data, or as it came. */
export function Result({ answer }: { answer: TryAnswer }) {
  const { result, failure, ms, ref } = answer;
  const failed = failure !== undefined || result?.isError === true;
  const views: readonly View[] = result?.structuredContent === undefined ? ['Readable', 'Raw'] : ['Readable', 'Data', 'Raw'];
  const [picked, setView] = useState<View>('Readable');
  const view = views.includes(picked) ? picked : 'Readable';
  return (
    <section class="result" aria-label="Result">
      <div class="choice-row">
        <h2>Result</h2>
        <p role="status">
          <i class={`mark ${failed ? 'bad' : 'good'}`} aria-hidden="true" />
          {failure ? 'refused' : failed ? 'the tool failed' : 'ok'} · {lasting(ms)} · {bytes(answer.bytes)}
          {ref && <small> · ref {ref}</small>}
        </p>
        <span>
          {views.map((name) => (
            <button
              key={name}
              type="button"
              class={name === view ? '' : 'quiet'}
              aria-pressed={name === view}
              onClick={() => setView(name)}
            >
              {name}
            </button>
          ))}
        </span>
      </div>
      {failure && (
        <div class="notice bad">
          <p>
            {failure.message} {failure.fix}
          </p>
          <p class="small">{failure.code}</p>
        </div>
      )}
      {result && view === 'Readable' && <Readable content={Array.isArray(result.content) ? (result.content as readonly Value[]) : []} />}
      {result && view === 'Data' && <Json value={result.structuredContent} />}
      {result && view === 'Raw' && <Json value={result} />}
    </section>
  );
}

function Readable({ content }: { content: readonly Value[] }) {
  if (content.length === 0) return <p class="empty">The result has no content.</p>;
  return (
    <>
      {content.map((block, i) => (
        <Block key={i} block={block} />
      ))}
    </>
  );
}

const textOf = (value: Value | undefined): string => (typeof value === 'string' ? value : '');

function Block({ block }: { block: Value }) {
  if (!isMap(block)) return <Json value={block} />;
  switch (block.type) {
    case 'text':
      return <Text text={textOf(block.text)} />;
    case 'image': {
      const image = imageOf(textOf(block.data));
      return image ? (
        <img src={image} alt="Sent by the tool" />
      ) : (
        <p class="notice warn">An image of a type that is not shown: {textOf(block.mimeType)}</p>
      );
    }
    case 'resource_link':
      return (
        <p>
          <Link uri={textOf(block.uri)} label={textOf(block.title) || textOf(block.name)} /> {textOf(block.description)}
        </p>
      );
    case 'resource': {
      const resource = isMap(block.resource) ? block.resource : {};
      return (
        <>
          <p>
            <Link uri={textOf(resource.uri)} label="" /> <small>{textOf(resource.mimeType)}</small>
          </p>
          {typeof resource.text === 'string' ? (
            <Text text={resource.text} />
          ) : (
            <p class="small">{bytes(textOf(resource.blob).length)} of base64, see Raw</p>
          )}
        </>
      );
    }
    default:
      return <Json value={block} />;
  }
}

/** Only web addresses become links, and they say nothing of where one came from. */
function Link({ uri, label }: { uri: string; label: string }) {
  const words = label || uri;
  if (!/^https?:\/\//i.test(uri)) return <span>{label ? `${words} (${uri})` : words}</span>;
  return (
    <a href={uri} target="_blank" rel="noopener noreferrer" title={uri}>
      {words}
    </a>
  );
}

/** Text; a JSON list of flat objects becomes a table. */
function Text({ text }: { text: string }) {
  const rows = tableOf(text);
  // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by keys
  if (!rows) return <pre tabIndex={0}>{text}</pre>;
  const columns = [...new Set(rows.flatMap(Object.keys))];
  return (
    <table class="cards">
      <caption>Result as a table</caption>
      <thead>
        <tr>
          {columns.map((column) => (
            <th key={column} scope="col">
              {column}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row, i) => (
          <tr key={i}>
            {columns.map((column) => (
              <td key={column} data-label={column}>
                {row[column] === undefined ? '' : typeof row[column] === 'string' ? row[column] : JSON.stringify(row[column])}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

type Row = { readonly [column: string]: Value };

function tableOf(text: string): readonly Row[] | undefined {
  if (!text.trimStart().startsWith('[')) return undefined;
  try {
    const read = JSON.parse(text) as Value;
    if (!Array.isArray(read) || read.length === 0) return undefined;
    const flat = (item: Value) =>
      isMap(item) &&
      Object.values(item).every((value) => !isMap(value) && (!Array.isArray(value) || value.every((one) => typeof one !== 'object')));
    return (read as readonly Value[]).every(flat) ? (read as readonly Row[]) : undefined;
  } catch {
    return undefined;
  }
}
