// Medians and tables. Ratios are computed per round, since the speed of the machine drifts between rounds.
export function quantile(values, q) {
  if (values.length === 0) return Number.NaN;
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))];
}

export function median(values) {
  const sorted = Float64Array.from(values).sort();
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

export function format(value) {
  if (!Number.isFinite(value)) return '-';
  if (Math.abs(value) >= 100) return String(Math.round(value));
  return value.toFixed(Math.abs(value) >= 10 ? 1 : 2);
}

/** One row per target, one column per measurement: the median, and the median of the ratios to the reference. */
export function toTable(results, columns) {
  const rows = [['target', ...columns.map((c) => c.title)]];
  for (const { name, reference, rounds } of results) {
    const base = results.find((r) => r.name === reference)?.rounds;
    rows.push([name, ...columns.map((c) => cell(rounds, base, c.key, name === reference))]);
  }
  const widths = rows[0].map((_, i) => Math.max(...rows.map((row) => row[i].length)));
  const line = (row) => `| ${row.map((text, i) => (i === 0 ? text.padEnd(widths[i]) : text.padStart(widths[i]))).join(' | ')} |`;
  return [
    line(rows[0]),
    `|${widths.map((w, i) => (i === 0 ? `:${'-'.repeat(w + 1)}` : `${'-'.repeat(w + 1)}:`)).join('|')}|`,
    ...rows.slice(1).map(line),
  ].join('\n');
}

function cell(rounds, base, key, isReference) {
  const values = rounds.map((round) => round[key]).filter(Number.isFinite);
  if (values.length === 0) return '-';
  if (isReference || !base) return format(median(values));
  const ratios = rounds.map((round, i) => round[key] / base[i]?.[key]).filter(Number.isFinite);
  return ratios.length === 0 ? format(median(values)) : `${format(median(values))} x${format(median(ratios))}`;
}
