/** Parts of the built package that are not for everybody. */
export function internal(path: string) {
  return import(new URL(`dist/${path}`, import.meta.resolve("forecastlab/package.json")).href);
}
