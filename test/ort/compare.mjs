// SPDX-License-Identifier: Apache-2.0
// Compares every output of a lowered model (export_lowered), as ONNX Runtime computes it, with DIR/NAME.npy, bit for
// bit; --tolerance is for other models, whose float operators differ in the last place: relative, absolute below 1.
//   node compare.mjs --lowered lowered.onnx --tensors DIR [--input input.npy] [--levels disabled,all] [--threads 1,2]
//                    [--tolerance 0]
// Without --input the graph input's own file in DIR is used. Exit: 0 all equal, 4 something differs, 1 something is
// missing (an output without a file, a model without outputs), 2 usage.
import { EXIT, Failure, difference, main, openSession, parseArguments, path, printTable, readNpy, runOn,
         tensorFileName } from './tensors.mjs';

main(async (argv) => {
  const args = parseArguments(
    argv,
    { lowered: undefined, tensors: undefined, input: '', levels: 'disabled,all', threads: '1,2', tolerance: '0' });
  const totals = new Map();  // output -> {shape, count, differing, note}
  let runs = 0;
  for (const level of args.levels.split(',')) {
    for (const threads of args.threads.split(',').map(Number)) {
      const session = await openSession(args.lowered, level, threads);
      const input = readNpy(args.input || path.join(args.tensors, tensorFileName(session.inputNames[0])));
      const outputs = await runOn(session, input);
      ++runs;
      for (const name of session.outputNames) {
        const want = readNpy(path.join(args.tensors, tensorFileName(name)));
        const got = outputs[name];
        if (want.values.length !== got.data.length) {
          throw new Failure(EXIT.differs, `${name}: ${want.values.length} values on file, [${got.dims}] computed`);
        }
        const { differing, first } = difference(want.values, got.data, Number(args.tolerance));
        const fresh = { shape: got.dims.join('x'), count: want.values.length, differing: 0, note: '' };
        const entry = totals.get(name) ?? fresh;
        if (differing && !entry.note) {
          entry.note = `at ${first}: file ${want.values[first]}, ONNX Runtime ${got.data[first]} ` +
                       `(${level}, ${threads} threads)`;
        }
        entry.differing += differing;
        totals.set(name, entry);
      }
      await session.release();
    }
  }
  if (totals.size === 0) throw new Failure(EXIT.badInput, 'no output was compared');
  printTable([['tensor', 'shape', 'values', 'differing', ''],
              ...[...totals].map(([name, t]) => [name, t.shape, t.count, t.differing, t.note])]);
  const wrong = [...totals.values()].filter((t) => t.differing > 0).length;
  console.log(`${totals.size} tensors, ${runs} runs: ${wrong === 0 ? 'all equal' : `${wrong} tensors differ`}`);
  return wrong === 0 ? EXIT.done : EXIT.differs;
});
