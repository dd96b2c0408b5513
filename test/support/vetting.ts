/** Limits for unit tests of tool checks. */
export const LIMITS = {
  toolNameChars: 128,
  descriptionChars: 100,
  schemaBytes: 65_536,
  jsonDepth: 64,
  jsonKeys: 10_000,
  jsonItems: 100_000,
  toolsPerPlugin: 500,
  tools: 2_000,
};
