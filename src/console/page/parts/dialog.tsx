import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';

/** A modal dialog. Escape closes it; the focus goes back to where it was. */
export function Dialog({ title, close, children }: { title: string; close: () => void; children: ComponentChildren }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const before = document.activeElement;
    dialog.current?.showModal();
    return () => {
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  return (
    <dialog ref={dialog} aria-labelledby={id} onClose={close}>
      <h2 id={id}>{title}</h2>
      {children}
    </dialog>
  );
}

/** A question with a deed. */
export function Confirm(props: { title: string; deed: string; close: () => void; act: () => void; children?: ComponentChildren }) {
  return (
    <Dialog title={props.title} close={props.close}>
      {props.children}
      <div class="buttons">
        <button type="button" onClick={props.close}>
          Cancel
        </button>
        <button
          type="button"
          class="primary"
          onClick={() => {
            props.close();
            props.act();
          }}
        >
          {props.deed}
        </button>
      </div>
    </Dialog>
  );
}
