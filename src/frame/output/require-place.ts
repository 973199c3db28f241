import { lstatSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { fail } from "../../errors.ts";
import type { Place } from "./place.ts";

/**
 * Throws if a frame cannot be put in its place, or would replace something that is not a frame. Files are replaced, as by every
 * command that writes a file; a folder only if it contains nothing but a frame.
 *
 * @throws FILE_UNWRITABLE if the folder it belongs in does not exist, FRAME_OUTPUT_EXISTS
 */
export function requirePlace(place: Place, partitioned: boolean): void {
  const parent = statSync(place.parent, { throwIfNoEntry: false });
  if (parent === undefined || !parent.isDirectory()) {
    throw fail("FILE_UNWRITABLE", { path: place.out, reason: `there is no folder ${place.parent}` });
  }
  if (partitioned) requireFolder(place, parent.dev);
  else for (const path of [place.training, place.future, place.manifest]) requireFile(path, place);
}

function requireFile(path: string, { out }: Place): void {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined || found.isFile()) return;
  const folder = path === out ? "it is a folder; name a file, or partition the frame" : `${path} is a folder`;
  const problem = found.isDirectory() ? folder : `${path} is not a file`;
  throw fail("FRAME_OUTPUT_EXISTS", { path: out, problem });
}

function requireFolder({ out, manifest }: Place, parentDevice: number): void {
  const found = lstatSync(out, { throwIfNoEntry: false });
  if (found === undefined) return;
  const refuse = (problem: string) => fail("FRAME_OUTPUT_EXISTS", { path: out, problem });
  if (found.isSymbolicLink()) throw refuse("it is a link; name the folder it points to");
  if (!found.isDirectory()) throw refuse("it is a file, and a partitioned frame is a folder");
  // The folder is replaced by another one, which is not possible for a mount point.
  if (found.dev !== parentDevice) throw refuse("it is a mount point; name a folder in it");
  const entries = readdirSync(out);
  const stranger = entries.find((name) => !ownEntries.has(name));
  if (stranger !== undefined)
    throw refuse(`it contains ${join(out, stranger)}, which is not part of a frame`);
  if (entries.length > 0 && !isManifest(manifest))
    throw refuse("it is not empty and has no manifest of a frame");
}

const ownEntries: ReadonlySet<string> = new Set(["train", "future", "manifest.json"]);

function isManifest(path: string): boolean {
  try {
    const { manifest_version, forecastlab } = JSON.parse(readFileSync(path, "utf8"));
    return typeof manifest_version === "number" && typeof forecastlab === "string";
  } catch {
    return false;
  }
}
