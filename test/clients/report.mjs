// What a run of a client says.

/** Collects what held, what did not, and the data. */
export function createReport(title) {
  const report = { title, passed: 0, faults: [], rows: [] };
  report.check = (what, holds, saw) => {
    if (holds) report.passed++;
    else report.fault(`${what}: ${typeof saw === 'string' ? saw : JSON.stringify(saw)?.slice(0, 1_500)}`);
  };
  report.fault = (what) => report.faults.push(`${title}: ${what}`);
  report.record = (row) => report.rows.push(row);
  return report;
}
