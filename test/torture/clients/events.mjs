/** Parses server-sent events from chunks of text. */
export function eventReader(on) {
  let rest = '';
  return (chunk) => {
    rest += chunk;
    for (let at = rest.indexOf('\n\n'); at >= 0; at = rest.indexOf('\n\n')) {
      const fields = {};
      for (const line of rest.slice(0, at).split('\n')) {
        const [, name, value] = /^([a-z]+): ?(.*)$/s.exec(line) ?? [];
        if (name !== undefined) fields[name] = value;
      }
      rest = rest.slice(at + 2);
      if (fields.id !== undefined) on.event(fields.id);
      if (fields.data !== undefined && fields.data !== '') on.message(fields.data, fields.event);
    }
  };
}
