/** The small llama models as other tools store them: torch.save's archive, a GGUF file, 8-bit integers with scales. */
import { cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { elementCount } from '../extension/formats/dtype.ts';
import { f32, writeSafetensors, type MadeTensor } from './checkpoints.ts';
import { tensorsOf, valuesOf } from './engine.ts';
import { writeSparseGguf } from './ggufFile.ts';
import { zipBytes } from './fuzz/zipFile.ts';
import { dict, pickleOf, storage, tensor, text } from './torchPickles.ts';

/** Tensors of bfloat16 as an archive of torch.save, with matrices that are stored turned. */
export function torchArchive(model: ReadonlyMap<string, MadeTensor>): Uint8Array {
  const items: Buffer[] = [];
  const data: Record<string, Uint8Array> = {};
  for (const [i, [name, { shape, data: bytes }]] of [...model].entries()) {
    const [rows, columns] = shape as [number, number | undefined];
    const strides = columns === undefined ? [1] : [1, rows];
    const kept = storage(elementCount(shape), `${i}`, 'BFloat16Storage');
    items.push(text(name), tensor(kept, { shape, strides }));
    data[`archive/data/${i}`] = columns === undefined ? bytes : turned(Buffer.from(bytes), rows, columns);
  }
  return zipBytes({ 'archive/data.pkl': pickleOf(dict(...items)), ...data });
}

/** A matrix of two-byte elements, column by column. */
function turned(bytes: Buffer, rows: number, columns: number): Buffer {
  const result = Buffer.alloc(bytes.length);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++)
      result.writeUInt16LE(bytes.readUInt16LE(2 * (row * columns + column)), 2 * (column * rows + row));
  return result;
}

/** Type number of F32 in GGUF. */
const F32 = 0;

/** Tensors as a GGUF file of an unknown architecture, so that names and order stay; in F32. */
async function writeGguf(file: string, model: ReadonlyMap<string, MadeTensor>): Promise<void> {
  const values = [...model.values()].map(valuesOf);
  const tensors = [...model].map(([name, { shape }], i) => ({
    ...{ name, type: F32, shape },
    bytes: values[i]!.byteLength,
  }));
  await writeSparseGguf(file, { 'general.architecture': 'tiny' }, tensors, offsets =>
    offsets.map((at, i) => [at, new Uint8Array(values[i]!.buffer)] as const),
  );
}

/** Matrices as compressed-tensors' 8-bit integers with a scale a row; what else there is stays. */
function int8Model(model: ReadonlyMap<string, MadeTensor>): Record<string, MadeTensor> {
  const stored: Record<string, MadeTensor> = {};
  for (const [name, made] of model) {
    const [rows = 0, columns] = made.shape;
    if (columns === undefined || !name.endsWith('_proj.weight')) {
      stored[name] = made;
      continue;
    }
    const values = valuesOf(made);
    const scales = Array.from(
      { length: rows },
      (_, i) => Math.max(...values.subarray(i * columns, (i + 1) * columns).map(Math.abs)) / 127,
    );
    const codes = Int8Array.from(values, (value, i) =>
      Math.round(value / (scales[Math.floor(i / columns)] as number)),
    );
    stored[name] = { dtype: 'I8', shape: made.shape, data: new Uint8Array(codes.buffer) };
    stored[`${name}_scale`] = f32([rows, 1], i => scales[i] as number);
  }
  return stored;
}

const INT8_CONFIG = { quantization_config: { quant_method: 'compressed-tensors' }, torch_dtype: 'bfloat16' };

/** Writes the model in `source` in each of these ways: `torch`, `small.gguf` and `int8` in `folder`. */
export async function writeStoredModels(source: string, folder: string): Promise<void> {
  const model = await tensorsOf(source);
  for (const name of ['torch', 'int8']) await mkdir(join(folder, name), { recursive: true });
  await writeFile(join(folder, 'torch', 'pytorch_model.bin'), torchArchive(model));
  await cp(join(source, 'config.json'), join(folder, 'torch', 'config.json'));
  await writeGguf(join(folder, 'small.gguf'), model);
  await writeSafetensors(join(folder, 'int8', 'model.safetensors'), int8Model(model));
  await writeFile(join(folder, 'int8', 'config.json'), JSON.stringify(INT8_CONFIG));
}
