import { execFileSync } from "node:child_process";
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** A certificate and its key, as files. */
export interface Certificate {
  readonly certificate: string;
  readonly key: string;
}

/**
 * Makes certificates in a folder with openssl: an authority, and what it signed.
 *
 * @returns the authority, and a function that signs
 */
export function authorityIn(folder: string, name: string) {
  const openssl = (...args: string[]) => execFileSync("openssl", args, { stdio: "pipe" });
  const files = (file: string): Certificate => ({
    certificate: join(folder, `${file}.crt`),
    key: join(folder, `${file}.key`),
  });
  const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  const own = files(name);
  openssl(
    "req",
    "-x509",
    ...newKey,
    "-subj",
    `/CN=${name}`,
    "-days",
    "2",
    "-keyout",
    own.key,
    "-out",
    own.certificate,
  );
  const sign = (file: string, subject: string, { days = 2 }: { days?: number } = {}): Certificate => {
    const made = files(file);
    const request = join(folder, `${file}.csr`);
    const extensions = join(folder, `${file}.ext`);
    writeFileSync(extensions, `subjectAltName = DNS:${subject}\n`);
    openssl("req", ...newKey, "-subj", `/CN=${subject}`, "-keyout", made.key, "-out", request);
    const authority = ["-CA", own.certificate, "-CAkey", own.key, "-CAcreateserial"];
    const output = ["-days", String(days), "-extfile", extensions, "-out", made.certificate];
    openssl("x509", "-req", "-in", request, ...authority, ...output);
    chmodSync(made.key, 0o600);
    return made;
  };
  return { ...own, sign };
}
