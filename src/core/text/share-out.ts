/** Divides `room` among texts of these lengths. Space that short texts leave unused goes to longer ones. */
export function shareOut(lengths: readonly number[], room: number): number[] {
  const shares = lengths.map(() => 0);
  let left = Math.max(0, room);
  const byLength = lengths.map((_, at) => at).sort((a, b) => (lengths[a] as number) - (lengths[b] as number));
  for (const [done, at] of byLength.entries()) {
    const share = Math.min(lengths[at] as number, Math.floor(left / (byLength.length - done)));
    shares[at] = share;
    left -= share;
  }
  return shares;
}
