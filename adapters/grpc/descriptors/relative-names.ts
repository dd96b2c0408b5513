import type { DescriptorProto, FieldDescriptorProto, FileDescriptorProto } from '@bufbuild/protobuf/wkt';

/** The type names of a file after `resolveNames`. */
export interface ResolvedNames {
  /** How many were replaced. */
  readonly count: number;
  /** The full names of the types that the file uses, without leading dot. */
  readonly used: ReadonlySet<string>;
}

/**
 * Replaces type names that some servers send without package and leading dot (`HelloRequest`) by full ones, found by scope,
 * innermost first. Unknown names stay.
 */
export function resolveNames(file: FileDescriptorProto, types: { has(name: string): boolean }): ResolvedNames {
  let count = 0;
  const used = new Set<string>();
  const resolve = (name: string, scope: string): string => {
    const full = toFull(name, scope);
    if (full.startsWith('.')) used.add(full.slice(1));
    return full;
  };
  const toFull = (name: string, scope: string): string => {
    if (name === '' || name.startsWith('.')) return name;
    for (let at = scope; ; at = at.slice(0, Math.max(0, at.lastIndexOf('.')))) {
      const full = at === '' ? name : `${at}.${name}`;
      if (types.has(full)) {
        count++;
        return `.${full}`;
      }
      if (at === '') return name;
    }
  };
  const ofField = (field: FieldDescriptorProto, scope: string): void => {
    field.typeName = resolve(field.typeName, scope);
    field.extendee = resolve(field.extendee, scope);
  };
  const ofMessage = (message: DescriptorProto, outer: string): void => {
    const scope = outer === '' ? message.name : `${outer}.${message.name}`;
    renameEntries(message);
    for (const field of [...message.field, ...message.extension]) ofField(field, scope);
    for (const nested of message.nestedType) ofMessage(nested, scope);
  };
  for (const message of file.messageType) ofMessage(message, file.package);
  for (const extension of file.extension) ofField(extension, file.package);
  for (const { method } of file.service) {
    for (const one of method) {
      one.inputType = resolve(one.inputType, file.package);
      one.outputType = resolve(one.outputType, file.package);
    }
  }
  return { count, used };
}

// Servers that name map entries after their field (`Counts` in place of `CountsEntry`) mean the nested type all the same.
function renameEntries(message: DescriptorProto): void {
  const entries = new Set(message.nestedType.filter(({ options }) => options?.mapEntry).map(({ name }) => name));
  if (entries.size === 0) return;
  for (const field of message.field) {
    if (field.typeName === '' || field.typeName.startsWith('.') || entries.has(field.typeName)) continue;
    const entry = `${field.typeName}Entry`;
    if (entries.has(entry)) field.typeName = entry;
  }
}

/** The full names of the messages and enums of a file. */
export function typesOf({ package: scope, messageType, enumType }: FileDescriptorProto): string[] {
  const full = (name: string, outer: string): string => (outer === '' ? name : `${outer}.${name}`);
  const below = (message: DescriptorProto, outer: string): string[] => {
    const own = full(message.name, outer);
    return [own, ...message.enumType.map(({ name }) => full(name, own)), ...message.nestedType.flatMap((nested) => below(nested, own))];
  };
  return [...enumType.map(({ name }) => full(name, scope)), ...messageType.flatMap((message) => below(message, scope))];
}
