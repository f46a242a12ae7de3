/** Shader sources are bundled as text. */
declare module '*.wgsl' {
  const source: string;
  export default source;
}
