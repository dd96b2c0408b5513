import { toError } from '../core/errors.ts';
import type { Logger } from '../core/log.ts';
import type { Catalogue, PromptEntry, ToolEntry, WithheldTool } from '../registry/catalogue/catalogue.ts';
import { instructionsUri } from '../registry/catalogue/instructions.ts';
import { instructionsSurface, surfaceOf } from '../registry/catalogue/surface.ts';
import type { PinTable, StoredPin } from '../store/pin-table.ts';
import { type Lock, lockPrompt, lockSkill } from './lock-file.ts';
import { INSTRUCTIONS, promptPart, skillPart, toolPart } from './pin-parts.ts';
import { readLockFile } from './read-lock.ts';

/** The rules of one reading of the lock file. */
export interface PinRules {
  /** Undefined if the file cannot be used: everything is withheld then. */
  readonly lock: Lock | undefined;
  readonly fault: string | undefined;
  /** When the file was written, in milliseconds since 1970. */
  readonly since: number;
  /** The part of a catalogue that equals the lock file or was accepted since. */
  filter(catalogue: Catalogue): Catalogue;
  /** Whether a served tool is in the lock file as it is, or was accepted since. */
  pinOf(entry: ToolEntry): 'same' | 'accepted';
  /** What the console accepted since the file was written. */
  accepted(): readonly StoredPin[];
  /** The catalogue before it was filtered. */
  whole(): Catalogue | undefined;
}

/** Reads a lock file that exists. Never throws: a file that cannot be used withholds everything. */
export function createPinRules(file: string, table: PinTable, log: Logger): PinRules {
  const { lock, fault, since } = readLockFile(file);
  if (fault !== undefined) log.error(`all tools are withheld, because ${file} cannot be used: ${fault}`);
  let whole: Catalogue | undefined;

  const accepted = (): readonly StoredPin[] => {
    if (!lock) return [];
    try {
      return table.list();
    } catch (error) {
      log.error(`what the console has accepted is withheld, because it cannot be read: ${toError(error).message}`);
      return [];
    }
  };

  const isLocked = (variant: ToolEntry): boolean => {
    const locked = lock?.get(variant.plugin.id)?.tools.get(variant.tool.name);
    const surface = surfaceOf(variant);
    return surface === locked?.surface || locked?.variants?.includes(surface) === true;
  };

  return {
    lock,
    fault,
    since,
    accepted,
    whole: () => whole,
    pinOf: (entry) => ([entry, ...entry.others].every(isLocked) ? 'same' : 'accepted'),
    filter(catalogue) {
      whole = catalogue;
      const pins = new Set(accepted().map(({ plugin, part, surface }) => keyOf(plugin, part, surface)));
      const isAccepted = (plugin: string, part: string, surface: string): boolean => pins.has(keyOf(plugin, part, surface));

      const tools = new Map<string, ToolEntry>();
      const withheld = new Map<string, WithheldTool>();
      for (const [name, entry] of catalogue.tools) {
        const { plugin, tool, others } = entry;
        const locked = lock?.get(plugin.id)?.tools.get(tool.name);
        const served = [entry, ...others].filter(
          (variant) => isLocked(variant) || isAccepted(plugin.id, toolPart(tool.name), surfaceOf(variant)),
        );
        const [first, ...rest] = served;
        if (!first) withheld.set(name, { entry, kind: locked ? 'changed' : 'new', ...(fault === undefined ? {} : { fault }) });
        else tools.set(name, served.length === 1 + others.length ? entry : { ...first, others: rest });
      }

      const instructions = catalogue.instructions.filter(({ plugin, text, composed }) => {
        const surface = instructionsSurface(text, composed);
        return lock?.get(plugin.id)?.instructions?.surface === surface || isAccepted(plugin.id, INSTRUCTIONS, surface);
      });
      // The texts that are generated at each read are prompts and resources, too, and have no text here.
      const silent = new Set([...catalogue.tools.values(), ...catalogue.prompts.values()].map(({ plugin }) => plugin.id));
      for (const { plugin } of instructions) silent.delete(plugin.id);
      const isSilent = ({ plugin, prompt }: PromptEntry): boolean => silent.has(plugin.id) && prompt.name === `${plugin.id}_instructions`;
      const prompts = [...catalogue.prompts].filter(([, entry]) => {
        const { surface } = lockPrompt(entry);
        const locked = lock?.get(entry.plugin.id)?.prompts.get(entry.prompt.name)?.surface === surface;
        return (locked || isAccepted(entry.plugin.id, promptPart(entry.prompt.name), surface)) && !isSilent(entry);
      });
      // Prompts and resources of a skill are visible only with it.
      const skills = [...catalogue.skills].filter(([, entry]) => {
        const { surface } = lockSkill(entry);
        const locked = lock?.get(entry.plugin.id)?.skills.get(entry.skill.name)?.surface === surface;
        return locked || isAccepted(entry.plugin.id, skillPart(entry.skill.name), surface);
      });
      const resources = [...catalogue.resources].filter(
        ([, { plugin, resource }]) => !silent.has(plugin.id) || resource.uri !== instructionsUri(plugin),
      );
      return {
        ...catalogue,
        tools,
        withheld,
        instructions,
        prompts: new Map(prompts),
        skills: new Map(skills),
        resources: new Map(resources),
      };
    },
  };
}

function keyOf(...parts: readonly string[]): string {
  return JSON.stringify(parts);
}
