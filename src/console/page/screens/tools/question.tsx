import { useEffect, useRef, useState } from 'preact/hooks';
import type { JsonMap } from '../../../api/types.ts';
import { focusOnProblem, SchemaForm } from '../../form/form.tsx';
import { type Problems, problemsOf } from '../../form/problems.ts';
import { isMap, resolve, startOfGroup } from '../../form/schema.ts';
import { answer } from '../../live.ts';

/** A question that a call asks while it runs: an approval, or a form of the tool. */
export function Question({ id, question, done }: { id: string; question: JsonMap; done: () => void }) {
  const schema = isMap(question.requestedSchema) ? question.requestedSchema : {};
  const [value, setValue] = useState<JsonMap>(() => startOfGroup(resolve(schema, schema), schema));
  const [fault, setFault] = useState<string>();
  const [problems, setProblems] = useState<Problems>(new Map());
  const box = useRef<HTMLFormElement>(null);
  useEffect(() => box.current?.querySelector<HTMLElement>('h2')?.focus(), []);
  const reply = (action: 'accept' | 'decline') => {
    if (action === 'accept') {
      const wrong = problemsOf(value, schema, schema);
      setProblems(wrong);
      if (wrong.size > 0) return focusOnProblem(box.current);
    }
    const failed = answer(id, action === 'accept' ? { action, content: value } : { action });
    setFault(failed);
    if (failed === undefined) done();
  };
  return (
    <form
      ref={box}
      class="notice warn"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        reply('accept');
      }}
    >
      <h2 tabIndex={-1}>The call asks</h2>
      <p class="asked">{typeof question.message === 'string' ? question.message : 'It asks for your answer.'}</p>
      <SchemaForm schema={schema} value={value} problems={problems} onChange={setValue} />
      {fault && (
        <p class="problem" role="alert">
          {fault}
        </p>
      )}
      <div class="buttons">
        <button type="button" onClick={() => reply('decline')}>
          Say no
        </button>
        <button type="submit" class="primary">
          Send the answer
        </button>
      </div>
    </form>
  );
}
