/** How to import one plugin entry. All paths are absolute. */
export interface LoadRequest {
  readonly entry: string;
  /** Import specifiers of the original host, and the module that stands in for each; null is an empty module. */
  readonly standIns: Readonly<Record<string, string | null>>;
  /** Further folders from which bare imports resolve. */
  readonly moduleRoots: readonly string[];
  /** The plugin's own folder, in which a package.json counts as its own; the entry's where absent. */
  readonly folder?: string;
  /** Where the entry's folder claims to be in `import.meta.url`, where that differs. */
  readonly location?: { readonly from: string; readonly to: string };
  readonly cacheDir: string;
}
