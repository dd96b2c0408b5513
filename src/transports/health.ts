import type { Route } from './router.ts';

/** What the two health routes ask. */
export interface Health {
  /** Whether every plugin opened or failed once; never false again after that. */
  ready(): boolean;
}

/** `/livez`: the event loop turns. `/readyz`: the gateway takes work. One word each, for anybody; the state of plugins is in `/status`. */
export function healthRoutes({ ready, draining }: Health & { draining(): boolean }): ReadonlyMap<string, Route> {
  const say = (word: () => { status: number; text: string }): Route => {
    const answer: Route[string] = ({ response }) => {
      const { status, text } = word();
      response.writeHead(status, { 'Content-Type': 'text/plain', 'Content-Length': text.length, 'Cache-Control': 'no-store' }).end(text);
    };
    return { GET: answer, HEAD: answer };
  };
  return new Map([
    ['/livez', say(() => ({ status: 200, text: 'alive' }))],
    ['/readyz', say(() => (draining() || !ready() ? { status: 503, text: 'busy' } : { status: 200, text: 'ready' }))],
  ]);
}
