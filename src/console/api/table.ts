import { approvalRoutes } from './approvals.ts';
import { changeRoutes } from './changes.ts';
import { loginRoutes } from './login.ts';
import { overviewRoutes } from './overview.ts';
import type { ConsoleRoute } from './route.ts';

/** The address that all routes are below. */
export const BASE = '/api/console';

/** Every route of the API. The server and the contract tests are made from it. */
export const ROUTES: readonly ConsoleRoute[] = [...loginRoutes, ...overviewRoutes, ...approvalRoutes, ...changeRoutes];
