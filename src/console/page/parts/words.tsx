/** A message of the gateway: what stands in backticks is code. */
export function Words({ text }: { text: string }) {
  // Every second part stood in backticks; a last one without its end did not.
  const parts = text.split('`');
  if (parts.length % 2 === 0) return <>{text}</>;
  return <>{parts.map((part, i) => (i % 2 === 1 ? <code key={i}>{part}</code> : part))}</>;
}
