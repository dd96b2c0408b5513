import type { Json, JsonMap, SettingsAnswer } from '../../../api/types.ts';
import { route } from '../../data/act.ts';
import { useLoad } from '../../data/load.ts';
import { Loaded } from '../../parts/loaded.tsx';

const show = (value: Json | undefined): string => (value === undefined ? 'not set' : JSON.stringify(value));

/** Somebody saved meanwhile: what they have, and what is in this form. */
export function Compare(props: {
  readonly id: string;
  readonly mine: JsonMap;
  readonly base: JsonMap;
  readonly overwrite: (revision: string) => void;
  readonly take: (newer: SettingsAnswer) => void;
}) {
  const { id, mine, base, overwrite, take } = props;
  const load = useLoad<SettingsAnswer>(route('plugins', id, 'settings'));
  return (
    <div class="notice warn" role="alert">
      <p>
        <strong>Somebody saved meanwhile.</strong> Nothing of yours was saved. Compare:
      </p>
      <Loaded load={load} what="the newer settings">
        {(newer) => {
          const keys = [...new Set([...Object.keys(mine), ...Object.keys(newer.values)])].filter(
            (key) => JSON.stringify(mine[key]) !== JSON.stringify(newer.values[key]),
          );
          return (
            <>
              {keys.length === 0 ? (
                <p>The values are the same; a secret may differ.</p>
              ) : (
                <table class="cards">
                  <caption>Values that differ</caption>
                  <thead>
                    <tr>
                      <th scope="col">Setting</th>
                      <th scope="col">When you opened it</th>
                      <th scope="col">Saved now</th>
                      <th scope="col">Yours</th>
                    </tr>
                  </thead>
                  <tbody>
                    {keys.map((key) => (
                      <tr key={key}>
                        <th scope="row">{key}</th>
                        <td data-label="When you opened it">{show(base[key])}</td>
                        <td data-label="Saved now">{show(newer.values[key])}</td>
                        <td data-label="Yours">{show(mine[key])}</td>
                      </tr>
                    ))}
                  </tbody>
                </table>
              )}
              <div class="buttons">
                <button type="button" onClick={() => take(newer)}>
                  Take what is saved
                </button>
                <button type="button" class="danger" onClick={() => overwrite(newer.revision)}>
                  Save mine over it
                </button>
              </div>
            </>
          );
        }}
      </Loaded>
    </div>
  );
}
