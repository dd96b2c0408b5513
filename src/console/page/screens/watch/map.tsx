import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { ToolList, ToolRow } from '../../../api/tool-types.ts';
import { ask, type Refusal } from '../../api.ts';
import { withQuery } from '../../data/act.ts';
import { toRefusal } from '../../data/load.ts';
import { clients, overview, plugins, toolsChanged } from '../../data/store.ts';
import { count, many } from '../../data/words.ts';
import { Failure } from '../../parts/loaded.tsx';
import { Screen } from '../../parts/screen.tsx';
import { href } from '../../router.ts';

type Seen = ReadonlyMap<string, readonly ToolRow[]>;
/** Tools named in a row; the others are counted. */
const NAMED = 8;

/** Which plugin's tools reach which profiles and clients. The lines only repeat what the table says. */
export function MapScreen() {
  const [seen, setSeen] = useState<Seen>();
  const [error, setError] = useState<Refusal>();
  const profiles = overview.value?.profiles ?? [];
  const again = toolsChanged.value;
  useEffect(() => {
    const load = async (profile: string) => [profile, (await ask<ToolList>('GET', withQuery('tools', { profile }))).items] as const;
    Promise.all(profiles.map(load)).then(
      (all) => setSeen(new Map(all)),
      (failed) => setError(toRefusal(failed)),
    );
  }, [again, profiles.join()]);
  return (
    <Screen title="Map">
      {error && <Failure error={error} what="Could not load the tools." />}
      {seen && <Lines seen={seen} />}
    </Screen>
  );
}

interface Stroke {
  readonly from: string;
  readonly to: string;
  readonly calls: number;
}

const widthOf = (calls: number): number => Math.min(8, 1 + Math.log2(1 + calls) / 1.5);

function strokesOf(seen: Seen): readonly Stroke[] {
  return plugins.value.flatMap((card) =>
    [...seen].flatMap(([profile, tools]) => {
      const mine = tools.filter((tool) => tool.plugin === card.id && tool.on);
      if (mine.length === 0) return [];
      const own = clients.value
        .filter((client) => client.profile === profile)
        .map((client) => ({ from: `${card.id}|${profile}`, to: `${card.id}|${profile}|${client.id}`, calls: card.hour.calls }));
      const named = mine.slice(0, NAMED).map(({ name, calls }) => ({ from: `${card.id}`, to: `${card.id}|tool|${name}`, calls }));
      return [...named, { from: `${card.id}|tools`, to: `${card.id}|${profile}`, calls: card.hour.calls }, ...own];
    }),
  );
}

function Lines({ seen }: { seen: Seen }) {
  const box = useRef<HTMLDivElement>(null);
  const [paths, setPaths] = useState<readonly { readonly d: string; readonly width: number }[]>([]);
  const strokes = strokesOf(seen);
  const text = JSON.stringify(strokes);
  useLayoutEffect(() => {
    const parent = box.current;
    if (!parent) return;
    const measure = () => {
      const at = parent.getBoundingClientRect();
      const place = (name: string) => parent.querySelector(`[data-at="${CSS.escape(name)}"]`)?.getBoundingClientRect();
      setPaths(
        strokes.flatMap(({ from, to, calls }) => {
          const a = place(from);
          const b = place(to);
          if (!a || !b) return [];
          const [x1, y1, x2, y2] = [
            a.right - at.left + 3,
            a.top - at.top + a.height / 2,
            b.left - at.left - 3,
            b.top - at.top + b.height / 2,
          ];
          if (x2 <= x1) return [];
          const middle = (x1 + x2) / 2;
          return [{ d: `M${x1},${y1}C${middle},${y1} ${middle},${y2} ${x2},${y2}`, width: widthOf(calls) }];
        }),
      );
    };
    measure();
    const watch = new ResizeObserver(measure);
    watch.observe(parent);
    return () => watch.disconnect();
  }, [text]);
  return (
    <div ref={box} class="map">
      <svg aria-hidden="true">
        {paths.map(({ d, width }) => (
          <path key={d} d={d} stroke-width={width} />
        ))}
      </svg>
      <table class="cards">
        <caption>Plugins, their tools, and the profiles and clients that see them</caption>
        <thead>
          <tr>
            <th scope="col">Plugin</th>
            <th scope="col">Tools</th>
            <th scope="col">Profiles</th>
            <th scope="col">Clients</th>
          </tr>
        </thead>
        <tbody>
          {plugins.value.map((card) => (
            <Row key={card.id} id={card.id} title={card.title || card.id} calls={card.hour.calls} seen={seen} />
          ))}
        </tbody>
      </table>
      <p class="small">The wider a line, the more calls in the last hour.</p>
    </div>
  );
}

function Row({ id, title, calls, seen }: { id: string; title: string; calls: number; seen: Seen }) {
  const profiles = [...seen].filter(([, tools]) => tools.some((tool) => tool.plugin === id && tool.on));
  const tools = [
    ...new Map([...seen.values()].flat().flatMap((tool) => (tool.plugin === id ? [[tool.name, tool] as const] : []))).values(),
  ];
  return (
    <tr>
      <th scope="row">
        <span data-at={id}>
          <a href={href(['plugins', id])}>{title}</a> <small>{many(calls, 'call')}</small>
        </span>
      </th>
      <td data-label="Tools">
        <span class="stack" data-at={`${id}|tools`}>
          {tools.slice(0, NAMED).map((tool) => (
            <span key={tool.name} data-at={`${id}|tool|${tool.name}`}>
              <a href={href(['tools', tool.name])}>{tool.name}</a>
            </span>
          ))}
          {tools.length > NAMED && <small>and {count(tools.length - NAMED)} more</small>}
          {tools.length === 0 && 'none'}
        </span>
      </td>
      <td data-label="Profiles">
        <span class="stack">
          {profiles.map(([profile]) => (
            <span key={profile} data-at={`${id}|${profile}`}>
              {profile}
            </span>
          ))}
          {profiles.length === 0 && 'none'}
        </span>
      </td>
      <td data-label="Clients">
        <span class="stack">
          {profiles.flatMap(([profile]) =>
            clients.value
              .filter((client) => client.profile === profile)
              .map((client) => (
                <span key={client.id} data-at={`${id}|${profile}|${client.id}`}>
                  {client.name}
                </span>
              )),
          )}
          {!profiles.some(([profile]) => clients.value.some((client) => client.profile === profile)) && 'none'}
        </span>
      </td>
    </tr>
  );
}
