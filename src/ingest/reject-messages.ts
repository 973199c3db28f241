import { quoteLiteral } from "../database/identifiers.ts";
import { type RejectCode, rejectCodes } from "../errors.ts";

/** The message of a reject if nothing more specific is known: the sentence of its code, to be read on from the value. */
export function defaultMessage(code: RejectCode): string {
  const sentence = rejectCodes[code].replace(/\.$/, "");
  return sentence.charAt(0).toLowerCase() + sentence.slice(1);
}

/** SQL of the message for SQL of a code: the one of `specific` if there is one, else the default. */
export function messageOf(code: string, specific: Partial<Record<RejectCode, string>>): string {
  const cases = (Object.keys(rejectCodes) as RejectCode[]).map(
    (name) => `WHEN ${quoteLiteral(name)} THEN ${quoteLiteral(specific[name] ?? defaultMessage(name))}`,
  );
  return `CASE ${code} ${cases.join(" ")} END`;
}
