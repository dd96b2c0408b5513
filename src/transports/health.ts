import type { Route } from './router.ts';

/** The state that the health routes report. */
export interface Health {
  /** Whether every plugin has opened or failed once. Stays true from then on. */
  ready(): boolean;
}

/** `/livez`: the process responds. `/readyz`: the gateway accepts work. Both reply with one word and need no login. */
export function healthRoutes({ ready, draining }: Health & { draining(): boolean }): ReadonlyMap<string, Route> {
  const textRoute = (read: () => { status: number; text: string }): Route => {
    const answer: Route[string] = ({ response }) => {
      const { status, text } = read();
      response.writeHead(status, { 'Content-Type': 'text/plain', 'Content-Length': text.length, 'Cache-Control': 'no-store' }).end(text);
    };
    return { GET: answer, HEAD: answer };
  };
  return new Map([
    ['/livez', textRoute(() => ({ status: 200, text: 'alive' }))],
    ['/readyz', textRoute(() => (draining() || !ready() ? { status: 503, text: 'busy' } : { status: 200, text: 'ready' }))],
  ]);
}
