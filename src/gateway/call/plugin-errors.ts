import { GatewayError, toError } from '../../core/errors.ts';

/** Runs plugin code outside a tool call. Errors become PLUGIN_FAILED with the plugin's id. */
export async function toPluginFailed<T>(plugin: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof GatewayError) throw error;
    throw new GatewayError('PLUGIN_FAILED', `Plugin ${plugin} failed: ${toError(error).message}`, { plugin, cause: error });
  }
}
