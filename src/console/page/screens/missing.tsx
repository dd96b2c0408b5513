import { Screen } from '../parts/screen.tsx';
import { href } from '../router.ts';

export function Missing() {
  return (
    <Screen title="There is no such screen">
      <p>
        <a href={href([])}>Go to the overview</a>
      </p>
    </Screen>
  );
}
