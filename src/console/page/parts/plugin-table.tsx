import type { Card } from '../../api/types.ts';
import { bytes, count, lasting, share, tokens } from '../data/words.ts';
import { href } from '../router.ts';
import { Ago } from './ago.tsx';
import { StateWord } from './state-word.tsx';

export function NoPlugins() {
  return (
    <div class="empty">
      <p>
        No plugins yet. Put one into <code>plugins/</code>, or see <a href={href(['connect'])}>Connect a client</a>.
      </p>
      <pre>{'plugmux init\nplugmux doctor'}</pre>
    </div>
  );
}

/** One row a plugin. `full`: with its process. */
export function PluginTable({ cards, full = false }: { cards: readonly Card[]; full?: boolean }) {
  return (
    <table class="cards">
      <caption>Plugins</caption>
      <thead>
        <tr>
          <th scope="col">Plugin</th>
          <th scope="col">State</th>
          {full && (
            <>
              <th scope="col">Process</th>
              <th scope="col" class="n">
                Memory
              </th>
              <th scope="col" class="n">
                Restarts
              </th>
            </>
          )}
          <th scope="col" class="n">
            Tools
          </th>
          <th scope="col" class="n">
            Calls, 1 h
          </th>
          <th scope="col" class="n">
            Failed
          </th>
          <th scope="col" class="n">
            95% within
          </th>
          <th scope="col" class="n">
            Tokens
          </th>
        </tr>
      </thead>
      <tbody>
        {cards.map((card) => (
          <Row key={card.id} card={card} full={full} />
        ))}
      </tbody>
    </table>
  );
}

function Row({ card, full }: { card: Card; full: boolean }) {
  const { id, title, format, parent, version, since, why, run, hour } = card;
  const none = hour.calls === 0;
  return (
    <tr>
      <th scope="row">
        <a href={href(['plugins', id])} data-row>
          {title || id}
        </a>{' '}
        <small>
          {format} {version}
          {parent && ` of ${parent}`}
        </small>
      </th>
      <td data-label="State">
        <StateWord card={card} />
        {since > 0 && (
          <small>
            {' '}
            <Ago at={since} suffix="" />
          </small>
        )}
        {why && card.state !== 'ready' && <small class="why">{why.message}</small>}
      </td>
      {full && (
        <>
          <td data-label="Process">{run ? run.isolation : 'in the gateway'}</td>
          <td data-label="Memory" class="n">
            {run?.rss === undefined ? '–' : bytes(run.rss)}
          </td>
          <td data-label="Restarts" class="n">
            {run ? count(run.restarts) : '–'}
          </td>
        </>
      )}
      <td data-label="Tools" class="n">
        {count(card.tools)}
        {card.withheld > 0 && <small> + {count(card.withheld)} withheld</small>}
      </td>
      <td data-label="Calls, 1 h" class="n">
        {none ? '–' : count(hour.calls)}
      </td>
      <td data-label="Failed" class="n">
        {none ? '–' : share(hour.failed, hour.calls)}
      </td>
      <td data-label="95% within" class="n">
        {hour.p95 === undefined ? '–' : lasting(hour.p95)}
      </td>
      <td data-label="Tokens" class="n">
        {tokens(card.tokens.tools + card.tokens.instructions + card.tokens.prompts)}
      </td>
    </tr>
  );
}
