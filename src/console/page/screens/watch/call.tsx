import type { CallLine, Json, Page } from '../../../api/types.ts';
import { useLoad } from '../../data/load.ts';
import { outcomeWords } from '../../data/outcome.ts';
import { calls, mayChange, overview } from '../../data/store.ts';
import { bytes, exactly, lasting } from '../../data/words.ts';
import { Loaded } from '../../parts/loaded.tsx';
import { Screen } from '../../parts/screen.tsx';
import { href, place } from '../../router.ts';
import { Facts } from '../plugins/plugin-facts.tsx';
import { Json as JsonBox } from '../tools/seen-by-model.tsx';

/** One call: who, what, how it ended, and its arguments where they are kept. */
export function CallScreen({ seq }: { seq: string }) {
  const at = place.value.query.get('at');
  const isIt = (call: CallLine): boolean => String(call.seq) === seq && (at === undefined || String(call.time) === at);
  const known = [...calls.value, ...(overview.value?.failedCalls ?? [])].find(isIt);
  // Other runs of the gateway count anew, and the audit log counts all of its lines.
  const path = at === undefined ? 'calls?limit=500' : `calls?limit=50&before=file:${Number(at) + 1}`;
  const load = useLoad<Page<CallLine>>(known ? undefined : path);
  const findIn = (items: readonly CallLine[]): CallLine | undefined => {
    const then = items.filter(({ time }) => String(time) === at);
    return items.find(isIt) ?? (then.length === 1 ? then[0] : undefined);
  };
  const call = known ?? findIn(load.data?.items ?? []);
  return (
    <Screen title={call ? `${call.plugin} › ${call.tool}` : `Call ${seq}`} trail={<a href={href(['calls'])}>Calls</a>}>
      {known ? (
        <Details call={known} />
      ) : (
        <Loaded load={load} what="the call">
          {({ items }) => {
            const found = findIn(items);
            return found ? (
              <Details call={found} />
            ) : (
              <p class="empty">This call is no longer among the latest ones. The audit log of its day has it.</p>
            );
          }}
        </Loaded>
      )}
    </Screen>
  );
}

function Details({ call }: { call: CallLine }) {
  const { code, consent, by, ref } = call;
  return (
    <>
      <Facts
        rows={[
          ['Outcome', `${outcomeWords(call)}${code ? ` (${code})` : ''}`],
          ['When', exactly(call.time)],
          ['Took', lasting(call.ms)],
          ['Result', bytes(call.bytes)],
          ['Client', call.client ?? 'not known'],
          ['Who', call.principal],
          ['Profile', call.profile],
          ['Transport', `${call.transport}${call.era ? `, ${call.era}` : ''}`],
          ['Plugin', <a href={href(['plugins', call.plugin])}>{call.plugin}</a>],
          ['Tool', <a href={href(['tools', call.tool])}>{call.tool}</a>],
          ['Consent', consent && `${consent}${by ? ` by ${by}` : ''}`],
          ['Reference', ref && <code>{ref}</code>],
        ]}
      />
      <p>
        <a href={href(['logs'], { area: `plugin:${call.plugin}` })}>Log of the plugin</a>
      </p>
      <h2>Arguments</h2>
      <Arguments call={call} />
    </>
  );
}

function Arguments({ call }: { call: CallLine }) {
  if (call.arguments === undefined)
    return (
      <p class="empty">
        Kept as a digest only; switch on <code>audit.arguments</code> to see them.
      </p>
    );
  return (
    <>
      <JsonBox value={call.arguments} />
      {mayChange.value && (
        <p>
          <a
            href={href(['tools', call.tool], {
              profile: call.profile === 'default' ? undefined : call.profile,
              arguments: asText(call.arguments),
            })}
          >
            Try again with these arguments
          </a>
        </p>
      )}
    </>
  );
}

const asText = (value: Json): string => JSON.stringify(value);
