/** What the WebGPU backend uses of Node's globals, whose types would hide what the rest of the kernels must not use. */
declare function setImmediate(callback: () => void): unknown;
