// A text or comment without an end reaches to the end of the file, so that no place is looked at twice.
const TEXT_OR_COMMENT = /("(?:[^"\\]+|\\[\s\S])*(?:"|$))|\/\/[^\r\n]*|\/\*[\s\S]*?(?:\*\/|$)/g;
const TEXT_OR_LAST_COMMA = /("(?:[^"\\]+|\\[\s\S])*(?:"|$))|,(?<=[^\s,:[{]\s*,)(?=\s*[}\]])/g;

/** A text with comments and trailing commas as JSON: blanks stand in their places, so every offset stays. */
export function toPlainJson(text: string): string {
  return text
    .replace(TEXT_OR_COMMENT, (found, literal?: string) => literal ?? (isOpen(found) ? found : found.replace(/[^\r\n]/g, ' ')))
    .replace(TEXT_OR_LAST_COMMA, (_, literal?: string) => literal ?? ' ');
}

function isOpen(comment: string): boolean {
  return comment.startsWith('/*') && (comment.length < 4 || !comment.endsWith('*/'));
}
