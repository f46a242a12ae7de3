/** Compute pipelines of the stages, made once for each combination of constants. */
import { BackendFailure } from '../backend.ts';
import type { Device } from './device.ts';
import { SOURCES, type Stage } from './sources.ts';

export class Pipelines {
  private readonly modules = new Map<Stage, GPUShaderModule>();
  private readonly pipelines = new Map<string, Promise<GPUComputePipeline>>();

  constructor(private readonly device: Device) {}

  /** @throws BackendFailure when the driver does not take the shader. */
  get(stage: Stage, constants: Readonly<Record<string, number>>): Promise<GPUComputePipeline> {
    const key = `${stage} ${JSON.stringify(constants)}`;
    const existing = this.pipelines.get(key);
    if (existing) return existing;
    const made = this.device.orLost(this.make(stage, key, constants));
    this.pipelines.set(key, made);
    return made;
  }

  private async make(
    stage: Stage,
    label: string,
    constants: Readonly<Record<string, number>>,
  ): Promise<GPUComputePipeline> {
    const { value, judged } = this.device.attempt(label, () =>
      this.device.gpu.createComputePipelineAsync({
        label,
        layout: 'auto',
        compute: { module: this.module(stage), entryPoint: 'main', constants: { ...constants } },
      }),
    );
    try {
      const [pipeline] = await Promise.all([value, judged]);
      return pipeline;
    } catch (error) {
      if (error instanceof BackendFailure) throw error;
      throw new BackendFailure(`${this.device.name}: ${label}: ${String(error)}`);
    }
  }

  private module(stage: Stage): GPUShaderModule {
    const existing = this.modules.get(stage);
    if (existing) return existing;
    const made = this.device.gpu.createShaderModule({ label: stage, code: SOURCES[stage] });
    this.modules.set(stage, made);
    return made;
  }
}
