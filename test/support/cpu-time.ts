/**
 * How many milliseconds of its processor `work` takes of this process. Unlike the time on the wall it does not grow
 * with what else the machine does.
 */
export async function cpuMs(work: () => unknown): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
