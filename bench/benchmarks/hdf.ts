import { ours, peer } from '../harness/child.ts';
import { asffInput, scoutsuiteInput } from '../harness/inputs.ts';
import { installPeers } from '../harness/install.ts';
import { atMost, type Benchmark, type Goal, type Row } from '../harness/results.ts';

/** Beyond this hdf-converters needs more memory than many machines have. */
const MEGABYTES = 40;
/** About so many bytes has a row of ASFF. */
const ASFF_ROW = 2100;

export const hdf: Benchmark = {
  name: 'hdf',
  title: 'the same reports read by @mitre/hdf-converters 2.12.6',
  async run({ quick, measure, log }) {
    const problem = await installPeers(log);
    if (problem !== null) return { rows: [], goals: [], skipped: problem };
    const megabytes = quick ? 10 : MEGABYTES;
    const inputs = [
      { format: 'scoutsuite', title: 'ScoutSuite', ...scoutsuiteInput({ megabytes, items: 4000 }) },
      { format: 'asff', title: 'ASFF of Prowler', ...asffInput(Math.round((megabytes * 1e6) / ASFF_ROW)) },
    ];
    const rows: Row[] = [];
    const goals: Goal[] = [];
    for (const { format, title, path, bytes } of inputs) {
      const [own, theirs] = await measure([ours('parse', [path]), peer('hdf.js', [format, path])]);
      if (!own || !theirs) throw new Error('a task is missing');
      rows.push({ what: `${title}: sightline parse`, inputBytes: bytes, result: own });
      rows.push({ what: `${title}: hdf-converters`, inputBytes: bytes, result: theirs });
      goals.push(atMost(`${title}: time against the peer`, own.seconds / theirs.seconds, 1, 'times'));
      goals.push(atMost(`${title}: memory against the peer`, own.peakBytes / theirs.peakBytes, 1, 'times'));
    }
    return { rows, goals };
  },
};
