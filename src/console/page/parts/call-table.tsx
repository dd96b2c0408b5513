import type { CallLine } from '../../api/types.ts';
import { outcomeWords } from '../data/outcome.ts';
import { atClock, atDay, bytes, exactly, lasting } from '../data/words.ts';
import { href } from '../router.ts';

/** Calls, newest first. A row opens the call. */
export function CallTable({ calls, caption }: { calls: readonly CallLine[]; caption: string }) {
  return (
    <table class="cards">
      <caption>{caption}</caption>
      <thead>
        <tr>
          <th scope="col">Time</th>
          <th scope="col">Client</th>
          <th scope="col">Tool</th>
          <th scope="col" class="n">
            Took
          </th>
          <th scope="col">Outcome</th>
          <th scope="col" class="n">
            Result
          </th>
        </tr>
      </thead>
      <tbody>
        {calls.map((call) => (
          <tr key={`${call.time} ${call.seq}`}>
            <td data-label="Time">
              <time dateTime={new Date(call.time).toISOString()} title={exactly(call.time)}>
                {call.time > Date.now() - 40_000_000 ? atClock(call.time) : atDay(call.time)}
              </time>
            </td>
            <td data-label="Client">
              <bdi>{call.client ?? call.principal}</bdi> <small>{call.client === undefined ? call.transport : call.principal}</small>
            </td>
            <th scope="row">
              <a href={href(['calls', String(call.seq)], { at: String(call.time) })} data-row>
                <bdi>{call.plugin}</bdi> › <bdi>{call.tool}</bdi>
              </a>
            </th>
            <td data-label="Took" class="n">
              {lasting(call.ms)}
            </td>
            <td data-label="Outcome">
              <Outcome call={call} />
            </td>
            <td data-label="Result" class="n">
              {call.bytes > 0 ? bytes(call.bytes) : '–'}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** In words, then the code in small type. */
export function Outcome({ call }: { call: CallLine }) {
  const look = call.outcome === 'ok' ? 'good' : call.outcome === 'error' ? 'bad' : 'warn';
  return (
    <span class="state">
      <i class={`mark ${look}`} aria-hidden="true" />
      {outcomeWords(call)}
      {call.code && <small> {call.code}</small>}
    </span>
  );
}
