import { Writable } from "node:stream";

/** Streams of a command that remember what was written to them. */
export function rememberingStreams(terminal: { isTTY?: boolean; columns?: number; rows?: number } = {}) {
  const written = { stdout: "", stderr: "" };
  const stream = (name: keyof typeof written) =>
    Object.assign(
      new Writable({
        write(chunk, _, done) {
          written[name] += chunk;
          done();
        },
      }),
      terminal,
    ) as unknown as NodeJS.WriteStream;
  return { written, stdout: stream("stdout"), stderr: stream("stderr") };
}
