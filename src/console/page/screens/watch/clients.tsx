import { useState } from 'preact/hooks';
import type { Client } from '../../../api/types.ts';
import { route, useAction } from '../../data/act.ts';
import { clients, mayChange } from '../../data/store.ts';
import { ClientTable } from '../../parts/client-table.tsx';
import { Confirm } from '../../parts/dialog.tsx';
import { Failure } from '../../parts/loaded.tsx';
import { Screen } from '../../parts/screen.tsx';
import { say } from '../../parts/status.tsx';
import { href } from '../../router.ts';

export function ClientsScreen() {
  const [ending, setEnding] = useState<Client>();
  const action = useAction();
  const end = async ({ id, name }: Client) => {
    if (await action.run('DELETE', route('clients', id))) say(`The session of ${name} has ended.`);
  };
  return (
    <Screen title="Clients">
      {action.error && <Failure error={action.error} />}
      {clients.value.length === 0 ? (
        <p class="empty">
          Nobody is connected. <a href={href(['connect'])}>Connect a client</a>
        </p>
      ) : (
        <ClientTable clients={clients.value} {...(mayChange.value ? { end: setEnding } : {})} />
      )}
      {ending && (
        <Confirm
          title={`End the session of ${ending.name}?`}
          deed="End session"
          close={() => setEnding(undefined)}
          act={() => void end(ending)}
        >
          <p>Its running calls are cancelled. The client can connect again.</p>
        </Confirm>
      )}
    </Screen>
  );
}
