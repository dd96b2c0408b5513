import { createFileRegistry, createRegistry, type DescFile, type DescService, type Registry } from '@bufbuild/protobuf';
import type { DescriptorProto, FileDescriptorProto } from '@bufbuild/protobuf/wkt';
import { toError } from '../../../src/core/errors.ts';
import { showName } from '../../../src/core/text/text.ts';
import type { Descriptors } from './limits.ts';
import { resolveNames, typesOf } from './relative-names.ts';
import { isWellKnown, wellKnown, wellKnownTypes } from './well-known.ts';

/** The types of a server. */
export interface ServerTypes {
  readonly registry: Registry;
  readonly services: readonly DescService[];
  /** What was changed to make the descriptors usable. */
  readonly repairs: readonly string[];
  /** Services that cannot be used, with the reason. */
  readonly faults: ReadonlyMap<string, string>;
}

/** Repairs descriptors and builds their types. A file that cannot be used costs only the services that need it. */
export function buildTypes({ files }: Descriptors): ServerTypes {
  const own = files.filter(({ name }) => !isWellKnown(name));
  const built = new Map<string, DescFile>();
  const faults = new Map<string, string>();
  const repairs = repairNames(own);
  const sorted = sortByImport(own, faults);
  if (sorted.some((file, i) => file !== own[i])) repairs.push('files sorted so that imports come first');
  for (const file of sorted) {
    // An import that no type of the file needs (options, mostly) may be missing.
    const lost = file.dependency.filter((name) => !isWellKnown(name) && !built.has(name));
    keepImports(file, (name) => !lost.includes(name));
    try {
      const resolved = createFileRegistry(file, (name) => built.get(name) ?? wellKnown(name)).getFile(file.name);
      if (resolved) built.set(file.name, resolved);
      if (lost.length > 0) repairs.push(`${showName(file.name)} used without ${lost.map(showName).join(', ')}`);
    } catch (error) {
      const why = lost.map(
        (name) => faults.get(name) ?? `the server does not have ${showName(name)}, which ${showName(file.name)} imports`,
      );
      faults.set(file.name, why[0] ?? showName(toError(error).message));
    }
  }
  const all = [...built.values()];
  return {
    registry: createRegistry(...all, ...anyTypes()),
    services: all.flatMap(({ services }) => services),
    repairs,
    faults: byService(own, faults),
  };
}

function byService(files: readonly FileDescriptorProto[], faults: ReadonlyMap<string, string>): Map<string, string> {
  return new Map(
    files.flatMap(({ name, package: scope, service }) => {
      const why = faults.get(name);
      return why === undefined ? [] : service.map((one): [string, string] => [scope === '' ? one.name : `${scope}.${one.name}`, why]);
    }),
  );
}

// The names of these files do not matter: an Any may hold their types in any case.
function anyTypes(): DescFile[] {
  return ['any', 'duration', 'empty', 'field_mask', 'struct', 'timestamp', 'wrappers'].flatMap(
    (name) => wellKnown(`google/protobuf/${name}.proto`) ?? [],
  );
}

function repairNames(files: readonly FileDescriptorProto[]): string[] {
  const homes = new Map([
    ...files.flatMap((file) => typesOf(file).map((type): [string, string] => [type, file.name])),
    ...wellKnownTypes(),
  ]);
  let [relative, unnamed, moved, added] = [0, 0, 0, 0];
  for (const file of files) {
    const { count, used } = resolveNames(file, homes);
    relative += count;
    for (const message of file.messageType) unnamed += fillJsonNames(message);
    file.dependency = file.dependency.map((name) => {
      const standard = wellKnown(name);
      if (!standard || `${standard.name}.proto` === name) return name;
      moved++;
      return `${standard.name}.proto`;
    });
    // Some servers leave imports out. A public import of an import is named here, too, which changes nothing.
    const imports = new Set([file.name, ...file.dependency]);
    const lacking = new Set([...used].flatMap((type) => homes.get(type) ?? []).filter((name) => !imports.has(name)));
    added += lacking.size;
    file.dependency.push(...lacking);
  }
  return [
    ...(relative > 0 ? [`${relative} relative type names resolved`] : []),
    ...(unnamed > 0 ? [`${unnamed} missing JSON names filled`] : []),
    ...(moved > 0 ? [`${moved} imports of well-known types taken from the library`] : []),
    ...(added > 0 ? [`${added} missing imports added`] : []),
  ];
}

function fillJsonNames(message: DescriptorProto): number {
  let count = 0;
  for (const field of message.field) {
    if (field.jsonName !== '') continue;
    field.jsonName = field.name.replace(/_+([a-zA-Z0-9])?/g, (_, next: string | undefined) => next?.toUpperCase() ?? '');
    count++;
  }
  return message.nestedType.reduce((sum, nested) => sum + fillJsonNames(nested), count);
}

// Other lists of the file hold positions in the list of imports.
function keepImports(file: FileDescriptorProto, keeps: (name: string) => boolean): void {
  const isPublic = new Set(file.publicDependency.map((at) => file.dependency[at]));
  file.dependency = file.dependency.filter(keeps);
  file.publicDependency = file.dependency.flatMap((name, at) => (isPublic.has(name) ? [at] : []));
  file.weakDependency = [];
}

// Depth first, with an explicit stack: a chain of imports may be as long as there are files.
function sortByImport(files: readonly FileDescriptorProto[], faults: Map<string, string>): FileDescriptorProto[] {
  const byName = new Map(files.map((file) => [file.name, file]));
  const sorted: FileDescriptorProto[] = [];
  const state = new Map<string, 'open' | 'done'>();
  for (const root of files) {
    const stack = [root];
    for (let file = stack.at(-1); file; file = stack.at(-1)) {
      if (state.get(file.name) === 'done') {
        stack.pop();
        continue;
      }
      const open = state.get(file.name) === 'open';
      state.set(file.name, 'open');
      const next = open ? [] : file.dependency.flatMap((name) => byName.get(name) ?? []).filter(({ name }) => state.get(name) !== 'done');
      const circle = next.find(({ name }) => state.get(name) === 'open');
      if (circle) faults.set(file.name, `it imports ${showName(circle.name)}, which imports it in turn`);
      const fresh = next.filter(({ name }) => state.get(name) === undefined);
      if (fresh.length > 0) stack.push(...fresh.reverse());
      else {
        state.set(file.name, 'done');
        stack.pop();
        if (!faults.has(file.name)) sorted.push(file);
      }
    }
  }
  return sorted;
}
