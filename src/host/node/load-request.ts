/** How to import one plugin entry. All paths are absolute. */
export interface LoadRequest {
  readonly entry: string;
  /** Stand-in modules by import specifier of the original host; null is an empty module. */
  readonly standIns: Readonly<Record<string, string | null>>;
  /** Further folders from which bare imports resolve. */
  readonly moduleRoots: readonly string[];
  /** The plugin's folder, whose package.json belongs to it; default: the folder of the entry. */
  readonly folder?: string;
  /** Rewrites the entry's folder in `import.meta.url`. */
  readonly location?: { readonly from: string; readonly to: string };
  readonly cacheDir: string;
}
