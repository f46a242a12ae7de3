/** Reads what a config.json says, with its faults in one place. */
import { isObject } from '../../../formats/json/jsonText.ts';
import type { Config } from '../../../formats/huggingface/configFile.ts';

/** Thrown where a config does not say what a GGUF file has to, or says what it cannot. */
export class CannotSay extends Error {}

export class Facts {
  constructor(readonly config: Config) {}

  /** A number; undefined where there is none. */
  maybe(...keys: readonly string[]): number | undefined {
    for (const key of keys) {
      const value = this.config[key];
      if (typeof value === 'number') return value;
    }
    return undefined;
  }

  /** @throws CannotSay where it is missing */
  number(...keys: readonly string[]): number {
    const value = this.maybe(...keys);
    if (value === undefined)
      throw new CannotSay(`config.json has no ${keys.join(' or ')}, a number was expected`);
    return value;
  }

  flag(key: string): boolean | undefined {
    const value = this.config[key];
    return typeof value === 'boolean' ? value : undefined;
  }

  text(...keys: readonly string[]): string | undefined {
    for (const key of keys) {
      const value = this.config[key];
      if (typeof value === 'string') return value;
    }
    return undefined;
  }

  part(key: string): Facts | undefined {
    const value = this.config[key];
    return isObject(value) ? new Facts(value) : undefined;
  }
}
