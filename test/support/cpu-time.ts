/**
 * CPU time in milliseconds that this process uses for `work`. Unlike wall-clock time, it does not depend on other
 * processes of the machine.
 */
export async function cpuMs(work: () => unknown): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
