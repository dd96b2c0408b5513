import type { InitializeHook, ResolveHook } from 'node:module';

interface HookData {
  readonly standIns: Readonly<Record<string, string>>;
  readonly roots: readonly string[];
}

const registered: HookData[] = [];

/** Receives one plugin's stand-ins and module roots from the loader. */
export const initialize: InitializeHook<HookData> = (data) => {
  registered.push(data);
};

/** If normal resolution fails, resolves specifiers of the original host to stand-ins, and others from the extra roots. */
export const resolve: ResolveHook = async (specifier, context, next) => {
  try {
    return await next(specifier, context);
  } catch (error) {
    for (const { standIns, roots } of registered) {
      const url = standIns[specifier];
      if (url !== undefined) return { url, shortCircuit: true };
      for (const root of roots) {
        try {
          return await next(specifier, { ...context, parentURL: root });
        } catch {
          // Not in this root.
        }
      }
    }
    throw error;
  }
};
