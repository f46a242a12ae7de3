/** Compute pipelines of the stages, made once for each combination of constants. */
import { BackendFailure } from '../backend.ts';
import accumulate from '../wgsl/accumulate.wgsl';
import common from '../wgsl/common.wgsl';
import deltaMinmax from '../wgsl/delta_minmax.wgsl';
import encode from '../wgsl/encode.wgsl';
import extent from '../wgsl/extent.wgsl';
import meanDelta from '../wgsl/mean_delta.wgsl';
import quantizePack from '../wgsl/quantize_pack.wgsl';
import squaredError from '../wgsl/squared_error.wgsl';
import unpackDequantize from '../wgsl/unpack_dequantize.wgsl';
import type { Device } from './device.ts';

const SOURCES = {
  delta_minmax: common + extent + deltaMinmax,
  accumulate: common + accumulate,
  mean_delta: common + extent + meanDelta,
  quantize_pack: common + quantizePack,
  unpack_dequantize: common + unpackDequantize,
  squared_error: common + squaredError,
  encode: common + encode,
} as const;

export type Stage = keyof typeof SOURCES;

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
