import { GatewayError } from '../../../core/errors.ts';
import { orOneOf } from '../../../core/text/nearest.ts';
import { showName } from '../../../core/text/text.ts';

/** The error for a name that nothing has; `known`: the names that there are. It suggests names as the command line does. */
export function unknownName(kind: 'plugin' | 'profile' | 'tool' | 'prompt', name: string, known: Iterable<string>): GatewayError {
  const fix = orOneOf(name, known) ?? `There is no ${kind} at all.`;
  return new GatewayError('NOT_FOUND', `There is no ${kind} "${showName(name)}".`, { fix });
}
