import { loadedAt, overview, plugins } from '../../data/store.ts';
import { many } from '../../data/words.ts';
import { NoPlugins, PluginTable } from '../../parts/plugin-table.tsx';
import { Screen } from '../../parts/screen.tsx';
import { Search } from '../../parts/search.tsx';
import { place } from '../../router.ts';

/** Every plugin with its state and its process. */
export function PluginsScreen() {
  const text = (place.value.query.get('q') ?? '').toLowerCase();
  const all = plugins.value;
  const shown = all.filter(({ id, title, format }) => `${id} ${title} ${format}`.toLowerCase().includes(text));
  return (
    <Screen title="Plugins">
      {all.length === 0 ? (
        <NoPlugins />
      ) : (
        <>
          <div class="filters">
            <Search label="Search plugins" />
          </div>
          {shown.length === 0 ? (
            <p class="empty">None of {many(all.length, 'plugin')} has this in its name.</p>
          ) : (
            <PluginTable cards={shown} full />
          )}
        </>
      )}
      <p class="small">
        {overview.value?.config.file ? (
          <>
            Configured in <code>{overview.value.config.file}</code>
          </>
        ) : (
          'There is no configuration file'
        )}
        {loadedAt.value === 0 && ', not loaded yet'}.
      </p>
    </Screen>
  );
}
