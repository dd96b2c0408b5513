import type { AnyDesc, DescFile } from '@bufbuild/protobuf';
import { cutAtSentence } from '../../../src/core/text/text.ts';

const MAX_LENGTH = 4_000;
/** Field numbers in descriptor.proto, of which the positions of comments consist. */
const AT = { message: 4, enum: 5, service: 6, extension: 7, method: 2, field: 2, nested: 3, nestedEnum: 4, value: 2 } as const;

type Commented = Extract<AnyDesc, { kind: 'message' | 'enum' | 'enum_value' | 'field' | 'service' | 'rpc' }>;

const known = new WeakMap<DescFile, ReadonlyMap<string, string>>();

/** The comment above a declaration, else the one behind it; empty without one. Only descriptor sets have comments. */
export function commentOf(desc: Commented): string {
  return commentsOf(fileOf(desc)).get(pathOf(desc).join('.')) ?? '';
}

function commentsOf(file: DescFile): ReadonlyMap<string, string> {
  let comments = known.get(file);
  if (!comments) {
    comments = new Map(
      (file.proto.sourceCodeInfo?.location ?? []).flatMap(({ path, leadingComments, trailingComments }): [string, string][] => {
        const text = clean(leadingComments) || clean(trailingComments);
        return text === '' ? [] : [[path.join('.'), text]];
      }),
    );
    known.set(file, comments);
  }
  return comments;
}

// Directives of linters and internal parts are not for readers.
function clean(comment: string): string {
  const text = comment
    .replace(/\(--[\s\S]*?--\)/g, '')
    .split('\n')
    .map((line) => line.replace(/^ /, '').trimEnd())
    .filter((line) => !/^\s*(@ignore|buf:lint:|buf:breaking:|protolint:|@exclude)/.test(line))
    .join('\n')
    .trim();
  return cutAtSentence(text, MAX_LENGTH);
}

function fileOf(desc: Commented): DescFile {
  if (desc.kind === 'rpc') return desc.parent.file;
  if (desc.kind === 'field' || desc.kind === 'enum_value') return desc.parent.file;
  return desc.file;
}

function pathOf(desc: Commented): number[] {
  switch (desc.kind) {
    case 'service':
      return [AT.service, desc.file.proto.service.indexOf(desc.proto)];
    case 'rpc':
      return [...pathOf(desc.parent), AT.method, desc.parent.proto.method.indexOf(desc.proto)];
    case 'field':
      return [...pathOf(desc.parent), AT.field, desc.parent.proto.field.indexOf(desc.proto)];
    case 'enum_value':
      return [...pathOf(desc.parent), AT.value, desc.parent.proto.value.indexOf(desc.proto)];
    case 'enum':
      return desc.parent
        ? [...pathOf(desc.parent), AT.nestedEnum, desc.parent.proto.enumType.indexOf(desc.proto)]
        : [AT.enum, desc.file.proto.enumType.indexOf(desc.proto)];
    case 'message':
      return desc.parent
        ? [...pathOf(desc.parent), AT.nested, desc.parent.proto.nestedType.indexOf(desc.proto)]
        : [AT.message, desc.file.proto.messageType.indexOf(desc.proto)];
  }
}
