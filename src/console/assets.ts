import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Request, RequestHandler, Response } from 'express';
import { PACKAGE_ROOT } from '../core/package.ts';
import { HttpError } from '../transports/edge/http-error.ts';

/** What the build wrote beside the files of the page. */
interface Manifest {
  readonly shell: string;
  readonly files: Readonly<Record<string, { readonly type: string }>>;
}

/** Each file exists in these forms, best first. Nothing is compressed at run time. */
const ENCODINGS = [
  ['br', '.br'],
  ['gzip', '.gz'],
] as const;

/** The page's files. They are read with each request, since a browser asks once for each. */
export interface Assets {
  /** `GET /` */
  readonly shell: RequestHandler;
  /** `GET /console/:file` */
  readonly file: RequestHandler;
}

/** Creates the handlers for a folder that the build has written. */
export function createAssets(folder = join(PACKAGE_ROOT, 'dist/bundle/page')): Assets {
  let reading: Promise<Manifest> | undefined;
  const manifest = (): Promise<Manifest> => {
    reading ??= readFile(join(folder, 'manifest.json'), 'utf8').then((text) => JSON.parse(text) as Manifest);
    return reading;
  };

  const send = async (name: string, caching: string, request: Request, response: Response): Promise<void> => {
    const { files } = await manifest();
    const entry = Object.hasOwn(files, name) ? files[name] : undefined;
    if (!entry) throw new HttpError(404, 'NOT_FOUND', 'Nothing is served at this address.');
    const [encoding, suffix] = ENCODINGS.find(([known]) => request.acceptsEncodings(known) === known) ?? [];
    const bytes = await readFile(join(folder, name + (suffix ?? '')));
    response.writeHead(200, {
      'Content-Type': entry.type,
      'Content-Length': bytes.length,
      'Cache-Control': caching,
      Vary: 'Accept-Encoding',
      ...(encoding && { 'Content-Encoding': encoding }),
    });
    response.end(request.method === 'HEAD' ? undefined : bytes);
  };

  return {
    // It names the other files, so it is asked for each time.
    shell: async (request, response) => send((await manifest()).shell, 'no-cache', request, response),
    file: (request, response) => send(String(request.params.file), 'public, max-age=31536000, immutable', request, response),
  };
}
