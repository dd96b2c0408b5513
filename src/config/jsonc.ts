// An unterminated string or comment extends to the end of the file, so that matching stays linear.
const TEXT_OR_COMMENT = /("(?:[^"\\]+|\\[\s\S])*(?:"|$))|\/\/[^\r\n]*|\/\*[\s\S]*?(?:\*\/|$)/g;
const TEXT_OR_LAST_COMMA = /("(?:[^"\\]+|\\[\s\S])*(?:"|$))|,(?<=[^\s,:[{]\s*,)(?=\s*[}\]])/g;

/** Replaces comments and trailing commas with spaces, so every offset stays the same. */
export function toPlainJson(text: string): string {
  return text
    .replace(TEXT_OR_COMMENT, (found, literal?: string) => literal ?? (isOpen(found) ? found : found.replace(/[^\r\n]/g, ' ')))
    .replace(TEXT_OR_LAST_COMMA, (_, literal?: string) => literal ?? ' ');
}

function isOpen(comment: string): boolean {
  return comment.startsWith('/*') && (comment.length < 4 || !comment.endsWith('*/'));
}
