declare module "*.css" {
  const text: string;
  export default text;
}
declare module "lucide/dist/esm/icons/*.mjs" {
  const shape: readonly (readonly [tag: string, attributes: Record<string, string | number | undefined>])[];
  export default shape;
}
/** Content hashes of the lazy chunks, written in by the build. */
declare const __CHUNKS__: Record<string, string>;
