// SPDX-License-Identifier: Apache-2.0
// A QONNX network in ONNX's own operators, so that ONNX Runtime can run the original: BipolarQuant becomes a comparison and a
// choice, Quant a scaling, rounding and clipping. What it computes stays what it was; everything else is left alone, and
// ONNX Runtime folds quantisers of constant weights itself.
import fs from 'node:fs';
import proto from 'onnx-proto';

const { onnx } = proto;
const QONNX = new Set(['onnx.brevitas', 'qonnx.custom_op.general']);

function standardised(model) {
  const { graph } = model;
  const initializers = new Map(graph.initializer.map((tensor) => [tensor.name, tensor]));
  const scalar = (name) => {
    const tensor = initializers.get(name);
    if (!tensor || tensor.dataType !== onnx.TensorProto.DataType.FLOAT) throw new Error(`'${name}' is no constant float`);
    const bytes = Buffer.from(tensor.rawData);
    const values = bytes.length ? Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readFloatLE(4 * i)) : tensor.floatData;
    if (values.length !== 1) throw new Error(`'${name}' has ${values.length} values; one is read here`);
    return values[0];
  };
  let count = 0;
  const nodes = [];
  const constant = (value) => {
    const name = `standard_constant_${count++}`;
    graph.initializer.push(onnx.TensorProto.create({ name, dims: [], dataType: onnx.TensorProto.DataType.FLOAT, floatData: [value] }));
    return name;
  };
  const add = (opType, input, output = `standard_tensor_${count++}`) => {
    nodes.push(onnx.NodeProto.create({ opType, name: `standard_node_${count++}`, input, output: [output] }));
    return output;
  };
  for (const node of graph.node) {
    const [x, scaleName, zeroName, bitsName] = node.input;
    if (!QONNX.has(node.domain)) {
      nodes.push(node);
    } else if (node.opType === 'BipolarQuant') {
      const scale = scalar(scaleName);
      add('Where', [add('Less', [x, constant(0)]), constant(-scale), constant(scale)], node.output[0]);
    } else if (node.opType === 'Quant') {
      const integer = Object.fromEntries(node.attribute.map((a) => [a.name, Number(a.i)]));
      const bits = scalar(bitsName), scale = constant(scalar(scaleName));
      if (scalar(zeroName) !== 0) throw new Error(`${node.name || node.output[0]}: a zero point other than 0 is not rewritten`);
      const low = integer.signed ? -(2 ** (bits - 1)) + (integer.narrow ? 1 : 0) : 0;
      const high = integer.signed ? 2 ** (bits - 1) - 1 : 2 ** bits - 1 - (integer.narrow ? 1 : 0);
      const rounded = add('Round', [add('Div', [x, scale])]);
      add('Mul', [add('Clip', [rounded, constant(low), constant(high)]), scale], node.output[0]);
    } else {
      throw new Error(`${node.domain}.${node.opType} is not rewritten`);
    }
  }
  graph.node = nodes;
  model.opsetImport = model.opsetImport.filter((set) => !QONNX.has(set.domain));
  return model;
}

// Throws where a construct is not rewritten.
export function writeInStandardOperators(file, output) {
  const model = onnx.ModelProto.decode(fs.readFileSync(file));
  fs.writeFileSync(output, onnx.ModelProto.encode(standardised(model)).finish());
}
