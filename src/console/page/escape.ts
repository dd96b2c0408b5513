import { options } from 'preact';
import { plain } from './data/hidden.ts';

/** Attributes that are shown or read out. */
const READ = ['alt', 'aria-label', 'data-label', 'placeholder', 'title'] as const;

type Drawn = { props: string | { [name: string]: unknown } | null; readonly type: unknown };

const before = options.vnode;

/**
 * Every text and every attribute that is read passes here on its way into the document, so no screen can forget to escape what a
 * plugin or a client wrote. What leaves the page in another way, such as a notice of the desktop, calls `plain` itself.
 */
options.vnode = (vnode) => {
  const drawn = vnode as unknown as Drawn;
  const { props, type } = drawn;
  if (typeof props === 'string') drawn.props = plain(props);
  else if (typeof type === 'string' && props)
    for (const name of READ) {
      const text = props[name];
      if (typeof text === 'string') props[name] = plain(text);
    }
  before?.(vnode);
};
