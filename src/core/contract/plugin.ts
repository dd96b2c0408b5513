import type { ErrorCode } from '../error-codes.ts';
import type { GatewayError } from '../errors.ts';
import type { JsonObject } from '../json/json.ts';
import type { AdminDetails } from './admin.ts';
import type { UserCommand } from './command.ts';
import type { EventSources, Trigger } from './event-source.ts';
import type { Middleware } from './middleware.ts';
import type { OfferedProfile } from './offered-profile.ts';
import type { Prompt } from './prompt.ts';
import type { ReadResult, Resource, ResourceTemplate } from './resource.ts';
import type { Skill } from './skill.ts';
import type { Source } from './source.ts';
import type { CallContext, Tool } from './tool.ts';

/** A non-fatal problem of a plugin; `subject` is the affected function, file or key. */
export interface Problem {
  readonly code?: ErrorCode;
  readonly message: string;
  readonly fix?: string;
  readonly subject?: string;
}

/** Description of a plugin, read before any of its code runs. */
export interface Manifest {
  /** The plugin's id in the gateway. */
  readonly id: string;
  /** The plugin's original id, if the configuration renames it. */
  readonly alias?: string;
  /** The name of its log, if that is not its id. */
  readonly logName?: string;
  readonly title?: string;
  readonly description?: string;
  readonly version: string;
  /** The adapter's kind, or the one of its formats that the plugin has. */
  readonly adapter: string;
  /** The folder or file it came from, for messages. */
  readonly origin: string;
  /** Further plugins of its source that the configuration does not select. */
  readonly unselected?: readonly string[];
  /** Unused keys of its entry; reported whether or not it opens. */
  readonly ignored?: readonly Problem[];
  /** Files and folders whose change means a changed plugin. */
  readonly watch: readonly string[];
  /** Hash of the plugin's files and configuration. */
  readonly digest: string;
  /** Changes with files of its program that may change without a change of the plugin. */
  readonly stamp?: string;
  /**
   * It guards the calls of other plugins: they are rejected until it has listed its offer, and while it is failed.
   * `seen`: only in profiles that include the plugin.
   */
  readonly guards?: boolean | 'seen';
  /**
   * The settings that it declares, a JSON Schema 2020-12 object. Extensions: `x-path` ("file" or "directory"), `x-choices`
   * (`{ function, args, value, label, group? }`: a tool of the plugin knows the choices, at dotted paths of its result), `x-command` (it occurs in a command, so only mcp.json sets it).
   */
  readonly settings?: JsonObject;
  /** Keys of its entry below which its settings are. Default: `["settings"]`. */
  readonly settingsAt?: readonly string[];
  /** Further sources that belong to it: entries of MCP servers, or paths inside its folder with a format. */
  readonly yields?: readonly Source[];
  /** Tools that its author says its servers have; complete: there are no others. For `doctor`. */
  readonly announces?: { readonly tools: readonly string[]; readonly isComplete: boolean };
  /** The plugin that yields it. Set by the registry. */
  readonly parent?: Parent;
}

/** The plugin that yields another one, and the name it gives to that one. */
export interface Parent {
  readonly id: string;
  readonly name: string;
  /** The plugin that yields this one in turn. */
  readonly parent?: Parent;
}

/** A snapshot of what a plugin offers; a changed offer is a new object. */
export interface Offer {
  /** The plugin's version, if it is only known once opened. */
  readonly version?: string;
  readonly tools: readonly Tool[];
  readonly prompts: readonly Prompt[];
  /** Commands for users. */
  readonly commands?: readonly UserCommand[];
  readonly resources: readonly Resource[];
  readonly templates: readonly ResourceTemplate[];
  /** Skills, each under a name of its own. The gateway serves their files as resources and through a tool. */
  readonly skills?: readonly Skill[];
  /** Reads a resource by its URI, listed or not; absent if only listed ones can be read. */
  readonly read?: (uri: string, ctx: CallContext) => Promise<ReadResult>;
  readonly triggers: readonly Trigger[];
  /** Instructions for the model. */
  readonly instructions?: string;
  /** Computes the current instructions, if they change over time; `instructions` are the initial ones. */
  readonly compose?: (ctx: CallContext) => Promise<string>;
  /** Steps around the calls of other plugins. */
  readonly middleware?: Middleware;
  readonly profiles?: readonly OfferedProfile[];
  /** The offer depends on a login, so it is not cached for the next start. */
  readonly personal?: boolean;
  /** Its tools are still being read; those of the previous run stay listed until then. */
  readonly awaitsTools?: boolean;
  /** Lists that are not known yet or could not be read; their cached content is kept. */
  readonly unread?: readonly ('tools' | 'prompts' | 'resources' | 'templates' | 'skills')[];
  /** Settings and credentials that are missing; a plugin with any offers no tools. */
  readonly needs: readonly string[];
  readonly problems: readonly Problem[];
  /** Facts for the operator, such as the dialect in use. */
  readonly facts: JsonObject;
  /** The settings that only the plugin's code knows, as in `Manifest.settings`. */
  readonly settings?: JsonObject;
  /** What the routes for administrators show. */
  readonly adminDetails?: AdminDetails;
}

/** State of an opened plugin. */
export type PluginState = 'opening' | 'ready' | 'restarting' | 'failed' | 'closed';

/** The client that requests a list. */
export type ListRequester = Pick<CallContext, 'caller' | 'session' | 'clientName'>;

/** An opened plugin. */
export interface Plugin {
  readonly manifest: Manifest;
  /** Undefined until the plugin has listed what it offers. */
  offer(): Offer | undefined;
  state(): PluginState;
  /** Why it is not ready; undefined if it is. */
  error?(): GatewayError | undefined;
  /** Starts a lazy plugin. Resolves when it is ready or failed; never rejects. */
  start(): Promise<void>;
  /**
   * Called before a list is sent, so the plugin can update its offer. The list waits for the promise, up to
   * `limits.firstListMs`. For plugins with per-client tools.
   */
  refresh?(asker: ListRequester): Promise<void> | undefined;
  /** Checks the plugin on request and returns its problems, worst first. */
  check?(): Promise<readonly Problem[]>;
  /** Resolves if it is still opening long after others of its process are ready; lists are then sent without it. */
  late?(): Promise<void>;
  /** Calls the listener after every change of the offer or state. */
  onChange(listener: () => void): void;
  /** Calls the listener with the URI of a resource whose contents have changed. */
  onUpdated?(listener: (uri: string) => void): void;
  /** Sets the URIs of its resources that clients subscribe to; called after every change. */
  setSubscriptions?(uris: ReadonlySet<string>): void;
  /** How its triggers run; absent if its format has none. */
  readonly eventSources?: EventSources;
  /** `disabled`: the plugin is being disabled or removed, not restarted or shut down. */
  close(disabled?: boolean): Promise<void>;
}

/** An empty offer. */
export const emptyOffer: Offer = {
  tools: [],
  prompts: [],
  resources: [],
  templates: [],
  triggers: [],
  needs: [],
  problems: [],
  facts: {},
};
