import type { CallLine } from '../../../api/types.ts';
import { count, lasting, share } from '../../data/words.ts';
import { place, setQuery } from '../../router.ts';

type By = 'plugin' | 'tool' | 'client';

/** The shown calls by plugin, tool or client: how many, how many failed, how long. */
export function CallGroups({ calls }: { calls: readonly CallLine[] }) {
  const by = (place.value.query.get('by') ?? 'plugin') as By;
  const groups = new Map<string, CallLine[]>();
  for (const call of calls) {
    const name = by === 'client' ? (call.client ?? call.principal) : call[by];
    groups.set(name, [...(groups.get(name) ?? []), call]);
  }
  const rows = [...groups].sort(([, a], [, b]) => b.length - a.length).slice(0, 20);
  return (
    <>
      <div class="choice-row">
        <h2>The calls shown, by {by}</h2>
        <label class="small">
          By{' '}
          <select
            value={by}
            onChange={(event) => setQuery({ by: event.currentTarget.value === 'plugin' ? undefined : event.currentTarget.value })}
          >
            <option value="plugin">plugin</option>
            <option value="tool">tool</option>
            <option value="client">client</option>
          </select>
        </label>
      </div>
      <table class="plain">
        <caption>Calls by {by}</caption>
        <thead>
          <tr>
            <th scope="col">{by}</th>
            <th scope="col" class="n">
              Calls
            </th>
            <th scope="col" class="n">
              Failed
            </th>
            <th scope="col" class="n">
              Half within
            </th>
            <th scope="col" class="n">
              95% within
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map(([name, lines]) => {
            const times = lines.map(({ ms }) => ms).sort((a, b) => a - b);
            const within = (part: number) => lasting(times[Math.min(times.length - 1, Math.floor(times.length * part))] ?? 0);
            return (
              <tr key={name}>
                <th scope="row">{name}</th>
                <td class="n">{count(lines.length)}</td>
                <td class="n">{share(lines.filter(({ outcome }) => outcome !== 'ok').length, lines.length)}</td>
                <td class="n">{within(0.5)}</td>
                <td class="n">{within(0.95)}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </>
  );
}
