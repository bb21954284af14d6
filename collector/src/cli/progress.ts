import { Presets, SingleBar } from 'cli-progress';
import { byteText, clipped, type Terminal } from './output.ts';

/** A bar on standard error; nothing at all in a pipe, in CI or with --quiet. */
export interface Progress {
  /** How far it is, and with what; the total where that has changed. */
  update(done: number, label: string, total?: number): void;
  /** Takes the bar away; standard output may be written to after it. */
  stop(): void;
}

export type Unit = 'bytes' | 'count';

const SILENT: Progress = { update: () => undefined, stop: () => undefined };
const LABEL_WIDTH = 44;
/** What a log line on the same terminal has to begin with, so that it takes the place of the bar, which is drawn anew below it. */
export const OVER_THE_BAR = '\r\u001b[K';

export function createProgress(terminal: Terminal, total: number, unit: Unit): Progress {
  if (!terminal.interactive || total <= 0) return SILENT;
  const show = unit === 'bytes' ? byteText : (n: number): string => n.toLocaleString('en');
  const bar = new SingleBar(
    {
      stream: terminal.stderr,
      format: ({ barsize = 30 }, { progress, value, total: all }, payload: { label?: string }) => {
        const done = Math.round(progress * barsize);
        const drawn = '█'.repeat(done) + '░'.repeat(barsize - done);
        return `${drawn} ${show(value)} of ${show(all)}  ${clipped(payload.label ?? '', LABEL_WIDTH)}`;
      },
      barsize: 30,
      hideCursor: true,
      clearOnComplete: true,
      stopOnComplete: false,
      gracefulExit: false,
      // Log lines may have gone over it.
      forceRedraw: true,
      fps: 10,
    },
    Presets.shades_classic,
  );
  bar.start(total, 0, { label: '' });
  return {
    update: (done, label, all = bar.getTotal()) => {
      bar.setTotal(all);
      bar.update(Math.min(done, all), { label });
    },
    stop: () => {
      bar.stop();
    },
  };
}
