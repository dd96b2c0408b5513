// What a run of a client says.
import { createPlace, removePlace, startGateway } from './place.mjs';

/**
 * Runs a client over one transport in a place of its own, with a gateway where it does not start one itself. What `run`
 * throws is a fault of the client. `restart` puts another gateway at the same address.
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

/** Collects what held, what did not, and the data. */
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
