import type { DescFile } from '@bufbuild/protobuf';
import * as wkt from '@bufbuild/protobuf/wkt';

const FILES: readonly DescFile[] = [
  wkt.file_google_protobuf_any,
  wkt.file_google_protobuf_api,
  wkt.file_google_protobuf_descriptor,
  wkt.file_google_protobuf_duration,
  wkt.file_google_protobuf_empty,
  wkt.file_google_protobuf_field_mask,
  wkt.file_google_protobuf_source_context,
  wkt.file_google_protobuf_struct,
  wkt.file_google_protobuf_timestamp,
  wkt.file_google_protobuf_type,
  wkt.file_google_protobuf_wrappers,
];
const BY_NAME = new Map(FILES.map((file) => [`${file.name}.proto`, file]));
const TAIL = /(?:^|\/)(google\/protobuf\/[a-z_]+\.proto)$/;

/** The library's own file under the name of an import, also if the import has a path in front (`gogo/google/protobuf/any.proto`). */
export function wellKnown(name: string): DescFile | undefined {
  return BY_NAME.get(name) ?? BY_NAME.get(TAIL.exec(name)?.[1] ?? '');
}

/** Whether the library has the file. What a server sends under its name is not used. */
export function isWellKnown(name: string): boolean {
  return wellKnown(name) !== undefined;
}

/** The file of each type that the library has, by full name. */
export function wellKnownTypes(): ReadonlyMap<string, string> {
  return new Map(FILES.flatMap(({ name, messages, enums }) => [...messages, ...enums].map(({ typeName }) => [typeName, `${name}.proto`])));
}
