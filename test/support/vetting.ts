/** Limits for what is vetted in unit tests. */
export const LIMITS = { toolNameChars: 128, descriptionChars: 100, schemaBytes: 65_536, toolsPerPlugin: 500, tools: 2_000 };
