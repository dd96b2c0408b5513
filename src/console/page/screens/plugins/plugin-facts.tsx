import type { ComponentChildren } from 'preact';
import type { PluginDetails } from '../../../api/types.ts';
import { bytes, count, lasting, share, tokens } from '../../data/words.ts';
import { Ago } from '../../parts/ago.tsx';
import { Words } from '../../parts/words.tsx';

/** Name and value pairs; absent values are left out. */
export function Facts({ rows }: { rows: readonly (readonly [name: string, value: ComponentChildren])[] }) {
  return (
    <dl class="facts">
      {rows.map(
        ([name, value]) =>
          value !== undefined &&
          value !== '' &&
          value !== false && (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ),
      )}
    </dl>
  );
}

export function PluginFacts({ details }: { details: PluginDetails }) {
  const { run, hour, problems, quarantined, triggers, commands, facts } = details;
  return (
    <>
      <h2>Process</h2>
      {run ? (
        <Facts
          rows={[
            ['Isolation', run.isolation],
            ['Group', run.group],
            ['Process id', run.pid === undefined ? 'none: it does not run' : String(run.pid)],
            ['Running', run.since !== undefined && <Ago at={run.since} suffix="" />],
            ['Restarts', count(run.restarts)],
            ['Memory', run.rss !== undefined && bytes(run.rss)],
            ['Processor time', run.cpuMs !== undefined && lasting(run.cpuMs)],
          ]}
        />
      ) : (
        <p class="empty">It runs inside the gateway's process, or not at all.</p>
      )}
      <h2>Calls in the last hour</h2>
      {hour.calls === 0 ? (
        <p class="empty">None.</p>
      ) : (
        <Facts
          rows={[
            ['Calls', count(hour.calls)],
            ['Failed', share(hour.failed, hour.calls)],
            ['Half within', hour.p50 !== undefined && lasting(hour.p50)],
            ['95% within', hour.p95 !== undefined && lasting(hour.p95)],
            ['99% within', hour.p99 !== undefined && lasting(hour.p99)],
          ]}
        />
      )}
      {problems.length > 0 && (
        <>
          <h2>Problems</h2>
          <ul>
            {problems.map(({ code, subject, message }) => (
              <li key={`${code} ${subject} ${message}`}>
                {subject && <strong>{subject}: </strong>}
                <Words text={message} /> <small>{code}</small>
              </li>
            ))}
          </ul>
        </>
      )}
      {quarantined.length > 0 && (
        <>
          <h2>Tools that are not served</h2>
          <ul>
            {quarantined.map(({ name, reason }) => (
              <li key={name}>
                <strong>{name}</strong>: {reason}
              </li>
            ))}
          </ul>
        </>
      )}
      <h2>Facts</h2>
      <Facts
        rows={[
          ['Id', details.id],
          ['Format', details.format],
          ['Version', details.version],
          ['Origin', details.origin],
          ['Triggers', triggers.length > 0 && `${triggers.join(', ')} (declared; not run)`],
          ['Commands', commands.length > 0 && commands.join(', ')],
          [
            'Tokens',
            `${tokens(details.tokens.tools)} tools, ${tokens(details.tokens.instructions)} instructions, ${tokens(details.tokens.prompts)} prompts`,
          ],
          ...Object.entries(facts).map(([name, value]) => [name, typeof value === 'string' ? value : JSON.stringify(value)] as const),
        ]}
      />
    </>
  );
}
