/** The readers of files that anyone may have written, each with valid inputs and mutations of them. */
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { JOURNAL } from '../../extension/files/hiddenNames.ts';
import { adapterKind, configuredAdapter } from '../../extension/formats/lora/adapter.ts';
import { readConfig } from '../../extension/formats/huggingface/configFile.ts';
import { readShardIndex } from '../../extension/formats/huggingface/hfIndex.ts';
import { openCheckpoint, type Checkpoint } from '../../extension/formats/checkpoint.ts';
import { applyAdapter } from '../../extension/formats/lora/applyAdapter.ts';
import { readGgufHeader } from '../../extension/formats/gguf/readHeader.ts';
import { FilePool } from '../../extension/formats/filePool.ts';
import { HeaderAllowance } from '../../extension/formats/safetensors/headerRoom.ts';
import { readTorchHeader } from '../../extension/formats/torch/torchFile.ts';
import { isAdapted } from '../../extension/engine/codecs/factors/factors.ts';
import { readSource } from '../../extension/engine/tensors/sourceKinds.ts';
import { parseHeader } from '../../extension/formats/safetensors/safetensors.ts';
import { decodeText } from '../../extension/formats/smallFile.ts';
import { unreadableFiles } from '../../extension/formats/huggingface/unreadableFiles.ts';
import { readWeightFolder } from '../../extension/formats/huggingface/weightFolder.ts';
import * as engine from '../../extension/engine/engine.ts';
import { Cancelled, UserError } from '../../extension/shared/errors.ts';
import { loadKernels } from '../../extension/engine/kernels.ts';
import { modelConfigOf } from '../../extension/engine/match/modelConfig.ts';
import { fittedConfig } from '../../extension/engine/merge/output/configFit.ts';
import { recoverShards, writeJournal } from '../../extension/engine/merge/output/journal.ts';
import { planShards, type Shard } from '../../extension/engine/merge/output/shards.ts';
import { parseRecipe } from '../../extension/engine/merge/recipe/recipeFile.ts';
import { cached } from '../../extension/engine/quantize/analysisCache.ts';
import { factorsPayload, parseFactors } from '../../extension/formats/tvq/factorsPayload.ts';
import { openTvq } from '../../extension/formats/tvq/reader.ts';
import { summarizeTvq } from '../../extension/formats/tvq/summary.ts';
import { verifyTvq } from '../../extension/engine/inspect/verify.ts';
import type { RunOptions } from '../../extension/protocol/recipes.ts';
import { f32, safetensorsBytes, writeSafetensors } from '../checkpoints.ts';
import { mutateGguf } from './ggufFile.ts';
import { encoded, mutateBytes, mutateText } from './mutate.ts';
import type { Random } from './random.ts';
import { rewritten } from './rewritten.ts';
import { instructionsOf, mutatePickle } from './pickleFile.ts';
import { mutateSafetensors } from './safetensorsFile.ts';
import { mutateTvq } from './tvqFile.ts';
import { entriesOf, mutateZip, zipBytes } from './zipFile.ts';

/** A reader working in its own folder. */
export interface Reader {
  readonly inputs: readonly Uint8Array[];
  readonly mutate: (input: Uint8Array, random: Random) => Uint8Array;
  /** Throws what the reader throws: a UserError is an answer, anything else a bug. */
  readonly read: (bytes: Uint8Array) => Promise<void>;
}

/** Whether an error is one that the user can act on. */
export const isAnswer = (error: unknown): boolean => error instanceof UserError || error instanceof Cancelled;

const mutateAsText = (input: Uint8Array, random: Random): Uint8Array =>
  encoded(mutateText(Buffer.from(input).toString(), random), random);

/** Changes lines, and mostly updates their digests to match. */
function mutateJournal(input: Uint8Array, random: Random): Uint8Array {
  if (random.chance(0.3)) return mutateAsText(input, random);
  const lines = Buffer.from(input).toString().trimEnd().split('\n');
  const at = random.below(lines.length);
  const content = mutateText((lines[at] as string).slice(65), random).replaceAll('\n', ' ');
  lines[at] = `${sha256(content)} ${content}`;
  return Buffer.from(`${lines.join('\n')}\n`);
}

/** Changes the content, and mostly updates its digest to match. */
function mutateAnalysis(input: Uint8Array, random: Random): Uint8Array {
  if (random.chance(0.3)) return mutateAsText(input, random);
  const content = mutateText(Buffer.from(input).toString().slice(65), random);
  return Buffer.from(`${sha256(content)}\n${content}`);
}

const sha256 = (content: string): string => createHash('sha256').update(content).digest('hex');

const OPTIONS: RunOptions = { backend: 'cpu', memory: 2 ** 28, threads: 1 };
const hooks = () => ({ signal: new AbortController().signal, onProgress: () => undefined });

const WEIGHTS = {
  'a.weight': f32([4, 6], i => i),
  'a.bias': f32([4], i => i),
  'b.weight': f32([4, 6], i => -i),
};

const json = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value, undefined, 1));

/** Reads the header of a file of PyTorch's, and the values of its smaller tensors. */
async function torchReader(folder: string): Promise<Reader['read']> {
  const file = join(folder, 'fuzz.pt');
  const put = rewritten(file);
  const context = { kernels: await loadKernels(), signal: new AbortController().signal };
  return async bytes => {
    put(bytes);
    const { tensors } = await readTorchHeader(file, new HeaderAllowance());
    const files = new FilePool();
    try {
      for (const source of tensors.slice(0, 20))
        if (source.bytes <= MAX_READ_BYTES)
          await readSource({ ...context, files }, source, new Uint8Array(source.bytes), 0);
    } finally {
      await files.close();
    }
  };
}

/** Bytes of a tensor that is read. */
const MAX_READ_BYTES = 1 << 16;

/** Applies an adapter in a folder to a base, and reads a part of what it changes. */
async function adapterReader(folder: string, base: Checkpoint): Promise<Reader['read']> {
  const file = join(folder, 'adapter_model.safetensors');
  const put = rewritten(file);
  const files = new FilePool();
  const context = { files, kernels: await loadKernels(), signal: hooks().signal };
  return async bytes => {
    put(bytes);
    const adapter = await openCheckpoint(file);
    if (!adapter.adapter?.applicable) return;
    const { checkpoint } = await applyAdapter(adapter, base);
    for (const tensor of checkpoint.tensors.values()) {
      if (tensor.kind !== 'adapted') continue;
      const begin = 4 * (tensor.bytes >> 3);
      await readSource(context, tensor, new Uint8Array(Math.min(tensor.bytes - begin, 4096)), begin);
    }
  };
}

export const READERS: Readonly<Record<string, (folder: string, fixtures: string) => Promise<Reader>>> = {
  header: async () => {
    const entry = (dtype: string, shape: number[], range: number[]) => ({
      dtype,
      shape,
      data_offsets: range,
    });
    const plain = {
      __metadata__: { format: 'pt' },
      a: entry('F32', [2], [0, 8]),
      b: entry('BF16', [2, 1], [8, 12]),
    };
    return {
      inputs: [
        safetensorsBytes(plain, new Uint8Array(12)),
        safetensorsBytes({ s: entry('U8', [], [0, 1]) }, new Uint8Array(1)),
      ],
      mutate: mutateSafetensors,
      read: async bytes => {
        const length = bytes.length < 8 ? 0 : Number(Buffer.from(bytes).readBigUInt64LE(0));
        parseHeader('fuzz.safetensors', bytes.length, bytes.subarray(8, 8 + Math.min(length, bytes.length)));
      },
    };
  },

  pickle: async (folder, fixtures) => {
    const archives = [
      'torch/state_dict.pt',
      'torch-made/protocol5.pt',
      'torch-made/module.pt',
      'torch-made/scripted.jit',
    ];
    const pickles = new Map<Uint8Array, Record<string, Uint8Array>>();
    for (const name of [...archives, 'torch-made/lightning.ckpt']) {
      const entries = entriesOf(await readFile(join(fixtures, name)));
      const pickle = Object.keys(entries).find(entry => entry.endsWith('/data.pkl')) as string;
      const { [pickle]: bytes = new Uint8Array(), ...others } = entries;
      pickles.set(bytes, { [pickle]: bytes, ...others });
    }
    return {
      inputs: [...pickles.keys()],
      mutate: (input, random) => {
        const entries = pickles.get(input) ?? {};
        const [pickle = ''] = Object.keys(entries);
        return zipBytes({ ...entries, [pickle]: mutatePickle(input, random) });
      },
      read: await torchReader(folder),
    };
  },

  legacyPickles: async (folder, fixtures) => {
    const files = ['torch/legacy.pth', 'torch-made/legacy4.pth', 'torch-made/module-legacy.pt'];
    const inputs = await Promise.all(files.map(name => readFile(join(fixtures, name))));
    return {
      inputs,
      mutate: (input, random) => {
        const parts = [input];
        // Four pickles, the last of which is the model's; then the rest.
        for (let i = 0; i < 4; i++) {
          const rest = parts.at(-1) as Uint8Array;
          const length = instructionsOf(rest).reduce((sum, part) => sum + part.length, 0);
          parts.splice(-1, 1, rest.subarray(0, length), rest.subarray(length));
        }
        const at = random.chance(0.8) ? 3 : random.below(parts.length);
        const change = at < 4 ? mutatePickle : mutateBytes;
        parts[at] = change(parts[at] as Uint8Array, random);
        return Buffer.concat(parts);
      },
      read: await torchReader(folder),
    };
  },

  zip: async (folder, fixtures) => ({
    inputs: await Promise.all(
      ['torch/parameters.bin', 'torch-made/ema.pth', 'torch-made/zip64.pt', 'torch-made/trainer.pth.tar'].map(
        name => readFile(join(fixtures, name)),
      ),
    ),
    mutate: mutateZip,
    read: await torchReader(folder),
  }),
  gguf: async (folder, fixtures) => {
    const names = ['types', 'llama', 'gemma3', 'adapter', 'split-00002-of-00002'];
    const inputs = await Promise.all(names.map(name => readFile(join(fixtures, `gguf/${name}.gguf`))));
    // What a shard says about its model is in the first.
    await writeFile(join(folder, 'x-00001-of-00002.gguf'), inputs[1] as Buffer);
    const file = join(folder, 'x-00002-of-00002.gguf');
    const put = rewritten(file);
    const files = new FilePool();
    const context = { files, kernels: await loadKernels(), signal: hooks().signal };
    return {
      inputs,
      mutate: mutateGguf,
      read: async bytes => {
        put(bytes);
        const { tensors } = await readGgufHeader(file, new HeaderAllowance());
        for (const tensor of tensors.slice(0, 3)) {
          const begin = tensor.bytes >> 1;
          await readSource(context, tensor, new Uint8Array(Math.min(tensor.bytes - begin, 4096)), begin);
        }
      },
    };
  },

  quantized: async (folder, fixtures) => {
    const names = ['fp8-scaled', 'int8', 'bnb4', 'gptq-3', 'gptq-8-v2-ordered', 'awq', 'w4a16'];
    const read = (name: string) => readFile(join(fixtures, `quantized/${name}/model.safetensors`));
    await writeFile(
      join(folder, 'config.json'),
      json({ quantization_config: { quant_method: 'gptq', desc_act: true, weight_block_size: [8, 8] } }),
    );
    const file = join(folder, 'model.safetensors');
    const put = rewritten(file);
    const files = new FilePool();
    const context = { files, kernels: await loadKernels(), signal: hooks().signal };
    return {
      inputs: await Promise.all(names.map(read)),
      mutate: mutateSafetensors,
      read: async bytes => {
        put(bytes);
        const { tensors } = await openCheckpoint(file);
        for (const tensor of [...tensors.values()].filter(({ kind }) => kind !== 'range')) {
          const begin = tensor.bytes >> 1;
          await readSource(context, tensor, new Uint8Array(Math.min(tensor.bytes - begin, 4096)), begin);
        }
      },
    };
  },

  lora: async (folder, fixtures) => {
    const names = ['kohya', 'lycoris-loha', 'lycoris-lokr', 'lycoris-dora', 'lycoris-full'];
    const adapters = [...names.map(name => `${name}/lora`), 'dora/adapter_model', 'embedding/adapter_model'];
    await writeFile(
      join(folder, 'adapter_config.json'),
      json({ r: 4, lora_alpha: 8, rank_pattern: { q: 2 } }),
    );
    const base = await openCheckpoint(join(fixtures, 'lora/base.safetensors'));
    return {
      inputs: await Promise.all(adapters.map(name => readFile(join(fixtures, `lora/${name}.safetensors`)))),
      mutate: mutateSafetensors,
      read: await adapterReader(folder, base),
    };
  },

  adapterConfig: async (folder, fixtures) => {
    const weights = await readFile(join(fixtures, 'lora/patterns/adapter_model.safetensors'));
    const base = await openCheckpoint(join(fixtures, 'lora/base.safetensors'));
    const apply = await adapterReader(folder, base);
    const put = rewritten(join(folder, 'adapter_config.json'));
    return {
      inputs: await Promise.all(
        ['patterns', 'loha', 'mlx'].map(name => readFile(join(fixtures, `lora/${name}/adapter_config.json`))),
      ),
      mutate: mutateAsText,
      read: async bytes => {
        put(bytes);
        await apply(weights);
      },
    };
  },

  factors: async (_, fixtures) => {
    const base = await openCheckpoint(join(fixtures, 'lora/base.safetensors'));
    const inputs: Uint8Array[] = [];
    for (const name of ['kohya', 'lycoris-loha', 'lycoris-lokr']) {
      const adapter = await openCheckpoint(join(fixtures, `lora/${name}/lora.safetensors`));
      const { tensors } = (await applyAdapter(adapter, base)).checkpoint;
      for (const { deltas } of [...tensors.values()].filter(isAdapted)) {
        const { head, bytes } = factorsPayload(deltas);
        inputs.push(Buffer.concat([head], bytes));
      }
    }
    return {
      inputs,
      mutate: (input, random) => {
        const end = 4 + Buffer.from(input).readUInt32LE(0);
        const text = encoded(mutateText(Buffer.from(input.subarray(4, end)).toString(), random), random);
        const length = Buffer.alloc(4);
        length.writeUInt32LE(random.chance(0.95) ? text.length : random.below(2 ** 32));
        return Buffer.concat([length, text, input.subarray(end)]);
      },
      read: async bytes => {
        try {
          parseFactors(bytes, '', [16, 24]);
        } catch (error) {
          if (!(error instanceof RangeError)) throw error;
          throw new UserError(error.message);
        }
      },
    };
  },

  index: async folder => {
    const shards = ['model-00001-of-00002.safetensors', 'model-00002-of-00002.safetensors'];
    const file = join(folder, 'model.safetensors.index.json');
    const put = rewritten(file);
    return {
      inputs: [json({ metadata: { total_size: 12 }, weight_map: { a: shards[0], b: shards[1] } })],
      mutate: mutateAsText,
      read: async bytes => {
        put(bytes);
        await readShardIndex(file);
      },
    };
  },

  config: async (folder, fixtures) => {
    const file = join(folder, 'config.json');
    const put = rewritten(file);
    const tensors = new Map([['model.embed_tokens.weight', { shape: [32, 16] }]]);
    const shapes = [...tensors].map(([name, { shape }]) => ({
      name,
      shape,
      dtype: 'F32' as const,
      bytes: 4 * 512,
    }));
    return {
      inputs: [
        await readFile(join(fixtures, 'llama/base/config.json')),
        json({ text_config: { vocab_size: 3 }, quantization_config: { quant_method: 'x' }, x: [NaN] }),
      ],
      mutate: mutateAsText,
      read: async bytes => {
        put(bytes);
        modelConfigOf(await readConfig(file));
        await unreadableFiles(await readWeightFolder(folder));
        const text = decodeText(bytes);
        if (typeof text === 'string') fittedConfig(text, { tensors: shapes, donor: undefined });
      },
    };
  },

  recipe: async folder => ({
    inputs: [
      Buffer.from(
        'merge_method: ties\nbase_model: ./base\nmodels:\n  - model: ./a\n    parameters: {weight: 0.5, density: [0.1, 0.9]}\n  - model: ./b\n    parameters:\n      weight: [{filter: mlp, value: 1}, {value: 0}]\nparameters: {normalize: true}\ndtype: bfloat16\ntokenizer_source: base\n',
      ),
      Buffer.from(
        'slices:\n  - sources:\n      - model: ./a\n        layer_range: [0, 2]\n      - {model: ./b, layer_range: [0, 2]}\nmerge_method: slerp\nbase_model: ./a\nparameters: {t: [0, 1]}\ndtype: float32\n',
      ),
      Buffer.from(
        'base: &b ./x\nmodels: [{model: *b}, {model: ./t.tvq, task: a}]\nmerge_method: linear\nout_shard_size: 5GB\n',
      ),
    ],
    mutate: mutateAsText,
    read: async bytes => {
      const text = decodeText(bytes);
      if (typeof text === 'string')
        parseRecipe(text, folder, { output: join(folder, 'o'), overwrite: false, resume: false });
    },
  }),

  tvq: async (folder, fixtures) => {
    const place = (name: string) => join(folder, `${name}.safetensors`);
    for (const [i, name] of ['base', 'one', 'two'].entries())
      await writeSafetensors(place(name), {
        ...WEIGHTS,
        'c.weight': f32([8, 8], n => Math.sin(n * (i + 1))),
        'd.running_var': f32([8], n => 1 + n + i / 4),
      });
    const made = join(folder, 'made.tvq');
    const tasks = ['one', 'two'].map(name => ({ name, path: place(name) }));
    const common = {
      kind: 'quantize',
      base: place('base'),
      tasks,
      bits: 3,
      baseBits: 3,
      keepRule: 'vectors',
      keep: [],
      overwrite: true,
    } as const;
    const inputs: Uint8Array[] = [];
    for (const scheme of ['rtvq', 'tvq', 'fq'] as const) {
      await engine.quantize({ ...common, scheme, output: made }, OPTIONS, hooks());
      inputs.push(await readFile(made));
    }
    await engine.quantize({ ...common, scheme: 'tvq', budget: '64kB', output: made }, OPTIONS, hooks());
    inputs.push(await readFile(made));
    for (const name of ['budget', 'hadamard', 'rtvq'])
      inputs.push(await readFile(join(fixtures, `tvq1/${name}.tvq`)));
    const kernels = await loadKernels();
    const file = join(folder, 'fuzz.tvq');
    const put = rewritten(file);
    let opened = 0;
    return {
      inputs,
      mutate: mutateTvq,
      read: async bytes => {
        put(bytes);
        const tvq = await openTvq(file);
        summarizeTvq(tvq);
        await verifyTvq(file, kernels, hooks().signal, () => undefined);
        const task = tvq.tasks[0]?.name;
        if (task === undefined || opened++ % RESTORED_OF !== 0) return;
        const output = join(folder, 'restored.safetensors');
        const asked = {
          kind: 'restore',
          source: file,
          base: place('base'),
          task,
          output,
          dtype: undefined,
        } as const;
        await engine.restore(
          { ...asked, overwrite: true, force: true, allowNonfinite: true },
          OPTIONS,
          hooks(),
        );
      },
    };
  },

  adapter: async folder => {
    const file = join(folder, 'adapter_model.safetensors');
    const put = rewritten(join(folder, 'adapter_config.json'));
    return {
      inputs: [
        json({
          peft_type: 'LORA',
          r: 8,
          lora_alpha: 16,
          target_modules: ['q_proj'],
          base_model_name_or_path: 'x',
        }),
      ],
      mutate: mutateAsText,
      read: async bytes => {
        put(bytes);
        await configuredAdapter(file);
        adapterKind(new Map([[Buffer.from(bytes).toString('utf8', 0, 200), { shape: [1] }]]));
      },
    };
  },

  journal: async folder => {
    await mkdir(join(folder, 'partial'), { recursive: true });
    const name = 'model.safetensors';
    await writeFile(join(folder, 'partial', name), 'x');
    const [shard] = planShards([{ name: 'x', dtype: 'U8', shape: [1], bytes: 1 }], 1) as [Shard];
    const partial = join(folder, 'partial');
    const report = { checksums: ['0123456789abcdef', undefined], warnings: ['a "warning"'] };
    const finished = { name, bytes: shard.bytes, sha256: 'a'.repeat(64), reports: [report] };
    await writeJournal(partial, { method: 'ties', 'file a': '1:2' }, [finished, finished]);
    const written = await readFile(join(partial, JOURNAL));
    const put = rewritten(join(partial, JOURNAL));
    return {
      inputs: [written],
      mutate: mutateJournal,
      read: async bytes => {
        put(bytes);
        await recoverShards(partial, [shard], undefined);
      },
    };
  },

  analysis: async folder => {
    const plan = { items: [], stamps: [] };
    const analysis = { tensors: [], fixed: [], summary: undefined } as unknown as Awaited<
      ReturnType<typeof cached>
    >;
    await cached(folder, plan, () => Promise.resolve(analysis));
    const [name] = await readdir(folder);
    const file = join(folder, name as string);
    // What cannot be read is measured, which is not tested here.
    const measure = () => Promise.reject(new UserError('measured'));
    const written = await readFile(file);
    const put = rewritten(file);
    return {
      inputs: [written],
      mutate: mutateAnalysis,
      read: async bytes => {
        put(bytes);
        await cached(folder, plan, measure);
      },
    };
  },
};

/** One in this many mutated .tvq files that open is restored too, as that starts threads. */
const RESTORED_OF = 100;
