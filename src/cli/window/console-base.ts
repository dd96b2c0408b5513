import type { Config } from '../../config/config.ts';

/** The address that links to the console begin with: the public one, or where the gateway listens. */
export function consoleBase({ public: published }: Pick<Config['listen'], 'public'>, origin: string): string {
  // No browser can open the address that stands for all of them.
  return published ?? origin.replace('//0.0.0.0:', '//127.0.0.1:').replace('//[::]:', '//[::1]:');
}
