/** Imports a private module of the built package. */
export function internal(path: string) {
  return import(new URL(`dist/${path}`, import.meta.resolve("forecastlab/package.json")).href);
}
