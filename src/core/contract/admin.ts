/** What administrators see of a plugin in addition to its manifest; a member is absent if the format has no such thing. Plain JSON. */
export interface AdminDetails {
  /** The id that the author gave the plugin. */
  readonly authorId?: string;
  readonly name?: string;
  readonly version?: string;
  readonly description?: string;
  /** Whose data the plugin works on, in the format's words. */
  readonly scope?: string;
  /** Whether it adds text to the model's instructions. */
  readonly addsInstructions?: boolean;
  /** The permissions that its tools require. */
  readonly permissions?: readonly string[];
  /** The permissions that the configuration grants. */
  readonly granted?: readonly string[];
  readonly tools?: readonly AdminToolDetails[];
}

/** What administrators see of one tool in addition to its name and description. */
export interface AdminToolDetails {
  /** The tool's name inside the plugin. */
  readonly name: string;
  /** How a user types the tool as a command. */
  readonly usage?: string;
  readonly permissions?: readonly string[];
  /** The plugin creates it at run time. */
  readonly dynamic?: boolean;
}

/** Why a request of an administrator is rejected. */
export type AdminErrorCode =
  | 'UNAUTHENTICATED'
  | 'FORBIDDEN'
  | 'RATE_LIMITED'
  | 'INVALID_PARAMS'
  | 'METHOD_NOT_ALLOWED'
  | 'NOT_FOUND'
  | 'PLUGIN_NOT_FOUND'
  | 'GROUP_NOT_FOUND'
  | 'OPEN_FAILED'
  | 'INTERNAL';
