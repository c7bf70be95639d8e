// SPDX-License-Identifier: Apache-2.0
// Compares an original standard model with integer tensors: where the model has a tensor of the same name, its float
// values must be (integer - zero_point) * scale exactly. Optimisation is disabled: above that, ONNX Runtime may change
// what a quantised original means.
//   node original.mjs --model exposed.onnx --tensors DIR --input x.npy [--threads 1]
// exposed.onnx: the model with its intermediate tensors as outputs (expose_all_tensors). DIR/tensors.json lists
// {name, file, scale (a number, or one a channel), zero_point, accumulator}; accumulators without a real scale are
// skipped and counted. Exit: 0 all equal, 4 something differs, 1 nothing compared or a file missing, 2 usage.
import fs from 'node:fs';
import { EXIT, Failure, difference, main, openSession, parseArguments, path, printTable, readNpy, runOn }
  from './tensors.mjs';

function dequantise(integers, row, channels) {
  const per = integers.length / channels;
  const scale = (i) => (Array.isArray(row.scale) ? row.scale[Math.floor(i / per)] : row.scale);
  return integers.map((value, i) => Math.fround((value - row.zero_point) * scale(i)));
}

main(async (argv) => {
  const args = parseArguments(argv, { model: undefined, tensors: undefined, input: undefined, threads: '1' });
  const list = path.join(args.tensors, 'tensors.json');
  if (!fs.existsSync(list)) throw new Failure(EXIT.badInput, `${list}: no such file`);
  const session = await openSession(args.model, 'disabled', Number(args.threads));
  const outputs = await runOn(session, readNpy(args.input));
  const table = [['tensor', 'values', 'differing', '']];
  const skipped = { accumulator: 0, 'not in the model': 0 };
  let wrong = 0;
  for (const row of JSON.parse(fs.readFileSync(list, 'utf8'))) {
    const got = outputs[row.name];
    if (!got || row.accumulator) {
      ++skipped[row.accumulator ? 'accumulator' : 'not in the model'];
      continue;
    }
    const file = readNpy(path.join(args.tensors, row.file));
    if (file.values.length !== got.data.length) {
      throw new Failure(EXIT.differs, `${row.name}: ${file.values.length} values on file, [${got.dims}] computed`);
    }
    const want = dequantise(file.values, row, Array.isArray(row.scale) ? row.scale.length : 1);
    const { differing, first } = difference(want, got.data);
    wrong += differing > 0 ? 1 : 0;
    const note = differing ? `at ${first}: ${want[first]}, model ${got.data[first]}` : '';
    table.push([row.name, want.length, differing, note]);
  }
  const compared = table.length - 1;
  if (compared === 0) throw new Failure(EXIT.badInput, 'no tensor was compared');
  printTable(table);
  console.log(`${compared} tensors ${wrong === 0 ? 'equal' : `compared, ${wrong} differ`}; skipped: ` +
              Object.entries(skipped).map(([why, n]) => `${n} ${why}`).join(', '));
  return wrong === 0 ? EXIT.done : EXIT.differs;
});
