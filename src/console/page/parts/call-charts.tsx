import { type Range, seriesOf } from '../data/series.ts';
import { lasting, rate, share } from '../data/words.ts';
import { Chart } from './chart.tsx';

const SPAN = { '10m': 'in the last 10 minutes', '24h': 'in the last 24 hours' };
const time = (ms: number | null): string => (ms === null ? '–' : lasting(ms));

/** Calls a second, and how long a call takes. */
export function CallCharts({ range = '10m' }: { range?: Range }) {
  const { series, sum, now } = seriesOf(range);
  return (
    <div class="charts">
      <Chart
        title="Calls per second"
        summary={`Now ${rate(now)}. ${sum.calls === 0 ? 'No calls' : `${sum.calls} calls, ${share(sum.failed, sum.calls)} failed`} ${SPAN[range]}.`}
        at={series.at}
        lines={[
          { label: 'calls', color: 'c1', values: series.rate },
          { label: 'failed', color: 'c3', values: series.failed },
        ]}
        format={rate}
      />
      <Chart
        title="Time a call takes"
        summary={
          sum.calls === 0
            ? `No calls ${SPAN[range]}.`
            : `Half within ${time(sum.half)}, 95% within ${time(sum.most)}, 99% within ${time(sum.nearly)} ${SPAN[range]}.`
        }
        at={series.at}
        lines={[
          { label: 'half', color: 'c1', values: series.half },
          { label: '95%', color: 'c2', values: series.most },
          { label: '99%', color: 'c3', values: series.nearly },
        ]}
        format={lasting}
        logarithmic
      />
    </div>
  );
}
