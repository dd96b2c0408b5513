// The report of one client run.
import { createPlace, removePlace, startGateway } from './place.mjs';

/**
 * Runs a client over one transport in its own environment, with a gateway unless it starts one itself. An error thrown by
 * `run` is a fault of the client. `restart` starts another gateway at the same address.
 */
export async function reportOn({ title, version }, transport, run) {
  const place = createPlace();
  const report = createReport(`${title} ${version}, ${transport}`);
  let gateway;
  const restart = async () => {
    const { port } = new URL(gateway.url);
    await gateway.stop();
    gateway = await startGateway(place, port);
  };
  try {
    if (transport !== 'stdio') gateway = await startGateway(place);
    await run({ place, report, url: gateway?.url, restart });
  } catch (error) {
    report.fault(error.stack);
  } finally {
    await gateway?.stop();
    removePlace(place);
  }
  return report;
}

/** Collects passed and failed checks, and the data. */
function createReport(title) {
  const report = { title, passed: 0, faults: [], rows: [] };
  report.check = (what, holds, saw) => {
    if (holds) report.passed++;
    else report.fault(`${what}: ${typeof saw === 'string' ? saw : JSON.stringify(saw)?.slice(0, 1_500)}`);
  };
  report.fault = (what) => report.faults.push(`${title}: ${what}`);
  report.record = (row) => report.rows.push(row);
  return report;
}
