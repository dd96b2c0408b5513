// The catalogue of every benchmark server: `echo`, then filler tools with a typical schema of five fields.
const PROPERTIES = {
  text: { type: 'string', description: 'The words to look for, in any order' },
  max: { type: 'integer', minimum: 1, maximum: 200, description: 'The largest number of entries to return' },
  labels: { type: 'array', items: { type: 'string' }, description: 'Entries must carry every one of these' },
  order: { type: 'string', enum: ['newest', 'oldest', 'best'], description: 'What comes first' },
  preview: { type: 'boolean', description: 'Return titles only' },
};

export const ECHO = { type: 'object', properties: { message: { type: 'string' } }, required: ['message'] };
export const FILLER = { type: 'object', properties: PROPERTIES, required: ['text', 'max'], additionalProperties: false };

export const toolNames = (count) => Array.from({ length: count }, (_, i) => (i === 0 ? 'echo' : `filler_${String(i).padStart(5, '0')}`));
export const describeTool = (i) => (i === 0 ? 'Gives back its message' : `Filler ${i}: searches an imaginary archive of records`);
