// SPDX-License-Identifier: Apache-2.0
// Writes every output of a lowered model (export_lowered), as ONNX Runtime computes it on an input, to DIR/NAME.npy: what
// `blendsim run --expect DIR` compares with.
//   node write.mjs --lowered lowered.onnx --input input.npy --tensors DIR [--change TENSOR:PLACE]
// --change adds 1 to the value at PLACE (in C order) of one tensor. Exit: 0 done, 1 something is missing, 2 usage.
import fs from 'node:fs';
import { EXIT, Failure, main, openSession, parseArguments, path, readNpy, runOn, tensorFileName } from './tensors.mjs';

const DESCR = { Float32Array: '<f4', Int32Array: '<i4', Int8Array: '|i1', Uint8Array: '|u1', BigInt64Array: '<i8' };

function writeNpy(file, dims, data) {
  const descr = DESCR[data.constructor.name];
  if (!descr) throw new Failure(EXIT.badInput, `${file}: ${data.constructor.name} is not written here`);
  let header = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${dims.map((d) => `${d},`).join(' ')}), }`;
  header = header.padEnd(Math.ceil((header.length + 11) / 64) * 64 - 11) + '\n';
  const head = Buffer.alloc(10);
  head.write('\x93NUMPY\x01\x00', 'latin1');
  head.writeUInt16LE(header.length, 8);
  fs.writeFileSync(file, Buffer.concat([head, Buffer.from(header, 'latin1'),
                                        Buffer.from(data.buffer, data.byteOffset, data.byteLength)]));
}

main(async (argv) => {
  const args = parseArguments(argv, { lowered: undefined, input: undefined, tensors: undefined, change: '' });
  const session = await openSession(args.lowered, 'disabled', 1);
  const outputs = await runOn(session, readNpy(args.input));
  fs.mkdirSync(args.tensors, { recursive: true });
  const [changed, place] = args.change.split(/:(?=\d+$)/);
  if (changed && !outputs[changed]) throw new Failure(EXIT.badInput, `the model has no output '${changed}'`);
  for (const name of session.outputNames) {
    const { dims, data } = outputs[name];
    if (name === changed) data[Number(place)] += typeof data[0] === 'bigint' ? 1n : 1;
    writeNpy(path.join(args.tensors, tensorFileName(name)), dims, data);
  }
  console.log(`${session.outputNames.length} tensors`);
  return EXIT.done;
});
