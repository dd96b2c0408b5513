import { Metadata } from '@grpc/grpc-js';

/** Headers by name, plain ASCII. */
export type Headers = Readonly<Record<string, string>>;

/** Metadata with trusted values. The library would validate and copy each of them at every layer of a call. */
export class CallMetadata extends Metadata {
  readonly #headers: Headers;

  constructor(headers: Headers) {
    super();
    this.#headers = headers;
  }

  override clone(): CallMetadata {
    const copy = new CallMetadata(this.#headers);
    copy.setOptions(this.getOptions());
    copy.merge(this);
    return copy;
  }

  override toHttp2Headers(): ReturnType<Metadata['toHttp2Headers']> {
    return Object.assign(super.toHttp2Headers(), this.#headers);
  }
}
