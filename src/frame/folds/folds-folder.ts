import { lstatSync, mkdirSync, readdirSync, statSync } from "node:fs";
import { dirname, join, normalize, resolve, sep } from "node:path";
import { fail } from "../../errors.ts";
import { asFileFailure } from "../../system/file-failures.ts";
import { makePrivateFolder } from "../../system/private-folder.ts";
import { publishFolder } from "../output/publish.ts";

/** A folder of frames that is being written next to its place, and appears there as a whole. */
export interface FoldsFolder {
  /** Its place. */
  readonly out: string;
  /** Where the frame of a cutoff is written to meanwhile; the folder exists. */
  staged(cutoff: string): string;
  /** A path in {@link staged} as it will be. */
  placed(path: string): string;
  /** @throws FRAME_OUTPUT_EXISTS, FILE_UNWRITABLE */
  publish(): Promise<void>;
  discard(): void;
}

/** `cutoff=2024-05-14`: readers of hive layout add a column `cutoff`. */
export const foldName = (cutoff: string) => `cutoff=${cutoff}`;

/** @throws FILE_UNWRITABLE if there is no folder for it, FRAME_OUTPUT_EXISTS if it is anything but an earlier folder of frames */
export function openFoldsFolder(path: string): FoldsFolder {
  const normal = normalize(path);
  const out = normal.endsWith(sep) && normal.length > 1 ? normal.slice(0, -1) : normal;
  const parent = dirname(out);
  requireReplaceable(out, parent);
  const work = makePrivateFolder({ parent: resolve(parent), name: ".forecastlab-frame" });
  const here = join(work.path, "frames");
  mkdirSync(here);
  const staged = (cutoff: string) => {
    const folder = join(here, foldName(cutoff));
    mkdirSync(folder, { recursive: true });
    return folder;
  };
  return {
    out,
    staged,
    placed: (at) => join(out, at.slice(here.length)),
    publish: async () => {
      try {
        await publishFolder({ out: here }, { out, parent }, join(work.path, "replaced"));
      } catch (error) {
        throw asFileFailure(error, out, "written");
      }
      work.remove();
    },
    discard: () => work.remove(),
  };
}

function requireReplaceable(out: string, parent: string): void {
  const folder = statSync(parent, { throwIfNoEntry: false });
  if (folder === undefined || !folder.isDirectory()) {
    throw fail("FILE_UNWRITABLE", { path: out, reason: `there is no folder ${parent}` });
  }
  const refuse = (problem: string) => fail("FRAME_OUTPUT_EXISTS", { path: out, problem });
  const found = lstatSync(out, { throwIfNoEntry: false });
  if (found === undefined) return;
  if (found.isSymbolicLink()) throw refuse("it is a link; name the folder it points to");
  if (!found.isDirectory()) throw refuse("it is a file, and frames of several cutoffs are a folder");
  // The folder is replaced by another one, which is not possible for a mount point.
  if (found.dev !== folder.dev) throw refuse("it is a mount point; name a folder in it");
  const stranger = readdirSync(out).find((name) => !/^cutoff=\d{4}-\d{2}-\d{2}$/.test(name));
  if (stranger !== undefined) throw refuse(`it contains ${join(out, stranger)}, which is not a frame`);
  const unknown = readdirSync(out).find((name) => !hasManifest(join(out, name)));
  if (unknown !== undefined) throw refuse(`${join(out, unknown)} has no manifest of a frame`);
}

const hasManifest = (folder: string) =>
  ["frame.manifest.json", "manifest.json"].some((name) =>
    statSync(join(folder, name), { throwIfNoEntry: false })?.isFile(),
  );
