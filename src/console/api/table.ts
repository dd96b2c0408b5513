import { approvalRoutes } from './approvals.ts';
import { auditRoutes } from './audit.ts';
import { callRoutes } from './calls.ts';
import { changeRoutes } from './changes.ts';
import { choiceRoutes } from './choices.ts';
import { clientRoutes } from './clients.ts';
import { connectRoutes } from './connect.ts';
import { grantRoutes } from './grants.ts';
import { loginRoutes } from './login.ts';
import { logRoutes } from './logs.ts';
import { overviewRoutes } from './overview.ts';
import { pluginRoutes } from './plugins.ts';
import { promptRoutes } from './prompts.ts';
import type { ConsoleRoute } from './route.ts';
import { settingRoutes } from './settings.ts';
import { toolRoutes } from './tools.ts';
import { tryRoutes } from './try.ts';

/** The address that all routes are below. */
export const BASE = '/api/console';

/** Every route of the API. The server and the contract tests are made from it. */
export const ROUTES: readonly ConsoleRoute[] = [
  ...loginRoutes,
  ...overviewRoutes,
  ...pluginRoutes,
  ...settingRoutes,
  ...choiceRoutes,
  ...toolRoutes,
  ...tryRoutes,
  ...promptRoutes,
  ...callRoutes,
  ...logRoutes,
  ...grantRoutes,
  ...clientRoutes,
  ...connectRoutes,
  ...approvalRoutes,
  ...changeRoutes,
  ...auditRoutes,
];
