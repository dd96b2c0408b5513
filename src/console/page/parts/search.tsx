import { place, setQuery } from '../router.ts';

/** A search field whose text is in the address. */
export function Search({ label, name = 'q' }: { label: string; name?: string }) {
  return (
    <label>
      {label}
      <input
        type="search"
        value={place.value.query.get(name) ?? ''}
        onInput={(event) => setQuery({ [name]: event.currentTarget.value || undefined }, true)}
        onKeyDown={(event) => event.key === 'Escape' && event.currentTarget.blur()}
      />
    </label>
  );
}

/** A choice that is in the address. The first option is the default and leaves it. */
export function Pick(props: { label: string; name: string; options: readonly (readonly [value: string, label: string])[] }) {
  const { label, name, options } = props;
  return (
    <label>
      {label}
      <select value={place.value.query.get(name) ?? ''} onChange={(event) => setQuery({ [name]: event.currentTarget.value || undefined })}>
        {options.map(([value, words]) => (
          <option key={value} value={value}>
            {words}
          </option>
        ))}
      </select>
    </label>
  );
}

/** A check box that is in the address. */
export function Check({ label, name }: { label: string; name: string }) {
  return (
    <label class="check">
      <input
        type="checkbox"
        checked={place.value.query.has(name)}
        onChange={(event) => setQuery({ [name]: event.currentTarget.checked ? '1' : undefined })}
      />
      {label}
    </label>
  );
}
