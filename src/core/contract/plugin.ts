import type { ErrorCode } from '../error-codes.ts';
import type { GatewayError } from '../errors.ts';
import type { JsonObject } from '../json/json.ts';
import type { UserCommand } from './command.ts';
import type { Middleware } from './middleware.ts';
import type { OfferedProfile } from './offered-profile.ts';
import type { Prompt } from './prompt.ts';
import type { ReadResult, Resource, ResourceTemplate } from './resource.ts';
import type { CallContext, Tool } from './tool.ts';

/** Something wrong or unsupported that did not stop the plugin; `subject` is the function, file or key it is about. */
export interface Problem {
  readonly code?: ErrorCode;
  readonly message: string;
  readonly fix?: string;
  readonly subject?: string;
}

/** What a plugin says of itself before any of its code runs. */
export interface Manifest {
  /** The plugin's id everywhere in the gateway. */
  readonly id: string;
  /** The plugin's own id, where the configuration gave it another. */
  readonly alias?: string;
  readonly title?: string;
  readonly description?: string;
  readonly version: string;
  /** The adapter's kind. */
  readonly adapter: string;
  /** The folder or file it came from, for people. */
  readonly origin: string;
  /** Further plugins of its source that the configuration does not select. */
  readonly unselected?: readonly string[];
  /** What its entry says and nothing uses; told whether or not it opens. */
  readonly ignored?: readonly Problem[];
  /** Files and folders whose change means a changed plugin. */
  readonly watch: readonly string[];
  /** Changes whenever the plugin would behave differently: its text and its configuration. */
  readonly digest: string;
  /** Changes with files that its program is known to consist of, which may change without a change of the plugin. */
  readonly stamp?: string;
  /**
   * It guards the calls of others: they are refused until it has listed what it offers, and whenever it has failed.
   * `seen`: only where the caller's profile has the plugin.
   */
  readonly guards?: boolean | 'seen';
}

/** An event source that a plugin declares. */
export interface Trigger {
  readonly id: string;
  readonly title: string;
  readonly description?: string;
}

/** What a plugin offers at one moment; a changed offer is a new object. */
export interface Offer {
  /** The plugin's version, where only its code or its distribution knows it. */
  readonly version?: string;
  readonly tools: readonly Tool[];
  readonly prompts: readonly Prompt[];
  /** What a person can run on it. */
  readonly commands?: readonly UserCommand[];
  readonly resources: readonly Resource[];
  readonly templates: readonly ResourceTemplate[];
  /** Reads a resource by its address, listed or not; absent where only listed ones can be read. */
  readonly read?: (uri: string, ctx: CallContext) => Promise<ReadResult>;
  readonly triggers: readonly Trigger[];
  /** What the plugin tells the model about its tools. */
  readonly instructions?: string;
  /** The instructions as they are at this moment, where they depend on it; `instructions` is how they began. */
  readonly compose?: (ctx: CallContext) => Promise<string>;
  /** What it does with the calls of other plugins. */
  readonly middleware?: Middleware;
  readonly profiles?: readonly OfferedProfile[];
  /** It depends on a login, so the next start must not know it. */
  readonly personal?: boolean;
  /** Its tools are still being read: what the last start knew of them stays listed until then. */
  readonly awaitsTools?: boolean;
  /** What of it is not known yet, or could not be read: the next start keeps what was known of these. */
  readonly unread?: readonly ('tools' | 'prompts' | 'resources' | 'templates')[];
  /** Settings and credentials that are missing; a plugin with any offers no tools. */
  readonly needs: readonly string[];
  readonly problems: readonly Problem[];
  /** Facts worth telling the operator, such as the dialect in use. */
  readonly facts: JsonObject;
}

/** Where a plugin stands. */
export type PluginState = 'opening' | 'ready' | 'restarting' | 'failed' | 'closed';

/** The client that asks what there is. */
export type ListRequester = Pick<CallContext, 'caller' | 'session' | 'clientName'>;

/** An opened plugin. */
export interface Plugin {
  readonly manifest: Manifest;
  /** Undefined until the plugin has listed what it offers. */
  offer(): Offer | undefined;
  state(): PluginState;
  /** Why it is not ready, when it is not. */
  error?(): GatewayError | undefined;
  /** Starts what starts lazily; settles when the plugin is ready or has failed, and never rejects. */
  start(): Promise<void>;
  /**
   * A client is being told what the plugin offers: a chance to look whether that has changed. What it promises is waited
   * for, within bounds: for plugins that make up something for this very client.
   */
  refresh?(asker: ListRequester): Promise<void> | undefined;
  /** Looks at itself when somebody asks how it is: what is wrong, worst first. */
  check?(): Promise<readonly Problem[]>;
  /** Settles once it takes so long to open that lists are made without it, since others of its process are ready; it goes on opening. */
  late?(): Promise<void>;
  /** Calls back whenever the offer or the state has changed. */
  onChange(listener: () => void): void;
  /** Calls back with the address of a resource whose contents have changed. */
  onUpdated?(listener: (uri: string) => void): void;
  /** Hears which of its resources somebody wants to hear of, whenever that changes; for those who must ask for such news. */
  setSubscriptions?(uris: ReadonlySet<string>): void;
  /** `disabled`: not for a restart or a shutdown, but because somebody wants it gone. */
  close(disabled?: boolean): Promise<void>;
}

/** An offer with nothing in it, to build others from. */
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
