import { visible } from "../../../system/visible-text.ts";

/** Text from data as it may be in HTML and SVG, in elements and in quoted attributes: it shows, and steers nothing. */
export const escaped = (text: string): string =>
  visible(text).replaceAll(/[&<>"']/g, (character) => entities[character] ?? "");

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};
