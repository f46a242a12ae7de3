/** Compute pipelines of the stages, made once for each combination of constants. */
import { BackendFailure } from '../../backend.ts';
import type { AnyStage, Work } from '../../stages/stage.ts';
import type { Device } from './device.ts';

/** How long this thread rests between two questions to Dawn. */
const REST_MS = 1;

const never = new Int32Array(new SharedArrayBuffer(4));
let awaited = 0;

/**
 * Awaits the compiler. As long as anything is pending, Dawn's binding for Node asks for it in each turn of the event
 * loop, and would take a whole core from the compiler's own threads.
 */
async function atRest<T>(work: Promise<T>): Promise<T> {
  const rest = (): void => {
    if (awaited === 0) return;
    Atomics.wait(never, 0, 0, REST_MS);
    setImmediate(rest);
  };
  if (awaited++ === 0) setImmediate(rest);
  try {
    return await work;
  } finally {
    awaited--;
  }
}

type Shader = Pick<AnyStage, 'name' | 'shader'>;

export class Pipelines {
  private readonly modules = new Map<string, GPUShaderModule>();
  private readonly pipelines = new Map<string, Promise<GPUComputePipeline>>();

  constructor(private readonly device: Device) {}

  /** @throws BackendFailure when the driver rejects the shader. */
  get(stage: Shader, constants: Work<unknown>['constants'] = {}): Promise<GPUComputePipeline> {
    const key = `${stage.name} ${JSON.stringify(constants)}`;
    const existing = this.pipelines.get(key);
    if (existing) return existing;
    const made = this.device.orLost(this.make(stage, key, constants));
    this.pipelines.set(key, made);
    return made;
  }

  private async make(
    stage: Shader,
    label: string,
    constants: Work<unknown>['constants'] = {},
  ): Promise<GPUComputePipeline> {
    const numbers = Object.entries(constants).map(([name, value]) => [name, Number(value)] as const);
    const { value, judged } = this.device.attempt(label, () =>
      this.device.gpu.createComputePipelineAsync({
        label,
        layout: 'auto',
        compute: { module: this.module(stage), entryPoint: 'main', constants: Object.fromEntries(numbers) },
      }),
    );
    try {
      const [pipeline] = await atRest(Promise.all([value, judged]));
      return pipeline;
    } catch (error) {
      if (error instanceof BackendFailure) throw error;
      throw new BackendFailure(`${this.device.name}: ${label}: ${String(error)}`);
    }
  }

  private module({ name, shader }: Shader): GPUShaderModule {
    const existing = this.modules.get(name);
    if (existing) return existing;
    const made = this.device.gpu.createShaderModule({ label: name, code: shader });
    this.modules.set(name, made);
    return made;
  }
}
