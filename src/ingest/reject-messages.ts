import { quoteLiteral } from "../database/identifiers.ts";
import { type RejectCode, rejectCodes } from "../errors.ts";

/** What stands behind a value in the rejects: the code's own sentence, to be read on from the value. */
export function defaultMessage(code: RejectCode): string {
  const sentence = rejectCodes[code].replace(/\.$/, "");
  return sentence.charAt(0).toLowerCase() + sentence.slice(1);
}

/** SQL of the message of a code that is SQL itself; `own` beats the default. */
export function messageOf(code: string, own: Partial<Record<RejectCode, string>>): string {
  const cases = (Object.keys(rejectCodes) as RejectCode[]).map(
    (name) => `WHEN ${quoteLiteral(name)} THEN ${quoteLiteral(own[name] ?? defaultMessage(name))}`,
  );
  return `CASE ${code} ${cases.join(" ")} END`;
}
