import type { Client } from '../../api/types.ts';
import { Ago } from './ago.tsx';

/** Connected clients. `end`: shows a button that ends the session. */
export function ClientTable({ clients, end }: { clients: readonly Client[]; end?: (client: Client) => void }) {
  return (
    <table class="cards">
      <caption>Connected clients</caption>
      <thead>
        <tr>
          <th scope="col">Client</th>
          <th scope="col">Who</th>
          <th scope="col">Profile</th>
          <th scope="col">Transport</th>
          <th scope="col">Since</th>
          <th scope="col">Last call</th>
          <th scope="col">Abilities</th>
          {end && (
            <th scope="col">
              <span class="unseen">Action</span>
            </th>
          )}
        </tr>
      </thead>
      <tbody>
        {clients.map((client) => (
          <tr key={client.id}>
            <th scope="row">
              {client.name} <small>{client.version}</small>
            </th>
            <td data-label="Who">{client.principal}</td>
            <td data-label="Profile">{client.profile}</td>
            <td data-label="Transport">
              {client.transport} <small>{client.era}</small>
            </td>
            <td data-label="Since">
              <Ago at={client.since} />
            </td>
            <td data-label="Last call">{client.lastCall === undefined ? 'none yet' : <Ago at={client.lastCall} />}</td>
            <td data-label="Abilities">{abilities(client)}</td>
            {end && (
              <td>
                <button type="button" onClick={() => end(client)}>
                  End session
                </button>
              </td>
            )}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

const abilities = ({ canBeAsked, hasRoots, watches }: Client): string =>
  [canBeAsked && 'can be asked', hasRoots && 'has roots', watches.length > 0 && `watches ${watches.join(', ')}`]
    .filter(Boolean)
    .join(', ') || 'none';
